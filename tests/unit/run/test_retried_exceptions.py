"""Jobs that run again because of some exceptions only: the runner knows these by name, and tells by its exit code."""

from __future__ import annotations

import pytest

from htmap_run import codes
from htmap_run.names import RETRIED
from tests.unit.run.conftest import Interpreter, Jobs, Ran

SOURCE = """
import os, zlib
class TooBusy(ConnectionError):
    pass
def function(what):
    if what == "dies":
        os.kill(os.getpid(), 9)
    if what:
        raise {"busy": TooBusy, "zlib": zlib.error, "value": ValueError, "io": FileNotFoundError}[what]("not now")
"""


def ran(jobs: Jobs, named: str, calls: list[str], python: Interpreter | None = None) -> Ran:
    scratch = jobs.scratch(SOURCE, calls, python)
    (scratch / ".job.ad").write_text(f'{RETRIED} = "{named}"\n')
    return jobs.run_in(scratch, f"0-{len(calls) - 1}", python)


@pytest.mark.parametrize(
    ("named", "calls", "code"),
    [
        ("ValueError", ["value"], codes.TRY_AGAIN),
        ("TypeError, ValueError", ["", "value"], codes.TRY_AGAIN),
        ("OSError", ["io"], codes.TRY_AGAIN),  # FileNotFoundError is one
        ("Exception", ["busy"], codes.TRY_AGAIN),
        ("TooBusy", ["busy"], codes.TRY_AGAIN),
        ("__main__.TooBusy", ["busy"], codes.TRY_AGAIN),
        ("ConnectionError", ["busy"], codes.TRY_AGAIN),
        ("zlib.error", ["zlib"], codes.TRY_AGAIN),
        ("ComponentDied", ["dies"], codes.TRY_AGAIN),
        ("OSError", ["value", "io"], codes.TRY_AGAIN),  # one is enough
        ("OSError", ["value"], codes.COMPONENT_FAILED),
        ("other.TooBusy", ["busy"], codes.COMPONENT_FAILED),
        ("Error", ["value"], codes.COMPONENT_FAILED),
        ("object", ["value"], codes.COMPONENT_FAILED),
        ("Exception", ["dies"], codes.COMPONENT_FAILED),
        ("OSError", [""], codes.OK),
    ],
)
def test_the_exit_code_tells_whether_one_of_the_named_exceptions_was_raised(
    jobs: Jobs, named: str, calls: list[str], code: int
) -> None:
    assert ran(jobs, named, calls).exit_code == code


def test_every_python_knows_them(jobs: Jobs, each_python: Interpreter) -> None:
    assert ran(jobs, "OSError", ["busy"], each_python).exit_code == codes.TRY_AGAIN


def test_a_report_has_the_names_of_all_classes_of_the_exception(jobs: Jobs) -> None:
    classes = ran(jobs, "OSError", ["busy"]).error()["classes"]
    assert classes == ["__main__.TooBusy", "ConnectionError", "OSError", "Exception", "BaseException"]
