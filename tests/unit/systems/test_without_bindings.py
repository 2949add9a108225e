"""Without HTCondor's bindings, as on macOS, everything that needs no pool works, and the rest says what is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from htmap_core.exceptions import NoBindings
from tests.golden_files import Golden
from tests.pool.old_maps.unpacking import unpack

HERE = Path(__file__).parent
MAKING = """
import htmap

def share(people):
    print("a piece each")
    return 12 / people

htmap.map(share, [0, 3], tag="here", where="here")
"""


# Its jobs are in the queue of a pool: one runs, one is idle, one is held.
SUBMITTED = """\
{"number": 0, "token": "4f3087f985854ea6900e96574c5a1eab", "jobs": 3, "late": false, "held": false}
{"number": 0, "cluster": 4711}
"""
EVENTS = """\
000 (4711.000.000) 2026-11-01 10:00:00 Job submitted from host: <127.0.0.1:9618>
...
000 (4711.001.000) 2026-11-01 10:00:00 Job submitted from host: <127.0.0.1:9618>
...
000 (4711.002.000) 2026-11-01 10:00:00 Job submitted from host: <127.0.0.1:9618>
...
001 (4711.000.000) 2026-11-01 10:00:30 Job executing on host: <127.0.0.1:9618>
...
012 (4711.002.000) 2026-11-01 10:01:00 Job was held.
\tit rains
\tCode 26 Subcode 0
...
"""


def run(*arguments: str, simulated: str, path: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a system that is simulated, in the HTMAP_DIR of the test."""
    folders = [path, str(HERE / "simulated"), str(HERE.parents[2]), os.environ.get("PYTHONPATH", "")]
    python_path = os.pathsep.join(filter(None, folders))
    environment = {**os.environ, "SIMULATED": simulated, "PYTHONPATH": python_path, **variables}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An HTMAP_DIR with a map of this machine, a finished one of a pool, and one in the queue of that pool."""
    folder = tmp_path_factory.mktemp("systems") / "htmap"
    ran = run("-c", MAKING, simulated="without_bindings", HTMAP_DIR=str(folder))
    assert ran.returncode == 0, ran.stderr
    unpack("finished", folder)
    queued = unpack("queued", folder)
    (queued / "submissions.jsonl").write_text(SUBMITTED)
    (queued / "events").write_text(EVENTS)
    return folder


@pytest.fixture
def maps(made: Path, htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tags of these maps, in the HTMAP_DIR of a test."""
    shutil.copytree(made, htmap_dir, symlinks=True)
    monkeypatch.chdir(tmp_path)
    return ["here", "kinds", "queued"]


def test_every_command_works_or_says_what_is_missing(maps: list[str], golden: Golden) -> None:
    ran = run(str(HERE / "walked.py"), *maps, simulated="without_bindings,macos")
    assert ran.returncode == 0, ran.stderr
    tried: list[dict[str, Any]] = json.loads(ran.stdout)
    assert [each["traceback"] for each in tried if not each["told"]] == []
    assert [each for each in tried if "No module named" in each["text"]] == []
    golden("without-bindings/commands", "\n".join(map(shown, tried)))


def shown(tried: dict[str, Any]) -> str:
    """Return what came of a command in a line."""
    of_bindings = str(NoBindings("", platform="darwin")).partition("\n")[0]
    says = ", says that the bindings are missing" if of_bindings in tried["text"] else ""
    return f"htmap {tried['line']}: {tried['exit']} {tried['raised'] or ''}".rstrip() + says


# Calls, where `queued` and `finished` are maps of a pool.
CALLS = """
htmap.map(abs, [1])
htmap.starmap(pow, [(2, 3)])
htmap.mapped(abs).map([1])
htmap.mapped(abs)(1)
htmap.plan(abs, [1])
fill(htmap.build_map(abs))
htmap.map(abs, [-1], where="here")[0]
htmap.map(abs, [-1], where="processes")[0]
htmap.mapped(abs).map([-1], where="here")[0]
htmap.load_maps()
htmap.get_tags()
htmap.status()
htmap.status_json()
htmap.status_csv()
htmap.version()
htmap.settings["WAIT_TIME"]
run_htmap("set", "MAP_OPTIONS.request_cpus", "2").exit_code
htmap.clean()
finished.component_statuses
finished.status()
finished.why()
finished.plan()
finished.advise()
finished.errors
finished.stdout[0]
bool(finished.local_data)
finished.wait(timeout=1)
finished.hold()
finished.rerun([0])
queued.component_statuses
queued.wait(timeout=0.1)
queued.get(0, timeout=0.1)
queued.why()
queued.plan()
queued.hold_report()
queued.submit_file(0)
queued.hold()
queued.release()
queued.pause()
queued.resume()
queued.vacate()
queued.set_memory(200)
queued.set_disk(2000)
queued.rerun()
queued.retag("ebb")
queued.remove()
finished.remove()
queued.remove(force=True)
"""
CALLING = """
import json, sys, warnings
import htmap
from htmap_core.testing import run_htmap

warnings.simplefilter("ignore")

def fill(builder):
    with builder as filled:
        filled(1)

queued, finished = (htmap.load(tag) for tag in sys.argv[2:])
came = []
for call in sys.argv[1].split("\\n"):
    try:
        came.append((call, next((each for each in [eval(call)] if isinstance(each, int)), "")))
    except htmap.exceptions.HTMapException as error:
        came.append((call, type(error).__name__))
print(json.dumps(came))
"""


def test_every_function_works_or_says_what_is_missing(maps: list[str], golden: Golden) -> None:
    ran = run("-c", CALLING, CALLS.strip(), "queued", "kinds", simulated="without_bindings,macos")
    assert ran.returncode == 0, ran.stderr
    golden(
        "without-bindings/calls",
        "\n".join(f"{call}: {raised}".rstrip() for call, raised in json.loads(ran.stdout)),
    )


def test_what_is_said_depends_on_the_system(golden: Golden) -> None:
    golden("without-bindings/on-linux", NoBindings("No module named 'htcondor2'"))
    golden("without-bindings/on-macos", NoBindings("No module named 'htcondor2'", platform="darwin"))


@pytest.mark.parametrize(
    "source",
    ["raise ImportError('libssl.so.3: cannot open shared object file: No such file or directory')", ""],
    ids=["a library lacks", "the package is empty"],
)
def test_bindings_that_cannot_be_loaded_are_said_to_be_there(htmap_dir: Path, tmp_path: Path, source: str) -> None:
    (tmp_path / "damaged" / "htcondor2").mkdir(parents=True)
    (tmp_path / "damaged" / "htcondor2" / "__init__.py").write_text(source)
    code = (
        "import htmap\nfrom htmap_core.condor.connection import Connection\nfrom htmap_core import PoolAddress\n"
        "for _ in range(2):\n"
        "    try:\n        Connection(PoolAddress('machine')).query_jobs('true')\n"
        "    except htmap.exceptions.NoBindings as error:\n        print(error.is_installed)"
    )
    ran = run("-c", code, simulated="", path=str(tmp_path / "damaged"))
    assert ran.stdout == "True\nTrue\n", ran.stderr
    found = run("-m", "htmap_core", "doctor", "--json", simulated="", path=str(tmp_path / "damaged"))
    told = [each["area"] for each in json.loads(found.stdout)["checks"] if "cannot be loaded" in each["text"]]
    assert set(told) <= {"versions", "pool"}, found.stderr
    assert told[0] == "versions"


def test_whether_the_bindings_are_installed_is_seen_without_loading_them() -> None:
    code = "from htmap_core.condor import bindings; bindings.check_installed(); import sys; print('htcondor2' in sys.modules)"
    assert run("-c", code, simulated="").stdout == "False\n"
    with pytest.raises(subprocess.CalledProcessError):
        run("-c", code, simulated="without_bindings").check_returncode()
