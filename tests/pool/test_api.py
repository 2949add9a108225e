"""The mapping API on a real HTCondor; whatever holds for one component in a job holds for several."""

from __future__ import annotations

import contextlib
import csv
import datetime
import io
import json
import pickle
import re
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

import htmap
from htmap.exceptions import EndedAlready
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import using_htmap_dir

pytestmark = pytest.mark.pool

TIMEOUT = 180
COMPLETED, ERRORED, HELD = (htmap.ComponentStatus[name] for name in ("COMPLETED", "ERRORED", "HELD"))


@pytest.fixture(autouse=True)
def in_pool(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("in_module_pool" if "submitted" in request.fixturenames else "personal_pool")


def invert(x: int, numerator: int = 1) -> float:
    print(f"inverting {x}")
    print(f"complaining of {x}", file=sys.stderr)
    return numerator / x


def token(gate: Path) -> str:
    while gate.exists():
        time.sleep(0.05)
    return uuid.uuid4().hex


invert.__module__ = token.__module__ = "__main__"  # they are sent along: the execute side does not have this module


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that keeps components that make tokens from ending, while it is there."""
    return tmp_path_factory.mktemp("api") / "gate"


@contextlib.contextmanager
def closed(gate: Path) -> Iterator[None]:
    """Keep components from ending for a while, however slowly this process goes on."""
    gate.touch()
    try:
        yield
    finally:
        gate.unlink()


@pytest.fixture(scope="module")
def submitted(module_pool: Path, gate: Path) -> dict[tuple[str, int], htmap.Map]:
    """Submit all maps that tests look at together, once with one component in a job and once with several."""
    maps: dict[tuple[str, int], htmap.Map] = {}
    with using_htmap_dir(module_pool):
        for size in (1, 3):
            inputs = [(x,) if x % 2 else (x, 2) for x in range(1, 6)]
            maps["good", size] = htmap.starmap(invert, inputs, tag=f"good{size}", chunksize=size)
            maps["bad", size] = htmap.map(invert, [1, 0, 4, 0], tag=f"bad{size}", chunksize=size)
            maps["again", size] = htmap.map(token, [gate] * 5, tag=f"again{size}", chunksize=size)
            maps["all", size] = htmap.map(token, [gate] * 4, tag=f"all{size}", chunksize=size)
        for mapped in maps.values():
            mapped.wait(TIMEOUT, errors_ok=True)
    return maps


@pytest.fixture(params=[1, 3], ids=["one in a job", "three in a job"])
def size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def good(submitted: dict[tuple[str, int], htmap.Map], size: int) -> htmap.Map:
    return submitted["good", size]


@pytest.fixture
def bad(submitted: dict[tuple[str, int], htmap.Map], size: int) -> htmap.Map:
    return submitted["bad", size]


def test_nothing_is_printed_when_a_map_is_made(capfd: pytest.CaptureFixture[str]) -> None:
    made = htmap.map(lambda x: x, range(2))
    made.remove()
    assert capfd.readouterr().out == ""


class TestResults:
    EXPECTED = (1.0, 1.0, 1 / 3, 0.5, 0.2)
    INPUTS: ClassVar[tuple[Any, ...]] = (((1,), {}), ((2, 2), {}), ((3,), {}), ((4, 2), {}), ((5,), {}))

    def test_the_five_iterations_agree(self, good: htmap.Map) -> None:
        pairs = list(zip(self.INPUTS, self.EXPECTED))
        assert tuple(good) == tuple(good.iter(timeout=1)) == self.EXPECTED
        assert tuple(good.iter_inputs()) == self.INPUTS
        assert list(good.iter_with_inputs(timeout=1)) == pairs
        assert sorted(good.iter_as_available(timeout=1)) == sorted(self.EXPECTED)
        assert sorted(good.iter_as_available_with_inputs(timeout=datetime.timedelta(seconds=1))) == pairs

    def test_it_is_a_sequence_of_results(self, good: htmap.Map) -> None:
        assert isinstance(good, Sequence)
        assert (good.index(1.0), good.index(1.0, 1), good.index(0.2, -2, 5), good.count(1.0)) == (0, 1, 4, 2)
        assert tuple(reversed(good)) == self.EXPECTED[::-1]
        with pytest.raises(ValueError):
            good.index(7)

    def test_what_a_notebook_shows_is_short(self, good: htmap.Map, bad: htmap.Map) -> None:
        assert repr(good.stdout) == f"MapStdOut(Map(tag = {good.tag}))"
        assert repr(bad.errors[1]).startswith(
            f"ComponentError(map=Map(tag = {bad.tag}), component=1, exception_msg='Zero"
        )
        assert len(repr(bad.errors[1])) < 250

    def test_outcomes_of_good_components_are_their_values(self, good: htmap.Map) -> None:
        outcomes = sorted(good.outcomes(timeout=1), key=lambda outcome: outcome.component)
        assert [(each.component, each.ok, each.value) for each in outcomes] == [
            (number, True, value) for number, value in enumerate(self.EXPECTED)
        ]

    def test_it_is_done_and_not_active(self, good: htmap.Map) -> None:
        assert (good.is_done, good.is_active, good.errors, good.holds) == (True, False, {}, {})
        assert list(good.error_reports()) == []

    def test_figures_are_there_for_each_component(self, good: htmap.Map) -> None:
        assert [type(used) for used in good.memory_usage] == [int] * 5
        assert [type(spent) for spent in good.runtime] == [datetime.timedelta] * 5
        assert any(spent.microseconds for spent in good.runtime)  # the personal pool's event log has them
        assert good.local_data > 1000

    def test_the_error_of_a_success_is_an_error_itself(self, good: htmap.Map) -> None:
        with pytest.raises(htmap.exceptions.ExpectedError) as caught:
            good.get_err(0)
        assert (caught.value.tag, caught.value.component) == (good.tag, 0)

    def test_each_component_has_its_own_output(self, good: htmap.Map) -> None:
        assert list(good.stderr) == [f"complaining of {x}\n" for x in range(1, 6)]
        assert all(f"START -----\n\ninverting {x}\n\n-----" in text for x, text in enumerate(good.stdout, start=1))
        assert good.stderr[-1] == good.stderr.get(4) == good.stderr(4) == "complaining of 5\n"
        assert (good.stderr[1:3], len(good.stdout)) == (["complaining of 2\n", "complaining of 3\n"], 5)

    def test_acts_and_edits_on_it_do_nothing(self, good: htmap.Map) -> None:
        for act in (good.hold, good.release, good.pause, good.resume, good.vacate):
            act()
        for change in (good.set_memory, good.set_disk):
            with pytest.warns(EndedAlready) as warned:
                change(100)
            assert [getattr(each.message, "components", None) for each in warned] == [()]
        assert good.is_done

    @pytest.mark.parametrize("memory", [1.5, None, True, -1])
    def test_memory_that_is_no_whole_number_is_refused(self, good: htmap.Map, memory: Any) -> None:
        with pytest.raises(TypeError) as caught:
            good.set_memory(memory)
        assert repr(memory) in str(caught.value)

    def test_status_texts_agree(self, good: htmap.Map, bad: htmap.Map) -> None:
        maps = [good, bad]
        from_json = json.loads(htmap.status_json(maps))
        assert json.loads(htmap.status_json(maps, compact=True)).keys() == from_json.keys() == {good.tag, bad.tag}
        for row in csv.DictReader(io.StringIO(htmap.status_csv(maps))):
            facts = from_json[row["tag"]]
            counts = facts["component_status_counts"]
            assert {name: int(row[name]) for name in counts} == counts
            assert f"COMPLETED = {counts['COMPLETED']}" in htmap.load(row["tag"]).status()
            assert (int(row["local_data"]), row["transient"]) == (facts["local_data"], str(facts["transient"]))
        assert list(json.loads(htmap.status_json([good], include_meta=False))[good.tag]) == [
            "tag", "transient", "problem", "component_status_counts",
        ]  # fmt: skip
        head = htmap.status_csv([good], include_state=False).splitlines()[0]
        assert head == "tag,transient,local_data,max_memory,max_runtime,total_runtime,problem"

    def test_maps_are_loaded_by_pattern(self, submitted: Any) -> None:
        assert [mapped.tag for mapped in htmap.load_maps("good*")] == ["good1", "good3"]
        assert htmap.load_maps("nothing*") == ()

    def test_what_no_file_was_made_for_has_an_empty_folder(self, good: htmap.Map) -> None:
        assert list(good.output_files[1].iterdir()) == []


class TestErrors:
    def test_statuses_are_of_components_and_not_of_jobs(self, bad: htmap.Map) -> None:
        by_status = bad.components_by_status()
        assert (by_status[COMPLETED], by_status[ERRORED], by_status[HELD]) == ((0, 2), (1, 3), ())
        assert set(by_status) == set(htmap.ComponentStatus)
        assert (bad.is_done, bad.is_active) == (False, False)

    def test_getting_it_raises_it_from_the_original(self, bad: htmap.Map) -> None:
        for look in (bad.get, bad.__getitem__):
            with pytest.raises(htmap.exceptions.MapComponentError, match="x = 0") as caught:
                look(1)
            assert isinstance(caught.value.__cause__, ZeroDivisionError)
            assert (caught.value.tag, caught.value.component) == (bad.tag, 1)

    def test_iterations_end_at_it(self, bad: htmap.Map) -> None:
        for iterator in (bad.iter(), bad.iter_with_inputs(), bad.iter_as_available()):
            with pytest.raises(htmap.exceptions.MapComponentError):
                list(iterator)

    def test_as_a_value_it_ends_nothing(self, bad: htmap.Map) -> None:
        outcomes = {outcome.component: outcome for outcome in bad.outcomes(timeout=1)}
        assert [outcomes[number].ok for number in range(4)] == [True, False, True, False]
        error = outcomes[3].error
        assert isinstance(error, htmap.ComponentError)
        assert isinstance(error.exception, ZeroDivisionError)

    def test_it_tells_all_that_is_known(self, bad: htmap.Map) -> None:
        error = bad.get_err(3)
        assert (error.map, error.component, error.exception_msg) == (bad, 3, "ZeroDivisionError: division by zero")
        assert isinstance(error.node_info[2], datetime.datetime)
        assert error.python_info[:2] == (sys.executable, sys.version.split()[0])
        assert any(package.startswith("cloudpickle==") for package in error.python_info[2])
        assert ".job.ad" in [path.name for path in error.scratch_dir_contents]
        assert error.stack_summary[-1].name == "invert"
        assert (error.stack_summary[-1].locals or {})["x"] == "0"

    def test_all_of_them_are_had_at_once(self, bad: htmap.Map) -> None:
        assert list(bad.errors) == [1, 3]
        assert [report.splitlines()[0].split()[6] for report in bad.error_reports()] == ["1", "3"]

    def test_they_have_output_too(self, bad: htmap.Map) -> None:
        assert bad.stderr[1].startswith("complaining of 0\n")
        assert "inverting 0" in bad.stdout[3]

    def test_every_exception_survives_pickling(self, bad: htmap.Map) -> None:
        def provoke() -> Iterator[Any]:
            yield lambda: bad.get(1)
            yield lambda: bad.wait(1)
            yield lambda: bad.get_err(0)
            yield lambda: bad.retag("a b")
            yield lambda: bad.retag(bad.tag.replace("bad", "good"))
            yield lambda: htmap.load("nowhere")
            yield lambda: htmap.map(invert, [])
            yield lambda: htmap.map(invert, [1], tag=bad.tag)
            yield lambda: htmap.map(invert, [1], map_options=htmap.MapOptions(request_cpus="(("))
            yield lambda: htmap.MapOptions(Executable="x")
            yield lambda: htmap.build_map(invert).map

        for call in provoke():
            with pytest.raises(htmap.exceptions.HTMapException) as caught:
                call()
            copied = pickle.loads(pickle.dumps(caught.value))
            assert (type(copied), str(copied)) == (type(caught.value), str(caught.value))


class TestRerun:
    def test_some_components_run_again_and_others_stay(
        self, submitted: dict[tuple[str, int], htmap.Map], size: int, gate: Path
    ) -> None:
        mapped = submitted["again", size]
        before = list(mapped)
        with closed(gate):
            mapped.rerun([1, 4])
            with pytest.raises(htmap.exceptions.OutputNotFound):
                mapped[1]
            with pytest.raises(FileNotFoundError):
                mapped.output_files[4]
            with pytest.raises(FileNotFoundError):
                mapped.stdout[4]
            with pytest.raises(htmap.exceptions.CannotRerunComponents) as caught:
                mapped.rerun()
            assert caught.value.components == (1, 4)
            assert (mapped[0], mapped[2], mapped[3]) == (before[0], before[2], before[3])
        mapped.wait(TIMEOUT)
        after = list(mapped)
        assert [old == new for old, new in zip(before, after)] == [True, False, True, True, False]

    def test_all_components_run_again(self, submitted: dict[tuple[str, int], htmap.Map], size: int, gate: Path) -> None:
        mapped = submitted["all", size]
        before = set(mapped)
        with closed(gate):
            mapped.rerun()
            assert not mapped.is_done
        mapped.wait(TIMEOUT)
        assert len(set(mapped)) == 4
        assert not before & set(mapped)

    def test_nothing_is_run_again_for_no_components(self, good: htmap.Map) -> None:
        good.rerun([])
        assert good.is_done

    def test_components_that_are_not_there_are_told_of_and_nothing_runs_again(self, good: htmap.Map) -> None:
        with pytest.raises(htmap.exceptions.CannotRerunComponents) as caught:
            good.rerun([0, 5, -6])
        assert isinstance(caught.value, htmap.exceptions.ComponentNotFound)
        assert (caught.value.components, caught.value.component, caught.value.count) == ((5, -6), 5, 5)
        assert good.is_done


class TestFunctionsThatAreMapped:
    def test_the_four_forms_and_no_other(self) -> None:
        options = htmap.MapOptions(request_cpus=2)
        plain, called, given = htmap.mapped(invert), htmap.mapped()(invert), htmap.mapped(map_options=options)(invert)
        by_position = htmap.mapped(options)(invert)
        assert [type(each) for each in (plain, called, given, by_position)] == [htmap.MappedFunction] * 4
        assert (plain(4), vars(given)["__name__"], given.map_options) == (0.25, "invert", options)
        assert by_position.map_options == options
        decorate: Any = htmap.mapped
        for wrong in (3, "memory"):
            with pytest.raises(TypeError):
                decorate(wrong)
        with pytest.raises(TypeError, match=r"htmap\.MapOptions"):
            decorate(map_options={"request_memory": "1GB"})

    def test_they_may_call_one_another_and_themselves(self) -> None:
        @htmap.mapped
        def double(x: int) -> int:
            return 2 * x

        @htmap.mapped
        def factorial(n: int) -> int:
            return 1 if n < 2 else n * factorial(n - 1)

        @htmap.mapped
        def both(x: int) -> int:
            return int(double(factorial(x)))

        assert list(both.map([3, 4], chunksize=2).iter(timeout=TIMEOUT)) == [12, 48]

    def test_options_are_inherited_and_never_changed(self) -> None:
        inherited = htmap.MapOptions(request_memory="100MB", request_disk="2GB", requirements="false")
        function, given = htmap.mapped(map_options=inherited)(invert), htmap.MapOptions(request_memory="77MB")
        before = repr((inherited, given))
        maps = [function.map([1], map_options=given), function.starmap([(1,)])]
        with function.build_map(map_options=given) as builder:
            builder(1)
        asked = []
        for mapped in [*maps, builder.map]:
            (ad,) = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["RequestMemory", "RequestDisk"])
            asked.append((ad["RequestMemory"], ad["RequestDisk"]))
            mapped.remove()
        assert asked == [(77, 2097152), (100, 2097152), (77, 2097152)]
        assert repr((inherited, given)) == before

    def test_a_map_takes_a_copy_of_its_options(self) -> None:
        def inputs() -> Iterator[int]:
            given["request_memory"].append("79MB")
            given["request_disk"] = "3GB"
            yield 1

        given = htmap.MapOptions(request_memory=["77MB"], request_disk="1GB", requirements="false")
        given["request_disk"] = "2GB"
        with htmap.build_map(invert, given) as builder:
            builder(next(inputs()))
        given["request_memory"][:] = ["77MB"]
        given["request_disk"] = "2GB"
        for mapped in (builder.map, htmap.map(invert, inputs(), given)):
            (ad,) = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["RequestMemory", "RequestDisk"])
            mapped.remove()
            assert (ad["RequestMemory"], ad["RequestDisk"]) == (77, 2097152)

    def test_parameters_may_have_the_names_of_ours(self) -> None:
        def area(*, self: int, func: int, tag: int, map_options: int) -> tuple[int, ...]:
            return self, func, tag, map_options

        named: dict[str, Any] = {"self": 1, "func": 2, "tag": 3, "map_options": 4}
        function = htmap.mapped(area)
        with htmap.build_map(area) as builder, function.build_map() as of_function:
            builder(**named)
            of_function(**named)
        maps = [builder.map, of_function.map, htmap.starmap(area, kwargs=[named]), function.starmap(kwargs=[named])]
        assert function(**named) == (1, 2, 3, 4)
        assert [mapped.get(0, TIMEOUT) for mapped in maps] == [(1, 2, 3, 4)] * 4

    def test_an_exception_in_the_block_of_a_builder_submits_nothing(self) -> None:
        def build() -> None:
            with builder:
                builder(1)
                raise KeyboardInterrupt

        builder, before = htmap.build_map(invert), htmap.get_tags()
        with pytest.raises(KeyboardInterrupt):
            build()
        with pytest.raises(htmap.exceptions.NoMapYet):
            builder.map
        assert htmap.get_tags() == before

    def test_the_shorter_of_args_and_kwargs_is_filled_up(self) -> None:
        unmatched = htmap.MapOptions(requirements="false")
        longer = htmap.starmap(invert, [(1,)], [{"numerator": 3}, {"x": 2}], map_options=unmatched)
        shorter = htmap.starmap(invert, ([x] for x in (1, 2)), map_options=unmatched, chunksize=2)
        assert list(longer.iter_inputs()) == [((1,), {"numerator": 3}), ((), {"x": 2})]
        assert list(shorter.iter_inputs()) == [((1,), {}), ((2,), {})]
        longer.remove()
        shorter.remove()


@pytest.mark.parametrize(
    "how", [{"args": [(1,), 2]}, {"kwargs": [{"x": 1}, "x"]}, {"args": [(1,)], "kwargs": {"x": 1}}]
)
def test_starmap_says_which_component_has_no_arguments(how: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as caught:
        htmap.starmap(invert, **how)
    assert re.search(r"\bcomponent [01]\b", str(caught.value))


def test_nothing_is_printed_but_what_the_program_prints(capfd: pytest.CaptureFixture[str]) -> None:
    ended, printed = threading.Event(), 0

    def print_much() -> None:
        nonlocal printed
        while not ended.is_set():
            print("of another thread", flush=True)
            printed += 1

    other = threading.Thread(target=print_much)
    other.start()
    try:
        _use_the_api()
    finally:
        ended.set()
        other.join()
    assert capfd.readouterr() == ("of another thread\n" * printed, "")


def _use_the_api() -> None:
    """Make a call of each kind that asks the schedd or the collector."""
    mapped = htmap.map(str, range(3))
    assert list(mapped.iter(timeout=TIMEOUT)) == ["0", "1", "2"]
    mapped.rerun()
    mapped.wait(timeout=TIMEOUT)
    waiting = htmap.map(str, range(2), map_options=htmap.MapOptions(requirements="false"))
    for act in (waiting.hold, waiting.release, waiting.vacate, waiting.pause, waiting.resume):
        act()
    waiting.set_memory(256)
    waiting.set_disk(2_000_000)
    assert waiting.job_ad(0).attributes["RequestMemory"] == 256
    waiting.remove()
    htmap.map(str, range(30), map_options=htmap.MapOptions(max_idle="2")).remove()
