"""How many components share a job where HTMap chooses that, and what the choice rests on."""

from __future__ import annotations

import datetime
import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

import htmap
from htmap_core import MapOptions
from htmap_core.exceptions import CondorError, InvalidOption
from htmap_core.results.pickling import Pickled, pickle_function, pickle_input
from htmap_core.submission.chunking import choice, sizes
from htmap_core.submission.chunking.choice import Calls, Chunks, View
from htmap_core.submission.chunking.places import places
from htmap_core.submission.chunking.reason import Reason
from htmap_core.testing.empty_pool import EmptyPool

START, RATE = 1.0, 10.0  # the seconds that a job takes to start, and the jobs that start in a second


def shared(components: int, rule: Callable[[sizes.Left], Iterator[int]]) -> list[int]:
    """Return how many components each job has."""
    left, found = [components], []
    for size in rule(lambda: left[0]):
        found.append(min(size, left[0]))
        left[0] -= size
        if left[0] <= 0:
            break
    return found


def duration(jobs: list[int], slots: int, seconds: float) -> float:
    """Return how long jobs take whose calls take so many seconds each."""
    free, may_start = [0.0] * slots, 0.0
    for size in jobs:
        begin = max(heapq.heappop(free), may_start)
        may_start = begin + 1 / RATE
        heapq.heappush(free, begin + START + size * seconds)
    return max(free)


def of_unknown(components: int, slots: int) -> list[int]:
    return shared(components, lambda left: sizes.of_unknown(slots, left))


def of_known(components: int, slots: int, seconds: float) -> list[int]:
    return shared(components, lambda left: sizes.of_known(slots, left, seconds))


@pytest.mark.parametrize(
    ("components", "slots", "seconds"),
    [(100, 8, 10), (1000, 8, 1), (10_000, 8, 0.1), (10_000, 8, 3600), (1000, 100, 60)],
)
def test_calls_of_which_nothing_is_known_take_little_longer_than_they_must(
    components: int, slots: int, seconds: float
) -> None:
    ideal = math.ceil(components / slots) * seconds
    assert duration(of_unknown(components, slots), slots, seconds) < 1.1 * ideal


@pytest.mark.parametrize(
    ("components", "most"), [(10_000, 17), (100_000, 17), (1_000_000, 17), (5000, 25), (1000, 41), (100, 28)]
)
def test_many_calls_of_which_nothing_is_known_share_few_jobs(components: int, most: int) -> None:
    assert len(of_unknown(components, slots=8)) <= most


@pytest.mark.parametrize("components", [1, 8, 32])
def test_few_calls_of_which_nothing_is_known_have_a_job_each(components: int) -> None:
    assert of_unknown(components, slots=8) == [1] * components


def test_the_first_result_waits_for_no_other_and_the_jobs_shrink_towards_the_end() -> None:
    first, *others = of_unknown(5000, slots=8)
    assert first == 1
    assert others == sorted(others, reverse=True)
    assert others[-1] * 8 / 5000 < 0.15


@pytest.mark.parametrize("seconds", [20, 3600])
def test_calls_that_are_known_to_be_long_have_a_job_each(seconds: float) -> None:
    assert of_known(1000, 8, seconds) == [1] * 1000


@pytest.mark.parametrize(("components", "slots", "seconds"), [(1000, 8, 1), (100_000, 8, 0.1), (1_000_000, 100, 0.1)])
def test_starting_is_a_few_percent_where_calls_are_known_to_be_short(
    components: int, slots: int, seconds: float
) -> None:
    jobs = of_known(components, slots, seconds)
    assert len(jobs) * START < 0.05 * components * seconds
    assert max(jobs) * seconds <= 601
    assert duration(jobs, slots, seconds) < 1.1 * components * seconds / slots


def test_the_first_result_waits_for_no_other_where_the_slots_have_work_for_long() -> None:
    assert of_known(1000, 8, 1)[:3] == [1, 63, 63]
    assert of_known(200, 8, 1) == [25] * 8


@pytest.mark.parametrize(("components", "jobs"), [(100, 1), (10_000, 3), (100_000, 8)])
def test_little_work_has_no_more_jobs_than_it_takes_to_start_them(components: int, jobs: int) -> None:
    found = of_known(components, 8, 0.0001)
    assert len(found) == jobs


# --- what the choice rests on


@attrs.define
class Pool(EmptyPool):
    """A pool with slots, of which some meet requirements; it does not answer if *slots_* is None."""

    ads: list[dict[str, Any]] | None
    matching: float = 1.0
    is_local: bool = False

    def slots(self, projection: Any = ()) -> list[Any]:
        if self.ads is None:
            raise CondorError("the collector does not answer")
        return self.ads

    def count(self, expression: str) -> tuple[int, int]:
        total = len(self.slots())
        return round(self.matching * total), total


def partitionable(cpus: int, memory: int = 100_000) -> dict[str, Any]:
    return {"PartitionableSlot": True, "TotalSlotCpus": cpus, "TotalSlotMemory": memory, "Cpus": 0, "Memory": 0}


def room(pool: Pool, limits: dict[str, str] | None = None, **options: Any) -> int:
    return places(MapOptions(**options), pool, (limits or {}).get)


def test_as_many_jobs_run_at_a_time_as_fit_into_the_slots() -> None:
    pool = Pool([partitionable(8), partitionable(8, memory=1000), {"Cpus": 4, "Memory": 4000}])
    assert room(pool) == 17
    assert room(pool, request_cpus=2) == 4 + 4 + 1
    assert room(pool, request_memory="500MB") == 8 + 2 + 1
    assert room(pool, request_memory="2GB") == 8 + 1
    assert room(pool, request_gpus=1) == 0


def test_only_the_share_of_the_slots_counts_that_meets_the_requirements() -> None:
    assert room(Pool([partitionable(8)] * 10, matching=0.2), requirements="HasDocker") == 16
    assert room(Pool([partitionable(8)] * 10, matching=0.0), requirements="HasDocker") == 0


def test_the_limits_of_the_user_count() -> None:
    pool = Pool([partitionable(1000)])
    assert room(pool, {"MAX_JOBS_PER_OWNER": "600"}) == 300
    assert room(pool, max_materialize=20) == 20
    assert room(Pool([partitionable(8)]), max_materialize=20) == 8


@pytest.mark.parametrize("pool", [Pool([]), Pool(None)], ids=["no slots", "no answer"])
def test_a_pool_without_slots_is_taken_for_one_that_grows(pool: Pool) -> None:
    assert room(pool) == 0
    chunks = chosen(pool=pool, total=10_000)
    assert chunks.reason == Reason(places=0)
    assert 500 < len(jobs_of(chunks, 10_000)) < 2000


def test_a_pool_that_grows_has_work_for_the_slots_to_come() -> None:
    few, many = Pool([partitionable(8)]), Pool([partitionable(1000)])
    assert jobs_of(chosen(few, total=1000, grows=True), 1000) == [1] * 1000
    assert len(jobs_of(chosen(few, total=10_000, grows=True), 10_000)) > 500
    assert jobs_of(chosen(many, total=10_000, grows=True), 10_000) == jobs_of(chosen(many, total=10_000), 10_000)
    machine = Pool([partitionable(8)], is_local=True)
    assert jobs_of(chosen(machine, total=1000, grows=True), 1000) == jobs_of(chosen(few, total=1000), 1000)


def test_the_word_of_the_user_counts_more_than_what_a_pool_may_become() -> None:
    assert len(jobs_of(chosen(total=10_000, expected_runtime=0.001, grows=True), 10_000)) == 8


@pytest.mark.parametrize(("components", "grows", "jobs"), [(100, False, 8), (10_000, False, 8), (100, True, 100)])
def test_a_trial_with_quick_calls_leaves_no_slot_without_work_when_the_next_ones_are_slow(
    components: int, grows: bool, jobs: int
) -> None:
    found = jobs_of(chosen(total=components, earlier=Calls(0.001), grows=grows), components)
    assert len(found) == jobs
    assert max(found) <= math.ceil(components / jobs)


def test_one_component_needs_no_choice() -> None:
    assert chosen(Pool(None), total=1).reason == Reason(single=True)


NO_LIMITS: dict[str, str] = {}


def chosen(
    pool: Pool | None = None,
    total: int = 0,
    earlier: Calls | None = None,
    grows: bool = False,
    function: Callable[..., Any] = abs,
    of_site: int | None = None,
    **options: Any,
) -> Chunks:
    found = pool or Pool([partitionable(8)])
    view = View(found, grows, NO_LIMITS.get, total, lambda: earlier, site_limit=lambda: of_site)
    keeps = "checkpoint" in options
    return choice.chosen(MapOptions(**options), view, pickle_function(function), keeps_checkpoints=keeps)


def jobs_of(chunks: Chunks, components: int, argument: Any = 1) -> list[int]:
    """Return how many components the jobs of a map get, as its creation asks for them."""
    found, room = [], 0
    for _ in chunks.following(pickle_input((argument,), {}, number) for number in range(components)):
        if not room:
            room = next(chunks)
            found.append(0)
        found[-1] += 1
        room -= 1
    return found


def test_nothing_is_known_without_an_earlier_run_or_an_estimate() -> None:
    chunks = chosen(total=10_000)
    assert chunks.reason == Reason(places=8)
    assert jobs_of(chunks, 10_000) == of_unknown(10_000, 8)


def test_an_estimate_counts_more_than_earlier_runs() -> None:
    assert chosen(total=1000, earlier=Calls(1.0)).reason == Reason(8, 1.0, "earlier runs")
    chunks = chosen(total=1000, earlier=Calls(1.0), expected_runtime=datetime.timedelta(milliseconds=10))
    assert chunks.reason == Reason(8, 0.01, "expected_runtime")
    assert jobs_of(chunks, 1000) == of_known(1000, 8, 0.01)


@pytest.mark.parametrize(("components", "longest"), [(32, 25), (1000, 600), (10_000, 600)])
def test_long_calls_that_may_have_loaded_what_others_find_share_jobs_so_that_the_next_map_knows(
    components: int, longest: int
) -> None:
    found = jobs_of(chosen(total=components, earlier=Calls(25.0, with_loading=True)), components)
    assert max(found) * 25 == longest
    assert jobs_of(chosen(total=components, earlier=Calls(600.0, with_loading=True)), components) == [1] * components


@pytest.mark.parametrize("estimate", [-1, 0, "soon", True, [1, 2], math.inf])
def test_an_estimate_is_a_number_of_seconds_above_zero(estimate: Any) -> None:
    with pytest.raises(InvalidOption) as caught:
        choice.given(7, MapOptions(expected_runtime=estimate))
    assert caught.value.name == "expected_runtime"


@pytest.mark.parametrize(
    ("estimate", "seconds"),
    [(0.01, 0.01), ("0.01", 0.01), (3, 3.0), ("2 min", 120.0), (datetime.timedelta(0, 0.5), 0.5)],
)
def test_an_estimate_may_have_a_unit(estimate: Any, seconds: float) -> None:
    reason = chosen(total=2, expected_runtime=estimate).reason
    assert reason is not None
    assert reason.seconds == seconds


@pytest.mark.parametrize(
    ("options", "alone"),
    [
        ({"request_memory": ["1GB", "2GB"]}, "request_memory"),
        ({"input_files": ["a", "b"]}, "input_files"),
        ({"output_remaps": {"a": "https://example.org/a"}}, "output_remaps"),
        ({"checkpoint": True}, "checkpoints"),
        ({"retry_exceptions": True}, "retry_exceptions"),
        ({"retry_exceptions": OSError}, "retry_exceptions"),
        ({"allowed_execute_duration": 3600}, "allowed_execute_duration"),
        ({"walltime": "6h"}, "walltime"),
    ],
)
def test_what_keeps_components_from_sharing_jobs_is_said(options: dict[str, Any], alone: str) -> None:
    chunks = chosen(total=100, **options)
    assert chunks.reason is not None
    assert (chunks.reason.alone, jobs_of(chunks, 100)) == (alone, [1] * 100)


def test_jobs_keep_the_time_limit_that_the_user_has_given_for_them() -> None:
    chunks = chosen(total=10_000, expected_runtime=1, allowed_execute_duration=300)
    assert chunks.reason == Reason(8, 1.0, "expected_runtime", most=100)
    assert max(jobs_of(chunks, 10_000)) == 100
    assert jobs_of(chosen(total=40, expected_runtime=1, allowed_execute_duration=3), 40) == [1] * 40


@pytest.mark.parametrize("limit", [{"allowed_execute_duration": 300}, {"walltime": "10 min"}])
def test_jobs_that_cannot_leave_their_slot_in_time_have_one_call_each_where_time_is_limited(
    limit: dict[str, Any],
) -> None:
    for options in ({"results_interval": False}, {"on_exit_hold": "false"}, {"checkpoint_exit_code": 7}):
        chunks = chosen(total=100, expected_runtime=0.1, **limit, **options)
        assert chunks.reason is not None
        assert (chunks.reason.alone, jobs_of(chunks, 100)) == (next(iter(limit)), [1] * 100)
    in_docker = View(Pool([partitionable(8)]), False, NO_LIMITS.get, 100, lambda: None, saves=False)
    given = MapOptions(expected_runtime=0.1, **limit)
    chunks = choice.chosen(given, in_docker, pickle_function(abs), keeps_checkpoints=False)
    assert jobs_of(chunks, 100) == [1] * 100


def test_jobs_are_not_longer_than_a_site_allows_if_each_call_needs_its_walltime() -> None:
    assert max(jobs_of(chosen(total=10_000, walltime="10 min"), 10_000)) == 48
    known = chosen(total=10_000, walltime="10 min", expected_runtime=0.1)
    assert known.reason == Reason(8, 0.1, "expected_runtime", most=48)


@pytest.mark.parametrize("limit", ["allowed_execute_duration", "allowed_job_duration"])
@pytest.mark.parametrize(("known", "most"), [({}, 6), ({"expected_runtime": 0.1}, 6), ({"expected_runtime": 400}, 3)])
def test_jobs_keep_both_the_time_limit_of_jobs_and_that_of_components(
    limit: str, known: dict[str, Any], most: int
) -> None:
    limits: dict[str, Any] = {limit: 3600, "walltime": "10 min"}
    chunks = chosen(total=10_000, **limits, **known)
    assert chunks.reason is not None
    assert chunks.reason.most == most


def test_jobs_keep_the_time_limit_of_the_site_which_would_refuse_or_end_them() -> None:
    assert max(jobs_of(chosen(total=10_000, walltime="5 min", of_site=1200), 10_000)) == 4
    assert max(jobs_of(chosen(total=10_000, expected_runtime=1, of_site=1200), 10_000)) == 400
    assert jobs_of(chosen(total=100, walltime="30 min", of_site=1200), 100) == [1] * 100  # the site says what is wrong


def test_calls_that_do_not_share_jobs_only_because_nothing_is_known_of_them_teach_later_maps() -> None:
    alone = chosen(total=100, of_site=1200).reason
    assert alone is not None
    assert (alone.alone != "", alone.teaches) == (True, True)
    never = chosen(total=100, checkpoint=True).reason
    assert never is not None
    assert not never.teaches


def test_components_with_files_of_their_own_have_jobs_of_their_own(tmp_path: Any) -> None:
    assert jobs_of(chosen(total=100), 100, htmap.TransferPath(tmp_path)) == [1] * 100


def test_components_that_hand_over_files_have_jobs_of_their_own_because_a_job_has_disk_space_for_those_of_one() -> None:
    def hands_over(x: int) -> None:
        htmap.transfer_output_files(str(x))

    chunks = chosen(total=100, function=hands_over)
    assert chunks.reason is not None
    assert (chunks.reason.alone, jobs_of(chunks, 100)) == ("files", [1] * 100)


def test_calls_from_a_generator_share_jobs_as_those_from_a_list_do() -> None:
    assert jobs_of(chosen(), 10_000) == of_unknown(10_000, 8)


def test_of_calls_from_a_generator_a_limited_number_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_AHEAD", 1000)
    taken = itertools.count()

    def inputs() -> Iterator[Pickled]:
        for number in range(5000):
            next(taken)
            yield pickle_input((number,), {}, number)

    chunks = chosen()
    next(iter(chunks.following(inputs())))
    assert next(taken) == 1000
    assert sum(jobs_of(chosen(), 5000)) == 5000


def test_more_calls_than_their_iterable_has_said_share_jobs_too() -> None:
    jobs = jobs_of(chosen(total=100), 10_000)
    assert (sum(jobs), len(jobs) < 500) == (10_000, True)


# --- what the user may say


@pytest.mark.parametrize("chunksize", ["atuo", 0, True, -1, 2.5, "", "1.0"])
def test_a_chunksize_is_a_number_of_components_or_auto(chunksize: Any) -> None:
    for give in (lambda: choice.given(chunksize, MapOptions()), lambda: MapOptions(chunksize=chunksize)):
        with pytest.raises(InvalidOption) as caught:
            give()
        assert caught.value.name == "chunksize"


def test_the_argument_counts_more_than_the_option() -> None:
    options = MapOptions(chunksize="auto")
    assert choice.given(None, options) is None
    assert choice.given(7, options) == 7
    assert choice.given("auto", MapOptions(chunksize=7)) is None
    assert choice.given(None, MapOptions(chunksize=7)) == 7
    assert choice.given(None, MapOptions()) is None


def test_a_chunksize_that_the_user_gives_is_never_changed() -> None:
    chunks = choice.equal(7)
    assert (chunks.reason, jobs_of(chunks, 20)) == (None, [7, 7, 6])
