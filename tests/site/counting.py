"""A function that keeps checkpoints, and what a test sees of them on the submit side."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import htmap
from htmap_core.testing import eventually
from htmap_run import frames
from htmap_run.files import checkpoints
from tests.site.contracts import TIMEOUT

STEPS = 20
STOP = 12


def counter() -> Callable[[int], tuple[str, int]]:
    """Return a function that counts steps, and stops half-way unless it went on from a checkpoint."""

    def count(_: int) -> tuple[str, int]:
        import platform
        from pathlib import Path

        import htmap

        state = Path("deep/state")
        try:
            first = int(state.read_text())
        except FileNotFoundError:
            first = 0
            state.parent.mkdir()
        for step in range(first + 1, STEPS + 1):
            state.write_text(str(step))
            htmap.checkpoint("deep")
            if step == STOP and not first:
                time.sleep(600)
        return platform.node(), first

    return count


def kept_step(mapped: htmap.Map) -> int:
    """Return the step that the checkpoint on the submit side has; 0 while there is none."""
    path: Path = mapped._map_dir.path / checkpoints.place(0)
    if not path.exists():
        return 0
    reader = frames.Reader(path)
    with tarfile.open(fileobj=io.BytesIO(reader.payload(reader.only(frames.CHECKPOINT)))) as archive:
        file = archive.extractfile("deep/state")
        assert file is not None
        return int(file.read())


def wait_for_checkpoint(mapped: htmap.Map) -> None:
    eventually(lambda: kept_step(mapped) == STOP, says=f"step {STOP} is kept", within=TIMEOUT)
