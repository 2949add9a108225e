"""How the archive finds a Python, and how it refuses readably where there is none that will do."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from htmap_run import codes, names
from tests.golden_files import Golden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.run.conftest import Interpreter, Jobs, Ran

ITSELF = ["./runtime.pyz"]
DOUBLE = "def function(x): return 2 * x"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder for PATH that has what the launcher needs of the system, and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("mkdir", "sh"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


@pytest.mark.parametrize("name", ["python3", "python"])
def test_the_archive_runs_by_itself_with_the_python_on_path(jobs: Jobs, path: Path, name: str) -> None:
    (path / name).symlink_to(jobs.python.path.resolve())

    ran = jobs.run_in(jobs.scratch(DOUBLE, [4]), command=ITSELF, environment={"PATH": str(path)})

    assert ran.value() == 8
    assert ran.run["runtime"]["executable"] == str(path / name)


def test_python3_comes_before_python(jobs: Jobs, path: Path) -> None:
    for name in ("python3", "python"):
        (path / name).symlink_to(jobs.python.path.resolve())

    ran = jobs.run_in(jobs.scratch(DOUBLE), command=ITSELF, environment={"PATH": str(path)})

    assert ran.run["runtime"]["executable"] == str(path / "python3")


def said(ran: Ran) -> str:
    """Return what comes back with the job, which is one file."""
    (path,) = (ran.scratch / names.RETURN).iterdir()
    assert path.name == "stderr"
    return path.read_text()


def test_a_job_without_any_python_says_so_readably(jobs: Jobs, path: Path, golden: Golden) -> None:
    ran = jobs.run_in(jobs.scratch(DOUBLE), command=ITSELF, environment={"PATH": str(path)})

    assert ran.exit_code == codes.NO_PYTHON
    golden("run/a-job-without-any-python-says-so-readably", said(ran))


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_a_python_that_is_too_old_is_refused_readably(
    jobs: Jobs, path: Path, need_python: Callable[[str], Interpreter], version: str, golden: Golden
) -> None:
    old = need_python(version)
    (path / "python").symlink_to(old.path.resolve())

    ran = jobs.run_in(jobs.scratch(DOUBLE), command=ITSELF, environment={"PATH": str(path)})

    assert ran.exit_code == codes.NO_PYTHON
    old_python = {".".join(map(str, old.version)): "VERSION"}
    golden("run/a-python-that-is-too-old-is-refused-readably", said(ran), hide=old_python)
    assert "Traceback" not in said(ran)


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_so_is_one_that_runs_a_job_whose_outputs_go_elsewhere(
    jobs: Jobs, path: Path, need_python: Callable[[str], Interpreter], version: str
) -> None:
    old = need_python(version)
    (path / "python").symlink_to(old.path.resolve())

    ran = jobs.run_in(jobs.scratch(DOUBLE), command=ITSELF, environment={"PATH": str(path)}, remapped="0-0/out.txt")

    assert ran.exit_code == codes.NO_PYTHON
    assert ".".join(map(str, old.version)) in said(ran)


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_a_newer_python_under_the_other_name_is_used(
    jobs: Jobs, path: Path, need_python: Callable[[str], Interpreter], version: str
) -> None:
    (path / "python3").symlink_to(need_python(version).path.resolve())
    (path / "python").symlink_to(jobs.python.path.resolve())

    ran = jobs.run_in(jobs.scratch(DOUBLE, [4]), command=ITSELF, environment={"PATH": str(path)})

    assert ran.value() == 8


def test_old_pythons_behind_wrappers_do_not_call_each_other_for_ever(
    jobs: Jobs, path: Path, need_python: Callable[[str], Interpreter]
) -> None:
    for name, version in (("python3", "3.6"), ("python", "2.7")):
        # As pyenv's shims and environment modules do it: the interpreter has another path than the wrapper.
        (path / name).write_text(f'#!/bin/sh\nexec {need_python(version).path} "$@"\n')
        (path / name).chmod(0o755)

    ran = jobs.run_in(jobs.scratch(DOUBLE), command=ITSELF, environment={"PATH": str(path)})

    assert ran.exit_code == codes.NO_PYTHON
    assert "2.7." in said(ran)


@pytest.mark.parametrize(
    "variable",
    ["PYTHONHOME=/no/such", "PYTHONHASHSEED=none", "PYTHONUTF8=5", "PYTHONPATH=exiting", "PYTHONPATH=giving-up"],
)
def test_a_python_that_cannot_start_has_its_own_words_come_back(jobs: Jobs, tmp_path: Path, variable: str) -> None:
    for folder, end in (
        ("exiting", "sys.exit('PYTHONPATH')"),
        ("giving-up", "os.write(2, b'PYTHONPATH'); os._exit(5)"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "sitecustomize.py").write_text(f"import os, sys; {end}")
    name, _, value = variable.partition("=")
    value = str(tmp_path / value) if name == "PYTHONPATH" else value
    start = [*ITSELF, "--start", str(jobs.python.path)]

    ran = jobs.run_in(jobs.scratch(DOUBLE), command=start, environment={name: value})

    assert ran.exit_code not in (codes.OK, codes.COMPONENT_FAILED, codes.REFUSED)
    # Python 3.13 does not name PYTHONHOME any more, but what it does not find there.
    assert ("encodings" if name == "PYTHONHOME" else name) in said(ran)


def test_so_has_a_python_whose_archive_is_damaged(jobs: Jobs) -> None:
    scratch = jobs.scratch(DOUBLE)
    archive = (scratch / "runtime.pyz").read_bytes()
    (scratch / "runtime.pyz").write_bytes(archive[:-100])
    (scratch / "runtime.pyz").chmod(0o755)

    ran = jobs.run_in(scratch, command=[*ITSELF, "--start", str(jobs.python.path)])

    assert ran.exit_code == 1
    assert "runtime.pyz" in said(ran)


def test_what_is_to_start_the_archive_gets_its_name_and_arguments(jobs: Jobs, path: Path) -> None:
    program = path / "a program"
    program.write_text('#!/bin/sh\necho "$@" >told')
    program.chmod(0o755)

    ran = jobs.run_in(jobs.scratch(DOUBLE), command=[*ITSELF, "--start", str(program)])

    assert (ran.scratch / "told").read_text() == "runtime.pyz _htmap_inputs_0 0\n"


def test_what_is_not_there_to_start_the_archive_is_named(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run_in(jobs.scratch(DOUBLE), command=[*ITSELF, "--start", "/no/such/python"])

    assert ran.exit_code == codes.NO_PYTHON
    golden("run/what-is-not-there-to-start-the-archive", said(ran), hide={os.uname().nodename: "NODE"})


# Those that HTMap, pickle and multiprocessing import, also late.
OF_PYTHON = (
    "traceback",
    "platform",
    "json",
    "signal",
    "pickle",
    "linecache",
    "shutil",
    "socket",
    "inspect",
    "tokenize",
)
FAILING = """
def function(x):
    import multiprocessing.pool, cloudpickle, htmap, linecache, own
    return 1 / x if x == 0 else (own.here, linecache.__file__)
"""


@pytest.mark.parametrize("environment", [{}, {"PYTHONPATH": "/no/such:"}])
@pytest.mark.parametrize("ending", [".py", ""])
def test_input_files_with_names_of_python_s_modules_disturb_neither_the_runner_nor_packages(
    jobs: Jobs, each_python: Interpreter, ending: str, environment: dict[str, str]
) -> None:
    scratch = jobs.scratch(FAILING, [0, 1], each_python)
    (scratch / "own.py").write_text("here = 'own.py'")
    for name in (*OF_PYTHON, "cloudpickle", "htmap", "htmap_run"):
        file = scratch / f"{name}{ending}" / ("" if ending else "__init__.py")
        file.parent.mkdir(exist_ok=True)
        file.write_text("raise RuntimeError(f'a file of the user: {__name__}')")

    ran = jobs.run_in(scratch, "0-1", each_python, environment=environment)

    assert ran.error(0)["type"] == "builtins.ZeroDivisionError"
    own, module = ran.value(1)
    assert own == "own.py"
    assert not module.startswith(str(scratch))


@pytest.mark.parametrize("shell", ["dash", "bash", "busybox"])
def test_each_shell_starts_the_archive(jobs: Jobs, path: Path, shell: str) -> None:
    found = shutil.which(shell)
    if not found:
        pytest.skip(f"no {shell} on this machine")
    (path / "python3").symlink_to(jobs.python.path.resolve())
    start = [found, "sh", "runtime.pyz"] if shell == "busybox" else [found, "runtime.pyz"]

    ran = jobs.run_in(jobs.scratch(DOUBLE, [4]), command=start, environment={"PATH": str(path)})

    assert ran.value() == 8


def test_another_cloudpickle_and_htmap_of_the_execute_node_are_not_used(jobs: Jobs, tmp_path: Path) -> None:
    for name in ("cloudpickle", "htmap"):
        (tmp_path / "site" / name).mkdir(parents=True)
        (tmp_path / "site" / name / "__init__.py").write_text("raise SystemExit('the wrong one')")
    source = "def function(x):\n    import cloudpickle, htmap\n    return cloudpickle.__file__, htmap.__file__"

    ran = jobs.run(source, environment={"PYTHONPATH": str(tmp_path / "site")})

    assert all(os.sep + "runtime.pyz" + os.sep in file for file in ran.value())


def test_a_cloudpickle_that_every_python_there_imports_at_its_start_is_not_used(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "site" / "cloudpickle").mkdir(parents=True)
    (tmp_path / "site" / "cloudpickle" / "__init__.py").write_text("")
    (tmp_path / "site" / "cloudpickle" / "cloudpickle.py").write_text("")
    (tmp_path / "site" / "sitecustomize.py").write_text("import cloudpickle.cloudpickle")

    ran = jobs.run(DOUBLE, [4], environment={"PYTHONPATH": str(tmp_path / "site")})

    assert ran.value() == 8
