"""Texts for people."""

from __future__ import annotations

import os
import re
import shlex
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.results import reports
from htmap_core.results.errors import ComponentError
from htmap_core.storage.content.source_lines import SourceLines
from htmap_core.testing import run_htmap
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


def test_the_short_report_counts_what_the_whole_one_lists(golden: Golden) -> None:
    error = entry(frames=[FRAME], packages=["numpy==2.0", "scipy==1.15"], scratch=["data.txt"])
    golden("reports/short", reports.short_report("tide", 3, INDEX, error), hide=WHEN)


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
    assert reports.error_report("tide", 3, INDEX, entry(traceback=text)).count("Traceback") == 0


def test_advice_stands_after_the_error_and_before_where_it_ran() -> None:
    report = reports.error_report("tide", 3, INDEX, entry(advice="Install numpy there."))
    assert report.index("division by zero") < report.index("Install numpy there.") < report.index("wn042")


@pytest.mark.parametrize("is_here", [True, False])
def test_the_report_on_a_missing_file_has_the_line_that_sends_it_along(
    is_here: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    if is_here:
        (tmp_path / "data" / "sea.csv").touch()
    report = reports.error_report("tide", 3, INDEX, entry(missing_file="data/sea.csv"))
    lines = report.splitlines()
    assert "    map_options=htmap.MapOptions(fixed_input_files=['data/sea.csv'])" in lines
    golden(f"reports/a-missing-file-that-is-here-{is_here}", report, hide=WHEN)


def test_many_packages_are_the_last_and_cut_short(golden: Golden) -> None:
    packages = [f"package-number-{number}==1.{number}" for number in range(200)]
    report = reports.error_report("tide", 3, INDEX, entry(packages=packages))
    golden("reports/many-packages-are-the-last-and-cut-short", report, hide=WHEN)
    shown = [package for package in packages if package in re.split(r",?\s+", report)]
    assert shown == packages[: len(shown)]
    assert f" {200 - len(shown)} more" in report


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


# --- source


def lines(path: str = "/home/ada/x.py", **numbered: str) -> SourceLines:
    return SourceLines({"x.py": {"path": path, "lines": {key[1:]: line for key, line in numbered.items()}}})


def test_a_frame_has_the_users_path_and_the_line_that_was_kept() -> None:
    facts = entry(frames=[{**FRAME, "line": "that of another file of this name there"}])
    (frame,) = ComponentError.from_result("tide", 3, INDEX, facts, None, lines(_3="kept")).stack_summary
    assert (frame.filename, frame.lineno, frame.name, frame.line) == ("/home/ada/x.py", 3, "invert", "kept")


def test_a_line_that_was_another_one_already_is_not_shown() -> None:
    (frame,) = ComponentError.from_result("tide", 3, INDEX, entry(frames=[FRAME]), None, lines(_3="")).stack_summary
    assert frame.line == ""


def test_a_line_that_was_not_kept_is_that_of_the_execute_side() -> None:
    (frame,) = ComponentError.from_result("tide", 3, INDEX, entry(frames=[FRAME]), None, lines(_4="kept")).stack_summary
    assert frame.line == FRAME["line"]


def test_causes_and_the_traceback_have_the_lines_too() -> None:
    trace = 'Traceback (most recent call last):\n  File "x.py", line 3, in invert\nKeyError: 1\n'
    trace += '  | File "x.py", line 3, in invert\n  |   another\n  | File "y.py", line 3, in invert\n  | KeyError: 1'
    related = [{"text": "KeyError: 1", "frames": [{**FRAME, "line": None}]}]
    found = reports.with_source({"text": "", "traceback": trace, "related": related}, lines(_3="kept"))
    assert found["related"][0]["frames"][0]["line"] == "kept"
    assert found["traceback"].split("\n") == [
        *trace.split("\n")[:2],
        "    kept",
        *trace.split("\n")[2:],
    ]


# --- the headline


def headline(**error: Any) -> str:
    return str(ComponentError.from_result("tide", 3, INDEX, entry(**error), None, lines(_3="kept")))


def test_an_error_as_text_is_the_exception_and_where_it_was_raised() -> None:
    frame = {**FRAME, "name": "test.<locals>.invert"}
    assert headline(frames=[frame]) == "ZeroDivisionError: division by zero, in invert, x.py line 3"


def test_where_it_was_raised_is_in_the_users_own_code() -> None:
    inner = {**FRAME, "filename": "/usr/lib/python3/statistics.py", "lineno": 300, "name": "mean"}
    assert headline(frames=[FRAME, inner]).endswith(", in invert, x.py line 3")


def test_without_own_code_it_is_where_it_was_raised_at_all() -> None:
    inner = {**FRAME, "filename": "/usr/lib/python3/statistics.py", "lineno": 300, "name": "mean"}
    assert headline(frames=[inner]).endswith(", in mean, statistics.py line 300")


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("builtins.ValueError", "ValueError: one\ntwo", "ValueError: one"),
        (
            "builtins.SyntaxError",
            'File "y.py", line 1\n    1 +\nSyntaxError: invalid syntax',
            "SyntaxError: invalid syntax",
        ),
        ("sea.Tide", "sea.Tide: high\na note", "sea.Tide: high"),
        ("sea.Tide", "sea.Tide", "sea.Tide"),
        ("sea.Tide", "", "an unknown error"),
        ("builtins.ValueError", "ValueError: \x1b[2J", r"ValueError: \x1b[2J"),
    ],
)
def test_the_headline_is_one_line(kind: str, text: str, shown: str) -> None:
    assert headline(type=kind, text=text) == shown


def test_so_is_that_of_a_lost_component() -> None:
    assert len(str(ComponentError.without_result("tide", 3, "killed\nby signal 9", "words")).splitlines()) == 1


def test_a_result_that_is_lost_is_told_with_the_command_that_runs_it_again(htmap_dir: Path) -> None:
    mapped = htmap.map(abs, [-1], where="here", tag="tide")
    next(htmap_dir.rglob("*.result")).unlink()
    with pytest.raises(htmap.exceptions.MapComponentError) as caught:
        mapped.get(0)
    (command,) = set(re.findall(r"`htmap (rerun .+?)`", str(caught.value)))
    assert run_htmap(*shlex.split(command)).exit_code == 0
    assert mapped.get(0) == 1
