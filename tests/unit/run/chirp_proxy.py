"""Stands for the starter's chirp proxy, for jobs that no HTCondor runs: the same words, on a folder of the test's."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

COOKIE = "c00kie"
MAY_REACH = "WantIOProxy = true\n"  # in the ad of a job that may reach the submit side
DOES_NOT_EXIST, EXISTS, NOT_AUTHENTICATED = -3, -4, -1


class Proxy(socketserver.ThreadingTCPServer):
    """Serves a map's directory, from its outputs.

    *room* is how many bytes of a file it takes, *lost_after* how many before the connection breaks.
    """

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.outputs = folder / "outputs"
        self.outputs.mkdir()
        self.room: int | None = None
        self.lost_after: int | None = None
        self.commands: list[str] = []

    def introduce_to(self, scratch: Path) -> None:
        """Write what the starter writes into the scratch directory of a job that may reach the submit side."""
        host, port = self.server_address[:2]
        with (scratch / ".job.ad").open("a") as ad:
            ad.write(f'{MAY_REACH}HTMapSubmission = "token"\n')
        (scratch / ".chirp.config").write_text(f"{host!s} {port} {COOKIE}\n")


class _Connection(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        for line in self.rfile:
            name, *arguments = line.decode().split()
            self.server.commands.append(name)
            try:
                answer = getattr(self, name)(*arguments)
            except FileNotFoundError:
                answer = DOES_NOT_EXIST
            except FileExistsError:
                answer = EXISTS
            if answer is None:
                return
            self.wfile.write(f"{answer}\n".encode())
            if name == "getfile" and answer >= 0:
                self.wfile.write(self._path(arguments[0]).read_bytes())
            if name == "getdir" and answer >= 0:
                self.wfile.write(self._listing(arguments[0]))

    def cookie(self, given: str) -> int:
        return 0 if given == COOKIE else NOT_AUTHENTICATED

    def getfile(self, path: str) -> int:
        return self._path(path).stat().st_size

    def getdir(self, path: str) -> int:
        return len(self._listing(path))

    def _listing(self, path: str) -> bytes:
        """Return the names, each with a newline, and one more at the end, as the shadow does."""
        return "".join(f"{each.name}\n" for each in sorted(self._path(path).iterdir())).encode() + b"\n"

    def putfile(self, path: str, mode: str, size: str) -> int | None:
        with self._path(path).open("wb") as file:
            self._path(path).chmod(int(mode))
            self.wfile.write(b"0\n")
            if self.server.lost_after is not None:
                file.write(self.rfile.read(self.server.lost_after))
                return None
            return file.write(self.rfile.read(int(size))[: self.server.room])

    def rename(self, old: str, new: str) -> int:
        os.replace(self._path(old), self._path(new))
        return 0

    def unlink(self, path: str) -> int:
        self._path(path).unlink()
        return 0

    def mkdir(self, path: str, mode: str) -> int:
        self._path(path).mkdir(int(mode))
        return 0

    def _path(self, path: str) -> Path:
        return self.server.outputs / path


@contextmanager
def proxy(folder: Path) -> Iterator[Proxy]:
    """Run a proxy that serves the directory *folder* of a map."""
    with Proxy(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
