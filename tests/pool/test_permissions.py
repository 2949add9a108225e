"""Under a umask that takes nothing from others, a map that ran is still the user's alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap

pytestmark = pytest.mark.pool

OF_HTCONDOR = {"events", "job.stdout", "outputs"}  # what it writes into the map's directory, with modes of its own


@pytest.fixture
def lax_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def readable_by_others(top: Path) -> Iterator[str]:
    """Yield what others could read if they came as far, of what HTMap itself has made."""
    for folder, names, files in os.walk(top):
        names[:] = [name for name in names if name not in OF_HTCONDOR]
        for path in (Path(folder, name) for name in (*names, *files) if name not in OF_HTCONDOR):
            mode = path.lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                yield f"{mode:o} {path.relative_to(top)}"


@pytest.mark.usefixtures("lax_umask")
def test_others_can_read_nothing_that_htmap_made(personal_pool: Path, tmp_path: Path) -> None:
    sea = tmp_path / "sea" / "a,b.txt"  # a name that travels by a link
    sea.parent.mkdir()
    sea.write_text("blue")
    mapped = htmap.map(lambda path: path.read_text(), [htmap.TransferPath(sea)] * 3, tag="tide")
    assert list(mapped) == ["blue"] * 3
    mapped.rerun()
    assert mapped.get(0, timeout=600) == "blue"
    mapped.retag("ebb")
    assert len(list((personal_pool / "maps").iterdir())) == 1
    assert list(readable_by_others(personal_pool)) == []
