"""``make docs-serve``: the site in a browser. Who reloads a page after an edit gets it made anew."""

from __future__ import annotations

import argparse
import getpass
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("*.md", "docs/**/*", "plugins/*/README.md", "website/**/*")
_making = Lock()


def main() -> None:
    """Serve a site on this machine alone, until Ctrl-C."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("site", type=Path)
    parser.add_argument("--port", type=int, default=0, help="by default, 8000 or the next that is free")
    parser.add_argument("--make", default="make docs", help="the command that makes the site")
    given = parser.parse_args()
    site = Site(given.site.resolve(), given.make)
    with server(partial(Handler, site), given.port) as serving:
        sys.stdout.write("".join(f"{line}\n" for line in told(serving.server_port)))
        sys.stdout.flush()
        try:
            serving.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


def server(handler: partial[Handler], port: int) -> ThreadingHTTPServer:
    """Return a server on a port, or on the first that is free from 8000 on; end the program if it is taken."""
    for each in [port] if port else range(8000, 8100):
        try:
            return ThreadingHTTPServer(("127.0.0.1", each), handler)
        except OSError as error:
            last = error
    sys.exit(f"port {port or '8000 to 8099'}: {last.strerror}. `make docs-serve PORT=8500` takes another")


def told(port: int) -> Iterator[str]:
    """Yield what somebody reads who has started it, here or over ssh."""
    yield f"http://127.0.0.1:{port} has the site, until Ctrl-C. Reload a page after you have edited it."
    if "SSH_CONNECTION" in os.environ:
        there = f"{getpass.getuser()}@{socket.gethostname()}"
        yield f"From your own machine, type this there first: ssh -L {port}:127.0.0.1:{port} {there}"


class Site:
    """A site, and the command that makes it of its sources."""

    def __init__(self, folder: Path, command: str) -> None:
        self.folder = folder
        self._command = command
        self._made_of = newest_source()

    def make_if_edited(self) -> None:
        """Make the site anew if a source is newer than what it was made of. If that fails, it stays as it was."""
        with _making:
            newest = newest_source()
            if newest != self._made_of:
                self._made_of = newest
                subprocess.run(self._command, shell=True, check=False, cwd=ROOT)  # noqa: S602 -- the Makefile's own


def newest_source() -> float:
    """Return when the sources were written last."""
    return max(path.stat().st_mtime for pattern in SOURCES for path in ROOT.glob(pattern) if path.is_file())


class Handler(SimpleHTTPRequestHandler):
    """Serves a site's files; a page that there is not has the site's own page for that."""

    def __init__(self, site: Site, *args: object) -> None:
        self._site = site
        super().__init__(*args, directory=str(site.folder))  # type: ignore[arg-type]  # as the server gives them

    def do_GET(self) -> None:
        """Answer a request, by what the sources are now."""
        if self.path.partition("?")[0].endswith((".html", "/")):
            self._site.make_if_edited()
        super().do_GET()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Show the site's own page where there is none."""
        page = self._site.folder / "404.html"
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        text = page.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args: object) -> None:
        """Say nothing of single requests."""


if __name__ == "__main__":
    main()
