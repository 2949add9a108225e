"""Tracebacks of exceptions that came from elsewhere, and those without frames of ours."""

from __future__ import annotations

import dataclasses
import pickle
import platform
import subprocess
import sys
import textwrap
import traceback
from pathlib import Path
from typing import Any

import pytest

from htmap_core import tracebacks
from htmap_core.exceptions import HTMapException, MapComponentError, TagNotFound
from htmap_core.results.errors import ComponentError, failure
from htmap_core.results.unpickling.payloads import PickledException
from htmap_core.wording import printable
from tests.golden_files import Golden
from tests.raised import RAISED, examples

SOURCE = "def far(x):\n    return near(x)\n\n\ndef near(x):\n    return 1 / x\n"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a file of the user's."""
    path = tmp_path / "study.py"
    path.write_text(SOURCE)
    return path


def frame(path: Path, lineno: int, name: str, line: str) -> traceback.FrameSummary:
    return traceback.FrameSummary(str(path), lineno, name, lookup_line=False, line=line)


def stack(path: Path) -> traceback.StackSummary:
    frames = [frame(path, 2, "far", "return near(x)"), frame(path, 6, "near", "return 1 / x")]
    return traceback.StackSummary.from_list(frames)


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def test_an_exception_from_elsewhere_has_the_traceback_that_it_had_there(study: Path, golden: Golden) -> None:
    error = ZeroDivisionError("division by zero").with_traceback(tracebacks.made_of(stack(study)))
    golden("tracebacks/from-elsewhere", shown(error))


def test_python_shows_it_as_any_other_one(study: Path, golden: Golden) -> None:
    program = f"""
        import traceback
        from htmap_core import tracebacks
        frames = [traceback.FrameSummary({str(study)!r}, 6, "near", lookup_line=False, line="return 1 / x")]
        raised = ZeroDivisionError("division by zero")
        raise raised.with_traceback(tracebacks.made_of(traceback.StackSummary.from_list(frames)))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env={"NO_COLOR": "1"})
    _, file, frames = ran.stderr.partition(f'  File "{study}"')  # before it, newer Pythons show the program's own line
    golden("tracebacks/uncaught", file + frames)


def test_a_line_that_is_another_one_here_is_not_shown(study: Path) -> None:
    study.write_text(SOURCE.replace("1 / x", "2 / x"))
    changed = tracebacks.made_of(stack(study))
    assert "2 / x" not in shown(ZeroDivisionError().with_traceback(changed))
    assert "return near(x)" in shown(ZeroDivisionError().with_traceback(changed))


def test_a_file_that_is_not_here_is_not_taken_for_one_of_its_name(study: Path, tmp_path: Path) -> None:
    elsewhere = stack(tmp_path / "elsewhere" / study.name)
    program = f"""
        import sys, traceback
        from htmap_core import tracebacks
        sys.path.insert(0, {str(tmp_path)!r})
        frames = {[(each.filename, each.lineno, each.name) for each in elsewhere]!r}
        stack = traceback.StackSummary.from_list(
            [traceback.FrameSummary(*each, lookup_line=False, line="return 7") for each in frames])
        raise ZeroDivisionError().with_traceback(tracebacks.made_of(stack))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "elsewhere/study.py" in ran.stderr
    assert "1 / x" not in ran.stderr


def test_a_device_that_the_execute_side_calls_a_file_is_not_read() -> None:
    (only,) = traceback.extract_tb(tracebacks.made_of(traceback.StackSummary.from_list([("/dev/zero", 1, "far", "x")])))
    assert only.filename != "/dev/zero"


def test_what_has_no_frames_has_no_traceback() -> None:
    assert tracebacks.made_of(traceback.StackSummary()) is None


def error_of(path: Path, exception: BaseException) -> ComponentError:
    pickled = PickledException(pickle.dumps(exception), platform.python_version(), by_value=False)
    return ComponentError(component=0, exception_msg="Broken: x", stack_summary=stack(path), exception=pickled)


@dataclasses.dataclass(frozen=True)
class Frozen(Exception):
    """An exception that refuses any attribute that is set in the usual way."""

    x: int = 1

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.x,)


@pytest.mark.parametrize("exception", [ZeroDivisionError(1), Frozen()], ids=repr)
def test_the_exception_of_a_component_has_the_frames_that_it_had(study: Path, exception: BaseException) -> None:
    error = error_of(study, exception)
    found = error.exception
    assert type(found) is type(exception)
    assert found is error.exception
    assert [each.name for each in traceback.extract_tb(found.__traceback__)] == ["far", "near"]


def test_the_cause_comes_first(study: Path) -> None:
    cause = ZeroDivisionError("division by zero").with_traceback(tracebacks.made_of(stack(study)))
    error = TagNotFound("tide")
    error.__cause__ = cause
    told = tracebacks.without_ours(error)
    assert told.index("ZeroDivisionError: division by zero") < len(told) - 1
    assert "TagNotFound" in told[-1]


def test_a_cycle_of_causes_ends() -> None:
    one, other = ValueError(1), ValueError(2)
    one.__cause__, other.__cause__ = other, one
    assert tracebacks.without_ours(one)[-1] == "ValueError: 1"


@pytest.mark.parametrize("cls", RAISED)
def test_ipython_shows_each_exception_with_its_text(cls: type[BaseException]) -> None:
    for error in examples(cls):
        if isinstance(error, HTMapException):
            told = "\n".join(error._render_traceback_())
            assert cls.__name__ in told
            assert printable(told) == told


def test_what_ipython_shows_of_a_failed_component_is_the_users_exception_first(study: Path, golden: Golden) -> None:
    error: MapComponentError = failure("tide", error_of(study, ZeroDivisionError(1)))
    golden("tracebacks/failed-component", "\n".join(error._render_traceback_()))
