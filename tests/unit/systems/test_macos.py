"""Maps run on macOS, on this machine: with nothing that only Linux has, and with its units."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.systems.test_without_bindings import run

MAPPING = """
import json, os, sys, warnings
import htmap

def look(size):
    block = b"x" * size
    open("kept.txt", "w").write("kept")
    htmap.transfer_output_files("kept.txt")
    print("salt")
    if not size:
        raise ValueError("no sea")
    return sys.platform, len(block), os.path.exists("/proc")

def die(_):
    os.kill(os.getpid(), 9)

warnings.simplefilter("ignore")
where = sys.argv[1]
tide = htmap.map(look, [60 << 20, 0], tag="tide", where=where)
died = htmap.map(die, [0], where=where) if where == "processes" else None
tide.rerun([0])
print(json.dumps({
    "result": tide[0],
    "statuses": [str(status) for status in tide.component_statuses],
    "memory": max(tide.memory_usage),
    "output": tide.stdout[0],
    "file": (tide.output_files[0] / "kept.txt").read_text(),
    "frames": [frame.name for frame in tide.get_err(1).stack_summary],
    "died": None if died is None else str(died.component_statuses[0]),
}))
"""


@pytest.mark.parametrize("where", ["here", "processes"])
def test_a_map_runs_on_this_machine(
    htmap_dir: Path, tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "var").symlink_to("private")  # as the folder of temporary files is reached there
    monkeypatch.setenv("TMPDIR", str(tmp_path / "var"))
    ran = run("-c", MAPPING, where, simulated="macos,without_bindings")
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout.splitlines()[-1])
    assert said["result"] == ["darwin", 60 << 20, False]
    assert said["statuses"] == ["COMPLETED", "ERRORED"]
    assert 60 <= said["memory"] < 1000
    assert "\nsalt\n" in said["output"]
    assert (said["file"], said["frames"]) == ("kept", ["look"])
    assert said["died"] == ("ERRORED" if where == "processes" else None)


def test_the_simulation_lacks_what_macos_lacks() -> None:
    code = "import json, os, sys; print(json.dumps([sys.platform, hasattr(os, 'sched_getaffinity'), os.path.exists('/proc')]))"
    assert json.loads(run("-c", code, simulated="macos").stdout) == ["darwin", False, False]
