"""Maps on disk that no pool knows of."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.progress import line, shown, work
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.storage.root import make_htmap_dir
from htmap_core.storage.tags import claim_tag
from tests.returned import write_results
from tests.terminals import Stream

MakeMap = Callable[..., MapDir]
Look = Callable[..., Stream]


@pytest.fixture
def public() -> Iterator[Path]:
    """Return a folder of this user that all may enter, as pytest's own cannot be, below one that all may write to."""
    folder = Path(tempfile.mkdtemp(prefix="htmap-tests-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def make_map(htmap_dir: Path) -> MakeMap:
    """Return what makes the directory of a map with a tag; components given with ``results`` have returned theirs."""

    def make(tag: str, components: int = 2, results: dict[int, Any] | None = None) -> MapDir:
        map_dir = MapDir(make_htmap_dir() / names.MAPS / f"id-of-{tag}")
        map_dir.path.mkdir(mode=0o700)
        pool = PoolAddress("personal", configuration=htmap_dir / "condor_config")
        map_dir.write_record(MapRecord(components, 1, "assume", pool, {}, {}, created=1.5))
        claim_tag(map_dir.root, map_dir.id, tag)
        for component, result in (results or {}).items():
            write_result(map_dir, component, result)
        return map_dir

    return make


def write_result(map_dir: MapDir, component: int, result: Any) -> None:
    path = map_dir.path / names.OUTPUTS / f"{map_dir.placement.job_of(component).output}.result"
    write_results(path, {component: result})


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Look:
    """Return what returns a terminal on which the rest of the test shows its output and its bars, without the moment before."""
    for module in (line, shown, work):
        monkeypatch.setattr(module, "MOMENT", 0.0)
    monkeypatch.setattr(line, "_SHARE", 1e9)
    monkeypatch.setattr(shown, "_SOON", 0.0)
    monkeypatch.setattr(work, "_OFTEN", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TQDM_DISABLE", raising=False)

    def look(**options: bool) -> Stream:  # in the test, since pytest changes the streams before it
        stream = Stream(**{"terminal": True, **options})
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, stream)
        return stream

    return look
