"""A full file system: that of the maps, so that HTCondor cannot write down what becomes of components, or that where they run."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.results import news
from htmap_core.testing import eventually, pool_of_its_own, using_htmap_dir
from htmap_core.tracking import late_bytes

pytestmark = [
    pytest.mark.pool,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system"),
]

SIZE = 4  # MiB
TIMEOUT = 180


@pytest.fixture
def small_disk(personal_pool: Path) -> Iterator[Path]:
    """Give the folder of the maps, which is a file system of its own."""
    maps = personal_pool / "maps"
    maps.mkdir(mode=0o700, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m,mode=700", "tmpfs", str(maps)], check=True)
    yield maps
    subprocess.run(["umount", "--lazy", str(maps)], check=True)


def fill(folder: Path) -> Path:
    """Fill a file system to its last byte, and return the file that does it."""
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC  # noqa: PT017 -- whatever else is no full disk
    return filling


def until_there(path: str) -> Callable[[int], int]:
    def run(number: int) -> int:
        import time
        from pathlib import Path

        while not Path(path).exists():
            time.sleep(0.1)
        return number

    return run


def test_holds_that_the_event_log_has_no_room_for_are_found_out(
    small_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "QUIET", 2.0)
    monkeypatch.setattr(late_bytes, "PATIENCE", 2.0)  # the log has a part of the last event that was written
    gate = tmp_path / "gate"
    tmp_path.chmod(0o755)
    mapped = htmap.map(until_there(str(gate)), range(2), tag="tide")
    running = htmap.ComponentStatus.RUNNING
    eventually(lambda: mapped.component_statuses == [running] * 2, says="the components do not run")
    filling = fill(small_disk)
    gate.touch()
    eventually(lambda: mapped.holds.keys() == {0, 1}, says="who only looks is not told that both are held")
    with pytest.raises(htmap.exceptions.MapComponentHeld):
        mapped.wait(timeout=TIMEOUT)
    assert {each.status for each in mapped.why()} == {htmap.ComponentStatus.HELD}
    filling.unlink()
    mapped.release()
    eventually(lambda: not mapped.holds, says="the log does not go on after the event that was cut short")
    assert sorted(mapped.iter_as_available(timeout=TIMEOUT)) == [0, 1]
    mapped.remove()


@pytest.fixture
def small_slot(installed_htcondor: Path, htmap_dir: Path, tmp_path: Path) -> Iterator[None]:
    """Give a pool that runs one job at a time, on a small disk."""
    execute = tmp_path / "execute"
    execute.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=1777", "tmpfs", str(execute)], check=True)
    try:
        with (
            pool_of_its_own(installed_htcondor, f"EXECUTE = {execute}\n", ["--cpus", "1"]) as pool,
            using_htmap_dir(pool),
        ):
            yield
    finally:
        subprocess.run(["umount", "--lazy", str(execute)], check=True)


def fills(task: str) -> str | bytes:
    import contextlib

    if task in ("raise", "return"):
        with open("filling", "wb", buffering=0) as file, contextlib.ExitStack() as suppressed:
            if task == "return":
                suppressed.enter_context(contextlib.suppress(OSError))
            while True:
                file.write(bytes(65536))
    return b"x" * 3_000_000 if task == "return" else task


@pytest.mark.usefixtures("small_slot")
@pytest.mark.filterwarnings("ignore::htmap_core.user_warnings.maps.RequestsDiffer")
def test_a_component_that_fills_the_disk_of_its_slot_costs_no_other_its_result() -> None:
    tasks = ["a", "raise", "b", "c", "return", "d", "return"]  # the last one is alone in its job
    options = htmap.MapOptions(chunksize=3, request_disk="30MB")
    mapped = htmap.map(fills, tasks, map_options=options, quiet=True)
    mapped.wait(TIMEOUT, errors_ok=True, holds_ok=True)
    assert [mapped[each] for each in (0, 2, 3, 5)] == ["a", "b", "c", "d"]
    assert [os.strerror(errno.ENOSPC) in mapped.get_err(each).report() for each in (1, 4)] == [True, True]
    assert [*mapped.holds] == [6]
    assert "disk" in mapped.holds[6].reason
