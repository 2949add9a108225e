"""``make docs-serve``: a port that is free, a page that was edited, a page that there is not."""

from __future__ import annotations

import os
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from website import serve


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> serve.Site:
    """Return a site of one page, whose sources are in a folder of their own."""
    sources, folder = tmp_path / "sources", tmp_path / "site"
    sources.mkdir()
    folder.mkdir()
    (sources / "tide.md").write_text("# low\n")
    (folder / "tide.html").write_text("low")
    (folder / "404.html").write_text("no such page")
    monkeypatch.setattr(serve, "ROOT", sources)
    return serve.Site(folder, f"cp tide.md {folder}/tide.html")


@pytest.fixture
def address(site: serve.Site) -> Iterator[str]:
    with serve.server(partial(serve.Handler, site), 0) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return str(answer.read().decode())


def test_a_page_that_was_edited_is_made_anew(address: str) -> None:
    assert read(f"{address}/tide.html") == "low"
    source = serve.ROOT / "tide.md"
    source.write_text("# high\n")
    os.utime(source, (2e9, 2e9))
    assert read(f"{address}/tide.html") == "# high\n"


def test_in_place_of_a_page_that_is_not_there_is_the_sites_own(address: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        read(f"{address}/docs/wave.html")
    with raised.value as answer:
        assert (answer.code, answer.read()) == (404, b"no such page")


def test_what_it_leads_to_is_there() -> None:
    page = (ROOT / "website" / "extra" / "404.html").read_text()
    assert 'data-leads-to="docs/index.html"' in page
    assert 'data-leads-to="search.html"' in page


def test_a_port_that_is_taken_is_passed_over_or_told(site: serve.Site) -> None:
    handler = partial(serve.Handler, site)
    with serve.server(handler, 0) as first, serve.server(handler, 0) as second:
        assert first.server_port != second.server_port
        with pytest.raises(SystemExit) as told:
            serve.server(handler, first.server_port)
    assert str(first.server_port) in str(told.value)


def test_over_ssh_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    (url,) = serve.told(8003)
    assert "http://127.0.0.1:8003" in url
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22")
    assert "ssh -L 8003:127.0.0.1:8003" in list(serve.told(8003))[1]
    assert socket.gethostname() in list(serve.told(8003))[1]
