"""Packages that travel: the archive is unpacked once a job, and refused on a Python that it is not for."""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from htmap_core.files.package_archive import PackedFor, pack_packages
from htmap_run import codes, packages
from tests.golden_files import Golden

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs

HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
FOR_HERE = PackedFor(HERE, "", None, "name the nodes' Python in SW.PYTHON_VERSION")
IMPORTS = "def function(x):\n    import tidal\n    return tidal.__file__\n"
TRAP = b"cos\n_exit\n(I77\ntR."  # ends the process where it is unpickled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Packages as `pip install --target` leaves them."""
    made = tmp_path / "packages"
    for name, text in {
        "tidal/__init__.py": "",
        "tidal/tool": "#!/bin/sh\necho high\n",
        "tidal/__pycache__/old.pyc": "",
        "tidal-1.2.dist-info/METADATA": "Metadata-Version: 2.1\nName: tidal\nVersion: 1.2\n",
        "space/rock/__init__.py": "",
        "more.pth": "extra\n",
        "extra/beside.py": "",
        "platform.py": "raise ImportError('this is not the standard library')\n",
    }.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text)
    (made / "tidal" / "tool").chmod(0o755)
    return made


def sent(scratch: Path, folder: Path, **wanted: Any) -> Path:
    """Put an archive of packages where HTCondor would."""
    return pack_packages(folder, scratch, attrs.evolve(FOR_HERE, **wanted))


def test_each_python_imports_what_was_sent(jobs: Jobs, each_python: Interpreter, folder: Path) -> None:
    scratch = jobs.scratch(IMPORTS, python=each_python)
    sent(scratch, folder, python=".".join(map(str, each_python.version[:2])))

    ran = jobs.run_in(scratch, python=each_python)

    assert ran.value() == str(scratch / "_htmap_packages/tidal/__init__.py")


def test_metadata_namespaces_path_files_and_programs_are_as_pip_would_leave_them(jobs: Jobs, folder: Path) -> None:
    source = """
def function(x):
    import subprocess, sys, os
    from importlib import metadata
    import space.rock, beside, tidal
    tool = os.path.join(os.path.dirname(tidal.__file__), "tool")
    inside = subprocess.run([sys.executable, "-c", "import tidal; print(tidal.__file__)"], capture_output=True, text=True)
    return metadata.version("tidal"), subprocess.check_output([tool], text=True), inside.stdout.strip() == tidal.__file__
"""
    scratch = jobs.scratch(source)
    sent(scratch, folder)

    assert jobs.run_in(scratch).value() == ("1.2", "high\n", True)


def test_they_win_over_what_is_installed_and_not_over_the_standard_library(jobs: Jobs, folder: Path) -> None:
    source = "def function(x):\n    import platform, sys\n    return platform.system(), sys.path\n"
    scratch = jobs.scratch(source)
    sent(scratch, folder)

    _, path = jobs.run_in(scratch).value()

    own = path.index(str(scratch / "_htmap_packages"))
    installed = [place for place, each in enumerate(path) if each.endswith(("site-packages", "dist-packages"))]
    assert path.index(os.path.dirname(os.__file__)) < path.index(str(scratch)) < own
    assert own < min(installed, default=len(path))


def test_they_are_unpacked_once_for_all_components_of_a_job(jobs: Jobs, folder: Path) -> None:
    source = "def function(x):\n    import os, tidal\n    return os.getpid(), os.stat(tidal.__file__).st_ino\n"
    killing = f"{source}    os.kill(os.getpid(), 9)\n".replace("return", "if x != 1: return")
    scratch = jobs.scratch(killing, range(4))
    archive = sent(scratch, folder)

    ran = jobs.run_in(scratch, "0-3")

    found = [ran.value(component) for component in (0, 2, 3)]
    assert len({inode for _, inode in found}) == 1
    assert len({process for process, _ in found}) == 2  # the worker was killed, and the next one has them, too
    assert not archive.exists()


def test_a_job_that_is_started_again_in_its_place_has_them_still(jobs: Jobs, folder: Path) -> None:
    scratch = jobs.scratch(IMPORTS)
    sent(scratch, folder)
    jobs.run_in(scratch)

    assert jobs.run_in(scratch).value().startswith(str(scratch))


def test_another_python_is_refused_with_what_the_plugin_advises(
    jobs: Jobs, other_python: Interpreter, folder: Path
) -> None:
    scratch = jobs.scratch(TRAP, [TRAP], python=other_python)
    sent(scratch, folder)

    ran = jobs.run_in(scratch, python=other_python)

    there = ".".join(map(str, other_python.version[:2]))
    assert (ran.exit_code, ran.statuses) == (codes.REFUSED, ["REFUSED"])
    assert {f"CPython {HERE}", f"CPython {there}"} <= set(re.findall(r"CPython \d+\.\d+", ran.error()["text"]))
    assert ran.error()["advice"] == FOR_HERE.advice


@pytest.mark.parametrize("wanted", [{"machine": "m68k"}, {"glibc": (2, 99)}], ids=str)
def test_another_machine_or_an_older_c_library_is_refused(
    jobs: Jobs, folder: Path, wanted: dict[str, Any], golden: Golden
) -> None:
    scratch = jobs.scratch(TRAP, [TRAP])
    sent(scratch, folder, **wanted)

    ran = jobs.run_in(scratch)

    assert (ran.exit_code, ran.statuses) == (codes.REFUSED, ["REFUSED"])
    hide = {os.uname().nodename: "HOST", str(jobs.python.path): "PYTHON", platform.machine(): "MACHINE"}
    version = "{}.{}".format(*packages.glibc())
    golden(f"run/packages-for-another-{next(iter(wanted))}", ran.error()["text"], hide={**hide, version: "VERSION"})


def test_an_older_c_library_than_that_of_the_node_will_do(jobs: Jobs, folder: Path) -> None:
    scratch = jobs.scratch(IMPORTS)
    sent(scratch, folder, glibc=(2, 5), machine=platform.machine())

    assert jobs.run_in(scratch).value()


@pytest.mark.parametrize("place", [0, 30, -20, -5])
@pytest.mark.parametrize("rest", [b"", b"damage"])
def test_a_damaged_archive_is_told(jobs: Jobs, folder: Path, place: int, rest: bytes) -> None:
    scratch = jobs.scratch(IMPORTS)
    archive = sent(scratch, folder)
    whole = archive.read_bytes()
    archive.write_bytes(whole[:place] + rest + whole[place:][len(rest) :] if rest else whole[:place])

    ran = jobs.run_in(scratch)

    assert ran.exit_code == codes.CANNOT_FINISH
    assert "request_disk" in (ran.returned / "stderr").read_text()
    assert not (scratch / "_htmap_unpacking").exists()


def test_reports_list_packages_and_not_their_files(jobs: Jobs, folder: Path) -> None:
    scratch = jobs.scratch("def function(x): return 1 / 0")
    sent(scratch, folder)

    error = jobs.run_in(scratch).error()

    assert "tidal==1.2" in error["packages"]
    assert [each for each in error["scratch"] if each.startswith("_htmap_packages")] == ["_htmap_packages/"]
