"""Pythons that worker nodes see, and those that they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_cern.jobs.pythons import Python
from htmap_cern.site import CernPool, SharedPythonPool

from htmap_core import SubmitDescription

VIEW = "/cvmfs/sft.cern.ch/lcg/releases/Python/3.11.9-2924c/x86_64-el9-gcc13-opt"
ON_AFS = "/afs/cern.ch/user/a/alice/htmap-env"


@pytest.mark.parametrize(
    ("environment", "base", "is_shared"),
    [
        ("/usr", "/usr", False),
        (ON_AFS, "/usr", True),
        (ON_AFS, VIEW, True),
        (VIEW, VIEW, True),
        ("/eos/user/a/alice/htmap-env", "/usr", True),
        (ON_AFS, "/opt/python3.12", False),
        ("/tmp/alice/htmap-env", "/usr", False),
        ("/afsx/htmap-env", "/usr", False),
    ],
)
def test_worker_nodes_see_what_is_on_afs_eos_and_cvmfs(environment: str, base: str, is_shared: bool) -> None:
    assert Python(f"{environment}/bin/python3", environment, base).is_shared is is_shared


def test_they_see_it_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "env").symlink_to(ON_AFS)
    assert Python("", str(tmp_path / "env"), "/usr").is_shared


def test_such_a_python_is_shared_and_others_are_that_of_the_node() -> None:
    assert (SharedPythonPool.delivery_method, CernPool.delivery_method) == ("shared", "assume")
    assert SharedPythonPool.name == CernPool.name


SET_UP = {"LD_LIBRARY_PATH": "/cvmfs/sft.cern.ch/lib", "PYTHONPATH": "/cvmfs/sft.cern.ch/python", "PYTHONHOME": ""}


def given_to_jobs(python: Python, executable: str) -> str | None:
    submit = SubmitDescription()
    submit.launch_with(executable, transfer=False)
    python.describe(submit, SET_UP)
    return submit.commands().get("environment")


@pytest.mark.parametrize(("environment", "base"), [(VIEW, VIEW), (ON_AFS, VIEW)])
def test_a_python_of_a_view_finds_its_libraries_in_jobs(environment: str, base: str) -> None:
    python = Python(f"{environment}/bin/python3", environment, base)
    given = str(given_to_jobs(python, python.executable))
    assert "LD_LIBRARY_PATH=/cvmfs/sft.cern.ch/lib" in given
    assert "PYTHONPATH=/cvmfs/sft.cern.ch/python" in given
    assert "PYTHONHOME" not in given
    assert given_to_jobs(python, "/usr/bin/python3") is None


def test_any_other_python_gets_nothing_of_it() -> None:
    python = Python(f"{ON_AFS}/bin/python3", ON_AFS, "/usr")
    assert given_to_jobs(python, python.executable) is None
