"""Jobs that cannot finish: an exit code of their own, a word on standard error, and no result file."""

from __future__ import annotations

import resource
from typing import TYPE_CHECKING

import pytest

from htmap_core.run import codes

if TYPE_CHECKING:
    from tests.unit.run.conftest import Jobs

DOUBLE = "def function(x): return 2 * x"


def test_a_damaged_block_is_no_components_error(jobs: Jobs) -> None:
    scratch = jobs.scratch(DOUBLE)
    block = scratch / "_htmap_inputs_0"
    block.write_bytes(block.read_bytes()[:-3])

    ran = jobs.run_in(scratch)

    assert ran.exit_code == codes.CANNOT_FINISH
    assert "'_htmap_inputs_0' is not a complete file of HTMap" in ran.job_stderr
    assert ran.files == {"3215.stderr"}
    assert "'_htmap_inputs_0' is not a complete file of HTMap" in ran.target.with_suffix(".stderr").read_text()


@pytest.mark.parametrize("missing", ["_htmap_function", "_htmap_inputs_0"])
def test_a_missing_file_is_named(jobs: Jobs, missing: str) -> None:
    scratch = jobs.scratch(DOUBLE)
    (scratch / missing).unlink()

    ran = jobs.run_in(scratch)

    assert ran.exit_code == codes.CANNOT_FINISH
    assert missing in ran.job_stderr


def test_a_component_without_input_is_named(jobs: Jobs) -> None:
    ran = jobs.run_in(jobs.scratch(DOUBLE, [1]), "0-1")

    assert ran.exit_code == codes.CANNOT_FINISH
    assert "no input for component 1 in _htmap_inputs_0" in ran.job_stderr


def test_a_wrong_command_line_shows_the_right_one(jobs: Jobs) -> None:
    ran = jobs.run_in(jobs.scratch(DOUBLE), command=[str(jobs.python.path), "runtime.pyz", "surplus"])

    assert ran.exit_code == codes.CANNOT_FINISH
    assert "usage: BLOCKS COMPONENTS RESULT" in ran.job_stderr


def limit_file_size() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


@pytest.mark.parametrize("size", [400_000, 299_990])
def test_a_disk_that_is_full_ends_the_job_with_a_word_and_no_result_file(jobs: Jobs, size: int) -> None:
    scratch = jobs.scratch("import os\ndef function(size):\n    os.chdir('/')\n    return b'x' * size", [size])

    ran = jobs.run_in(scratch, before=limit_file_size)

    assert ran.exit_code == codes.CANNOT_FINISH
    assert "File too large" in ran.job_stderr
    assert ran.files == {"3215.stderr"}


def test_a_crash_leaves_a_python_traceback_and_no_result_file(jobs: Jobs) -> None:
    ran = jobs.run("import ctypes\ndef function(x): ctypes.string_at(0)")

    assert ran.exit_code < 0
    assert not ran.result_file.exists()
    assert "Segmentation fault" in ran.target.with_suffix(".stderr").read_text()
