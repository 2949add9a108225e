"""What HTMap's users have always written: the examples of its tutorials, tips and reference, on a real pool.

They stand here in our own words, but do what they did and print what was promised.
"""

from __future__ import annotations

import collections
import errno
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from tests.golden_files import Golden

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180
TEN = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]


@pytest.fixture
def interactive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a session of the interactive interpreter, where maps are announced."""
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)


def double(x: int) -> int:
    return 2 * x


class TestFirstSteps:
    @pytest.mark.usefixtures("interactive")
    def test_a_function_is_mapped_in_one_line_and_the_session_says_so(
        self, capsys: pytest.CaptureFixture[str], golden: Golden
    ) -> None:
        mapped = htmap.map(double, range(10))
        print(mapped)
        print(list(mapped))
        tag = mapped.tag
        golden("seeds/first-steps", capsys.readouterr().out, hide={tag: "TAG"})

    @pytest.mark.usefixtures("interactive")
    def test_a_quiet_map_is_not_announced(self, capsys: pytest.CaptureFixture[str]) -> None:
        htmap.map(double, [1], quiet=True)
        assert capsys.readouterr().out == ""

    def test_a_program_hears_nothing_of_its_maps(self, capsys: pytest.CaptureFixture[str]) -> None:
        htmap.map(double, [1])
        assert capsys.readouterr().out == ""


class TestBasicMapping:
    def test_tags_come_from_nowhere_or_from_the_user_or_later(self, capsys: pytest.CaptureFixture[str]) -> None:
        mapped = htmap.map(double, range(10))
        named = htmap.map(double, range(10), tag="dbl")
        print(mapped.is_transient, named, named.is_transient)
        mapped.retag("a-new-tag")
        print(mapped, mapped.is_transient)
        expected = "True Map(tag = dbl) False\nMap(tag = a-new-tag) False\n"
        assert capsys.readouterr().out == expected
        assert htmap.get_tags() == ("a-new-tag", "dbl")

    def test_a_map_from_its_first_status_to_its_last(self, capfd: pytest.CaptureFixture[str]) -> None:
        first = htmap.map(str, range(10), tag="first", map_options=htmap.MapOptions(requirements="false"))
        status = "Map {} (10 components): HELD = 0 | ERRORED = 0 | IDLE = {} | RUNNING = 0 | COMPLETED = {}"
        assert first.status() == status.format("first", 10, 0)  # of one that cannot run before anybody looks

        def patient(x: int) -> str:
            time.sleep(1.5)  # nothing is shown of what is over in a moment
            return str(x)

        stringified = htmap.map(patient, range(10), tag="str")
        stringified.wait(show_progress_bar=True)
        assert stringified.status() == status.format("str", 0, 10)
        last = capfd.readouterr().err.splitlines()[-1:]
        assert [line.startswith("str: 10 of 10 components after ") for line in last] == [True]
        assert list(stringified) == [d for d in stringified] == list("0123456789")  # noqa: C416 -- as users write it
        again = htmap.load("str")
        assert (str(again), again == stringified, again is stringified) == ("Map(tag = str)", True, True)
        assert repr(again.component_statuses[:1]) == "[<ComponentStatus.COMPLETED: 'COMPLETED'>]"
        assert again.component_statuses == [htmap.ComponentStatus.COMPLETED] * 10

    def test_the_table_of_maps_marks_transient_ones(self) -> None:
        named, unnamed = htmap.map(str, range(10), tag="str"), htmap.map(str, range(5))
        named.wait(TIMEOUT)
        unnamed.wait(TIMEOUT)
        head, *rows = htmap.status().splitlines()
        columns = "Tag HELD ERRORED IDLE RUNNING COMPLETED Local Data Max Memory Max Runtime Total Runtime"
        assert head.split() == columns.split()
        assert min(row.split()[:7] for row in rows) == ["*", unnamed.tag, "0", "0", "0", "0", "5"]
        assert sorted(row.split()[:6] for row in rows)[1] == ["str", "0", "0", "0", "0", "10"]

    def test_a_tag_is_free_again_when_its_map_is_removed(self) -> None:
        htmap.map(double, range(10), tag="dbl")
        with pytest.raises(htmap.exceptions.TagAlreadyExists) as caught:
            htmap.map(double, range(10), tag="dbl")
        assert all(call in str(caught.value) for call in ('htmap.load("dbl")', 'htmap.remove("dbl")'))
        htmap.load("dbl").remove()
        new = htmap.map(double, range(10), tag="dbl")
        new.wait(show_progress_bar=True)
        assert list(new) == TEN
        htmap.remove("dbl")
        htmap.remove("dbl")  # is not there any more, and that is all right
        with pytest.raises(htmap.exceptions.MapIdNotFound):
            htmap.remove("dbl", not_exist_ok=False)

    def test_a_builder_turns_calls_into_components(self) -> None:
        def power(base: int, exponent: int) -> int:
            return int(base**exponent)

        with htmap.build_map(power) as builder:
            for base in range(1, 5):
                for exponent in range(1, 4):
                    builder(base, exponent)
        assert (len(builder), list(builder.map)) == (12, [1, 1, 1, 2, 4, 8, 3, 9, 27, 4, 16, 64])

    def test_a_builder_takes_its_tag_and_function_by_name(self) -> None:
        with htmap.build_map(tag="pow", func=lambda x, p: x**p) as builder:
            for x in range(1, 4):
                builder(x, x)
            with pytest.raises(htmap.exceptions.NoMapYet):
                builder.map
        assert (builder.map.tag, list(builder.map)) == ("pow", [1, 4, 27])


class TestMapOptions:
    def test_resources_for_all_components_or_for_each(self) -> None:
        options = htmap.MapOptions(request_memory=["10MB", "20MB", "30MB"], request_disk="1GB")
        assert list(htmap.map(double, [1, 2, 3], map_options=options)) == [2, 4, 6]

    def test_values_are_what_a_submit_file_has_after_the_equals_sign(self) -> None:
        options: Any = {"foo": '"bar"', "aaa": "xyz", "bbb": "false", "ccc": "1"}
        assert repr(htmap.MapOptions(**options)) == repr(options)


class TestAdvancedMapping:
    def test_starmap_takes_tuples_and_dictionaries(self) -> None:
        def power(x: int, p: int = 1) -> int:
            return int(x**p)

        lists = htmap.starmap(func=power, args=[(1,), (2,), (3,)], kwargs=[{"p": 1}, {"p": 2}, {"p": 3}])
        lazy = htmap.starmap(func=power, args=((x,) for x in range(1, 4)), kwargs=({"p": p} for p in range(1, 4)))
        assert list(lists) == list(lazy) == [1, 4, 27]

    def test_a_mapped_function_shows_itself_and_maps(self) -> None:
        @htmap.mapped
        def twice(x: int) -> int:
            return 2 * x

        assert str(twice).startswith("MappedFunction(func = <function ")
        assert str(twice).endswith(", map_options = {})")
        assert list(twice.map(range(10))) == TEN

    def test_a_mapped_function_passes_its_options_on(self) -> None:
        @htmap.mapped(map_options=htmap.MapOptions(request_memory="100MB", request_disk="1GB"))
        def big_list(_: Any) -> list[int]:
            return list(range(1_000_000))

        assert len(big_list.map([None]).get(0)) == 1_000_000

    def test_objects_are_arguments_like_any_others(self) -> None:
        class Penguin:
            def __init__(self, name: str, height: int, weight: int) -> None:
                self.name, self.height, self.weight = name, height, weight

            def analyze(self) -> str:
                return f"{self.name} is {self.height} inches tall and weighs {self.weight} pounds"

        penguins = [Penguin("Gwendolin", height=73, weight=51), Penguin("Gary", height=64, weight=52)]
        stats = htmap.map(lambda p: p.analyze(), penguins, tag="penguin-stats")
        stats.wait(show_progress_bar=True)
        assert list(stats) == [
            "Gwendolin is 73 inches tall and weighs 51 pounds",
            "Gary is 64 inches tall and weighs 52 pounds",
        ]


class TestErrorHandling:
    def test_a_hold_is_shown_mended_and_released(self, tmp_path: Path) -> None:
        @htmap.mapped
        def foo(_: Any) -> str:
            return "I didn't get held!"

        path = htmap.TransferPath(tmp_path / "this-file-does-not-exist.txt")
        with pytest.warns(htmap.exceptions.UnreadableInputFiles, match=r"this-file-does-not-exist\.txt"):
            mapped = foo.map([path])
        with pytest.raises(htmap.exceptions.MapComponentHeld, match=r"\[13\]"):
            print(mapped.get(0))
        assert [(number, hold.code) for number, hold in mapped.holds.items()] == [(0, 13)]
        assert os.strerror(errno.ENOENT) in mapped.hold_report()
        path.touch()
        mapped.release()
        assert mapped.get(0, timeout=TIMEOUT) == "I didn't get held!"

    def test_an_error_here_and_an_error_there(self) -> None:
        @htmap.mapped
        def inverse(x: int) -> float:
            return 1 / x

        with pytest.raises(ZeroDivisionError):
            inverse(0)
        bad = inverse.map([0])
        with pytest.raises(htmap.exceptions.MapComponentError) as caught:
            bad.get(0)
        self.check_report(str(caught.value), bad.tag, 0)

    def check_report(self, text: str, tag: str, component: int) -> None:
        expected = [
            f"========== Start error report for component {component} of map {tag} ==========",
            "Exception and traceback (most recent call last):",
            "inverse\n",
            "return 1 / x",
            "Local variables:",
            "x = 0",
            "ZeroDivisionError: division by zero",
            "Landed on execute node ",
            f"Python executable is {sys.executable} (version {sys.version.split()[0]})",
            "Scratch directory contents are",
            "Installed packages are",
            f"=========== End error report for component {component} of map {tag} ===========",
        ]
        start = 0
        for line in expected:
            assert line in text[start:]
            start = text.index(line, start) + len(line)

    def test_all_error_reports_of_a_map(self) -> None:
        @htmap.mapped
        def inverse(x: int) -> float:
            return 1 / x

        worse = inverse.map([0, 0, 0])
        worse.wait(errors_ok=True)
        for component, report in enumerate(worse.error_reports()):
            self.check_report(report, worse.tag, component)
        assert list(worse.errors) == [0, 1, 2]

    def test_standard_output_and_error(self) -> None:
        @htmap.mapped
        def stdx(x: int) -> None:
            print("Hi from stdout!")
            print(f"Hi from stderr! {x}", file=sys.stderr)

        m = stdx.map(range(3))
        out = m.stdout.get(0)
        assert out.splitlines()[0].count("execute node") == 1
        body = "\n----- MAP COMPONENT OUTPUT START -----\n\nHi from stdout!\n\n----- MAP COMPONENT OUTPUT END -----\n"
        assert body in out
        assert out == m.stdout(0)
        assert m.stderr.get(0) == "Hi from stderr! 0\n"
        m.wait(show_progress_bar=True)
        assert list(m.stderr) == [f"Hi from stderr! {x}\n" for x in range(3)]


class TestTipsAndFaq:
    def test_filter_and_groupby_from_inputs_and_outputs(self) -> None:
        @htmap.mapped
        def is_even(x: int) -> bool:
            return x % 2 == 0

        result = is_even.map(range(10))
        even: list[Any] = [((x,), {}) for x in range(0, 10, 2)]
        odd: list[Any] = [((x,), {}) for x in range(1, 10, 2)]
        assert [input for input, output in result.iter_with_inputs() if output] == even
        groups: dict[bool, list[Any]] = collections.defaultdict(list)
        for given, output in result.iter_with_inputs():
            groups[output].append(given)
        assert list(groups.items()) == [(True, even), (False, odd)]

    def test_only_completed_components_are_processed(self) -> None:
        def job(x: int) -> float:
            time.sleep(x / 10)
            return 1 / x

        futures = htmap.map(job, [0, 2, 4, 8], tag="foo")
        futures.wait(TIMEOUT, errors_ok=True)
        completed = htmap.load("foo").components_by_status()[htmap.JobStatus.COMPLETED]
        assert [futures.get(component) for component in completed] == [0.5, 0.25, 0.125]

    def test_a_job_is_aborted_by_removing_its_map(self) -> None:
        htmap.map(time.sleep, [300], tag="foo")
        htmap.remove("foo")
        assert "foo" not in htmap.get_tags()

    def test_functions_know_where_they_run(self) -> None:
        def where(_: Any) -> tuple[str | None, str | None]:
            import os

            return os.environ.get("HTMAP_ON_EXECUTE"), os.environ.get("HTMAP_COMPONENT")

        assert where(None) == (None, None)
        assert list(htmap.map(where, [0, 1])) == [("1", "0"), ("1", "1")]


@pytest.fixture
def log_records() -> Iterator[list[logging.LogRecord]]:
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[assignment, method-assign]  # the shortest handler there is
    logger = logging.getLogger("htmap")
    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_log_messages_are_had_by_a_handler_of_ones_own(log_records: list[logging.LogRecord]) -> None:
    htmap.map(double, [1], tag="logged")
    htmap.remove("logged")
    assert any("logged" in record.getMessage() for record in log_records)
