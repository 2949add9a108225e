"""Texts for people."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from typing import Any

from htmap_core.results import reports

INDEX = {
    "host": {"name": "wn042", "address": "10.0.0.42"},
    "runtime": {"executable": "/usr/bin/python3", "python": "3.11.7"},
}
FRAME = {"filename": "x.py", "lineno": 3, "name": "invert", "line": "return 1 / divisor", "locals": {"divisor": "0"}}


def entry(**error: Any) -> Mapping[str, Any]:
    return {"start": 1_600_000_000.5, "error": {"text": "ZeroDivisionError: division by zero", **error}}


def test_an_error_report_begins_and_ends_with_component_and_map() -> None:
    first, *_, last = reports.error_report("tide", 3, INDEX, entry()).splitlines()
    assert first == "========== Start error report for component 3 of map tide =========="
    assert "= End error report for component 3 of map tide =" in last
    assert len(first) == len(last)


def test_an_error_report_says_where_and_when_and_with_what() -> None:
    report = reports.error_report("tide", 3, INDEX, entry(packages=["numpy==2.0"], scratch=["data.txt"]))
    year = time.localtime(1_600_000_000).tm_year
    assert f"Landed on execute node wn042 (10.0.0.42) at {year}-09-1" in report
    assert "Python executable is /usr/bin/python3 (version 3.11.7)\n" in report
    assert "with installed packages\n  numpy==2.0\n" in report
    assert "Scratch directory contents are\n  data.txt\n" in report


def test_what_the_execute_node_does_not_know_is_left_out() -> None:
    index = {"host": {"name": "wn042", "address": None}, "runtime": {"executable": "", "python": "3.11.7"}}
    report = reports.error_report("tide", 3, index, entry())
    assert "Landed on execute node wn042 at " in report
    assert "Python executable is unknown (version 3.11.7)" in report
    assert "None" not in report


def test_an_error_report_shows_line_and_local_variables_of_every_frame() -> None:
    report = reports.error_report("tide", 3, INDEX, entry(frames=[FRAME, {**FRAME, "name": "inner", "locals": {}}]))
    assert (
        '  File "x.py", line 3, in invert\n    return 1 / divisor\n\n    Local variables:\n      divisor = 0\n'
        in report
    )
    assert '  File "x.py", line 3, in inner\n' in report
    assert report.index("in inner") < report.index("  ZeroDivisionError: division by zero")


def test_a_frame_without_its_source_is_shown_all_the_same() -> None:
    report = reports.error_report("tide", 3, INDEX, entry(frames=[{**FRAME, "line": None}]))
    assert '  File "x.py", line 3, in invert\n\n    Local variables:' in report


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


def test_the_report_on_a_process_that_died_shows_the_end_of_what_it_wrote() -> None:
    died = entry(text="ComponentDied: it died", tails={"standard output": "", "standard error": "some\nlast words"})
    report = reports.error_report("tide", 3, INDEX, died)
    assert "What happened:\n  ComponentDied: it died\n" in report
    assert "The end of its standard error is\n  some\n  last words\n" in report
    assert "traceback" not in report
    assert "standard output" not in report


def test_an_exception_without_a_cause_is_shown_once() -> None:
    text = "Traceback (most recent call last):\n  File ...\nZeroDivisionError: division by zero\n"
    assert reports.error_report("tide", 3, INDEX, entry(traceback=text)).count("division by zero") == 1


def test_advice_stands_at_the_end() -> None:
    report = reports.error_report("tide", 3, INDEX, entry(advice="Install numpy there."))
    assert report.splitlines()[-3] == "Install numpy there."


def test_a_lost_component_is_reported_with_the_end_of_its_standard_error() -> None:
    report = reports.lost_report("tide", 3, "killed by signal 9", "some\nlast words")
    assert "The job ended without a result: killed by signal 9\n" in report
    assert "The end of its standard error is\n  some\n  last words\n" in report


def test_a_lost_component_of_which_nothing_is_known_is_reported_too() -> None:
    report = reports.lost_report("tide", 3, "", "")
    assert "The job ended without a result: the event log does not say why" in report
    assert "standard error" not in report


def test_a_table_aligns_names_left_and_numbers_right() -> None:
    assert reports.table(["Tag", "Held"], [["tide", "10"], ["a", "2"]]) == "Tag   Held\ntide    10\na        2"


def test_a_table_without_rows_has_its_headers() -> None:
    assert reports.table(["Tag", "Held"], []) == "Tag  Held"
