"""Texts for people."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from htmap_core.results import reports
from htmap_core.results.errors import ComponentError
from tests.golden_files import Golden

INDEX = {
    "host": {"name": "wn042", "address": "10.0.0.42"},
    "runtime": {"executable": "/usr/bin/python3", "python": "3.11.7"},
}
WHEN = {re.compile(r"2020-09-1\d \d\d:\d\d:40\.\d+"): "TIME"}  # which depends on the time zone
FRAME = {"filename": "x.py", "lineno": 3, "name": "invert", "line": "return 1 / divisor", "locals": {"divisor": "0"}}


def entry(**error: Any) -> Mapping[str, Any]:
    return {"start": 1_600_000_000.5, "error": {"text": "ZeroDivisionError: division by zero", **error}}


def test_an_error_report_begins_and_ends_with_component_and_map(golden: Golden) -> None:
    first, *_, last = reports.error_report("tide", 3, INDEX, entry()).splitlines()
    golden("reports/an-error-report-begins-and-ends-with-component-1", first)
    golden("reports/an-error-report-begins-and-ends-with-component-2", last)
    assert len(first) == len(last)


def test_an_error_report_says_where_and_when_and_with_what(golden: Golden) -> None:
    report = reports.error_report("tide", 3, INDEX, entry(packages=["numpy==2.0"], scratch=["data.txt"]))
    golden("reports/an-error-report-says-where-and-when", report, hide=WHEN)


def test_what_the_execute_node_does_not_know_is_left_out(golden: Golden) -> None:
    index = {"host": {"name": "wn042", "address": None}, "runtime": {"executable": "", "python": "3.11.7"}}
    report = reports.error_report("tide", 3, index, entry())
    golden("reports/what-the-execute-node-does-not-know-is-left-out", report, hide=WHEN)
    assert "None" not in report


def test_an_error_report_shows_line_and_local_variables_of_every_frame(golden: Golden) -> None:
    report = reports.error_report("tide", 3, INDEX, entry(frames=[FRAME, {**FRAME, "name": "inner", "locals": {}}]))
    golden("reports/an-error-report-shows-line-and-local-variables", report, hide=WHEN)


def test_a_frame_without_its_source_is_shown_all_the_same(golden: Golden) -> None:
    report = reports.error_report("tide", 3, INDEX, entry(frames=[{**FRAME, "line": None}]))
    golden("reports/a-frame-without-its-source-is-shown-all-the-same", report, hide=WHEN)


def test_an_error_report_shows_what_the_exception_was_raised_from() -> None:
    try:
        try:
            INDEX["tide"]
        except KeyError as error:
            raise ValueError("no tide") from error
    except ValueError as error:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    report = reports.error_report("tide", 3, INDEX, entry(text="ValueError: no tide", traceback=text))
    assert "KeyError: 'tide'" in report


def test_an_error_report_shows_a_cause_that_was_raised_nowhere() -> None:
    error = ValueError("no tide")
    error.__cause__ = KeyError("moon")
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    report = reports.error_report("tide", 3, INDEX, entry(text="ValueError: no tide", traceback=text))
    assert "KeyError: 'moon'" in report


def test_an_error_report_shows_the_members_of_a_group() -> None:
    text = "  + Exception Group Traceback (most recent call last):\n  |   File ...\n  | ExceptionGroup: bad (1 sub-exception)\n"
    text += "  +-+---------------- 1 ----------------\n    | ValueError: no tide\n    +------------------------------------\n"
    report = reports.error_report("tide", 3, INDEX, entry(text="ExceptionGroup: bad (1 sub-exception)", traceback=text))
    assert "ValueError: no tide" in report


def test_an_error_report_shows_the_local_variables_of_causes_and_members(golden: Golden) -> None:
    related = [
        {"text": "KeyError: 'moon'", "frames": [FRAME]},
        {"text": "KeyError: 1", "frames": [{**FRAME, "locals": {}}]},
    ]
    report = reports.error_report("tide", 3, INDEX, entry(related=related))
    golden("reports/local-variables-of-causes-and-members", report, hide=WHEN)


def test_the_report_on_a_process_that_died_shows_the_end_of_what_it_wrote(golden: Golden) -> None:
    died = entry(text="ComponentDied: it died", tails={"standard output": "", "standard error": "some\nlast words"})
    report = reports.error_report("tide", 3, INDEX, died)
    golden("reports/the-report-on-a-process-that-died-shows-the-end", report, hide=WHEN)
    assert "traceback" not in report


def test_an_exception_without_a_cause_is_shown_once() -> None:
    text = "Traceback (most recent call last):\n  File ...\nZeroDivisionError: division by zero\n"
    assert reports.error_report("tide", 3, INDEX, entry(traceback=text)).count("division by zero") == 1


def test_advice_stands_at_the_end(golden: Golden) -> None:
    report = reports.error_report("tide", 3, INDEX, entry(advice="Install numpy there."))
    golden("reports/advice-stands-at-the-end", report.splitlines()[-3])


def test_a_lost_component_is_reported_with_the_end_of_its_standard_error(golden: Golden) -> None:
    report = reports.lost_report("tide", 3, "killed by signal 9", "some\nlast words")
    golden("reports/a-lost-component-is-reported-with-the-end", report)


def test_a_lost_component_without_a_record_is_reported_too(golden: Golden) -> None:
    report = reports.lost_report("tide", 3, "", "")
    golden("reports/a-lost-component-of-which-nothing-is-known", report)


@pytest.mark.parametrize(("name", "line"), [(__file__, '"""Texts for people."""'), ("pipe", ""), ("no-such.py", "")])
@pytest.mark.timeout(20)
def test_the_source_of_a_frame_is_looked_up_in_files_only(tmp_path: Path, name: str, line: str) -> None:
    """The execute side names the file, and may name one that has no end or waits for a writer."""
    os.mkfifo(tmp_path / "pipe")
    facts = entry(frames=[{**FRAME, "filename": str(tmp_path / name), "lineno": 1, "line": ""}])
    (frame,) = ComponentError.from_result("tide", 3, INDEX, facts, None).stack_summary
    assert frame.line == line
