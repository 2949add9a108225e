"""``htmap errors``: failures that are alike have one report."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from htmap_core.components import ComponentStatus
from htmap_core.testing import run_htmap
from htmap_core.tracking import source
from tests.golden_files import Golden
from tests.returned import Error
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates

FRAME = {"filename": "tide.py", "lineno": 3, "name": "invert", "line": "return 1 / x"}
ERRORED, COMPLETED, HELD = ComponentStatus.ERRORED, ComponentStatus.COMPLETED, ComponentStatus.HELD
REPORT = re.compile(r"=+ Start error report.*?End error report .*?$", re.DOTALL | re.MULTILINE)
Fail = Callable[..., None]


@pytest.fixture
def fail(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> Fail:
    """Return what makes a map with the failures of all its components: the text of each, and the frame if it is another."""
    states = {}

    def make(tag: str, failures: list[Any]) -> None:
        pairs = [each if isinstance(each, tuple) else (each, FRAME) for each in failures]
        errors = {
            n: Error(text=text, frames=[frame] if frame else [], related=related)
            for n, (text, frame, *related) in enumerate(pairs)
        }
        made = make_map(tag, len(failures), errors)
        states[made.id] = FixedStates([[ERRORED] * len(failures)])

    monkeypatch.setattr(source, "of", lambda map_dir: states[map_dir.id])
    return make


def errors(*arguments: str) -> Result:
    ran = run_htmap("errors", *arguments)
    assert ran.exit_code == 0
    return ran


def reports(*arguments: str) -> int:
    return errors(*arguments).stdout.count("Start error report")


def test_fifty_failures_that_are_equal_have_one_report_with_their_numbers(fail: Fail) -> None:
    fail("tide", ["ZeroDivisionError: division by zero"] * 50)
    shown = errors("tide").stdout
    assert shown.count("Start error report") == 1
    assert "0-49" in shown
    assert reports("tide", "--all") == 50


def test_other_lines_other_types_and_other_functions_are_other_failures_in_the_order_of_the_components(
    fail: Fail, golden: Golden
) -> None:
    other_line, other_function = {**FRAME, "lineno": 4}, {**FRAME, "name": "outer"}
    fail("tide", ["A: x", ("A: x", other_line), "B: x", ("A: x", other_function), "A: x", "B: x"])
    shown = errors("tide").stdout
    assert [line.split()[6] for line in shown.splitlines() if "Start error" in line] == ["0", "1", "2", "3"]
    golden("cli/errors-of-several-kinds", REPORT.sub("REPORT", shown))


def test_texts_that_differ_only_by_the_data_are_lines_below_one_report(fail: Fail, golden: Golden) -> None:
    fail("tide", [f"FileNotFoundError: no file {n % 3}" for n in range(6)])
    shown = errors("tide").stdout
    assert [REPORT.sub("", shown).count(f"no file {n}") for n in range(3)] == [1, 1, 1]
    golden("cli/errors-with-other-texts", REPORT.sub("REPORT", shown))


def test_so_many_texts_are_cut_short(fail: Fail) -> None:
    fail("tide", [f"ValueError: {n}\n{'x' * 1000}" for n in range(100)])
    shown = errors("tide").stdout
    assert len(shown.splitlines()) < 60
    assert shown.count("x" * 900) == 1


def test_failures_in_the_scratch_directories_of_two_jobs_are_equal(fail: Fail) -> None:
    frames = [{**FRAME, "filename": f"/var/execute/dir_{n}/tide.py"} for n in (17, 1234)]
    fail("tide", [("A: x", frame) for frame in frames])
    assert reports("tide") == 1


def test_failures_with_other_causes_or_members_are_other_failures(fail: Fail) -> None:
    ours, raised = {"text": "A: x", "frames": []}, {"text": "A: x", "frames": [FRAME]}
    causes = [ours, {"text": "B: x", "frames": []}, raised, {**ours, "text": "A: y"}]
    fail("tide", [("Error: x", FRAME), *(("Error: x", FRAME, cause) for cause in causes)])
    shown = errors("tide").stdout
    assert shown.count("Start error report") == 4
    assert "1,4" in shown


def test_without_frames_only_equal_texts_are_equal(fail: Fail) -> None:
    fail("tide", [("killed: 9", None), ("killed: 15", None), ("killed: 9", None)])
    assert reports("tide") == 2


def test_maps_are_not_mixed_and_the_limit_counts_reports(fail: Fail) -> None:
    for tag in ("tide", "wave"):
        fail(tag, ["A: x", "A: x", "B: x", "B: x"])
    assert reports("tide", "wave") == reports("-p", "*") == 4
    assert [reports("-p", "*", "--limit", str(limit)) for limit in (1, 2, 3, 4, 9)] == [1, 2, 3, 4, 4]
    assert reports("--all") == 8
    assert reports("--all", "--limit", "5") == 5


def test_where_nothing_has_failed_it_says_so(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    for tag in ("tide", "wave"):
        make_map(tag, 2, {0: "fine", 1: "fine"})
    monkeypatch.setattr(source, "of", lambda _: FixedStates([[COMPLETED, HELD]]))
    ran = errors("tide")
    assert ran.stdout == ""
    golden("cli/errors-where-nothing-failed", ran.stderr)
    ran = errors("-p", "*")
    assert ran.stdout == ""
    golden("cli/errors-where-nothing-failed-in-maps", ran.stderr)


@pytest.mark.parametrize("status", [COMPLETED, ERRORED])
def test_where_nothing_is_held_the_reasons_say_so(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch, golden: Golden, status: ComponentStatus
) -> None:
    for tag in ("tide", "wave"):
        make_map(tag, 2, {0: "fine", 1: "fine"})
    monkeypatch.setattr(source, "of", lambda _: FixedStates([[COMPLETED, status]]))
    of_one, of_both = run_htmap("reasons", "tide"), run_htmap("reasons", "-p", "*")
    assert (of_one.stdout, of_both.stdout) == ("", "")
    golden(f"cli/reasons-where-nothing-is-held-{status}", of_one.stderr)
    golden("cli/reasons-where-nothing-is-held-in-maps", of_both.stderr)
