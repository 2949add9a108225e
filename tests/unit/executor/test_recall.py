"""What an executor with a tag remembers of earlier runs of its program."""

from __future__ import annotations

import functools
import io
import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import (
    CannotMap,
    CorruptMap,
    ExecutorInUse,
    ExecutorKeepsTag,
    InvalidTag,
    MapDiffers,
    NotOfExecutor,
    PoolUnavailable,
)
from htmap_core.executor.asked import Asked
from htmap_core.executor.recall import opening
from htmap_core.executor.recall.call_keys import CallKeys
from htmap_core.executor.recall.memory import Memory, Next, Recalled
from htmap_core.maps import recovery
from htmap_core.maps.drafts.options import merged_options
from htmap_core.maps.map import engine_of
from htmap_core.maps.retagging import retag
from htmap_core.results.engine import Engine
from htmap_core.storage.creation import Creation
from htmap_core.storage.executors.keys import CallKey
from htmap_core.storage.executors.opened import OpenTag
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.submission.submit import submit_map
from htmap_core.user_warnings import RunsEachTime

ASKED = Asked.of(None, None)
IDLE, RUNNING, HELD, COMPLETED, ERRORED, REMOVED = (
    ComponentStatus(name) for name in ("IDLE", "RUNNING", "HELD", "COMPLETED", "ERRORED", "REMOVED")
)


def key(func: Callable[..., Any], *args: Any) -> CallKey:
    return CallKeys("study").of(func, args, {})


def left(*keys: CallKey, of_executor: bool = True, is_taken: bool = True, pool: str = "personal") -> MapDir:
    """Have a map of calls that an earlier run of a program has left.

    :param pool: the name of its pool, which is its tag, too, if it is another one.
    :param is_taken: whether it is known that the schedd has them.
    """

    def submit(_: str) -> SimpleNamespace:
        if not is_taken:
            raise SystemExit
        return SimpleNamespace(cluster=17)

    creation = Creation("study" if pool == "personal" else pool, sizes=itertools.repeat(1))
    with creation:
        for each in keys:
            creation.add_input(b"call", key=each)
        creation.finish()
        address = PoolAddress(pool, configuration=creation.map_dir.root / "condor_config")
        options = merged_options(None).to_dict()
        record = MapRecord(len(keys), 1, "assume", address, {}, options, created=1.5, executor=of_executor)
        with_queue: Any = SimpleNamespace(submit=submit, remove=lambda *_: None)
        submit_map(creation, record, {"universe": "vanilla"}, with_queue)
    return creation.map_dir


@pytest.fixture
def statuses(monkeypatch: pytest.MonkeyPatch) -> list[ComponentStatus]:
    """Have what a test puts into the list be the statuses of components; held ones are held for the reason 13, or 1 if odd."""
    found: list[ComponentStatus] = []
    codes = (13, 1)
    monkeypatch.setattr(Engine, "statuses", lambda _: found)
    monkeypatch.setattr(
        Engine,
        "holds",
        lambda _: {n: ComponentHold(codes[n % 2], "") for n, status in enumerate(found) if status is HELD},
    )
    return found


def recalled(memory: Memory, func: Callable[..., Any], *args: Any, asked: Asked = ASKED) -> Recalled:
    return memory.recalled(func, args, {}, asked)


def nexts(memory: Memory, calls: Sequence[int]) -> list[Next | None]:
    found = [recalled(memory, abs, each).found for each in calls]
    assert [each.component for each in found if each] == [n for n, each in enumerate(found) if each]
    return [None if each is None else each.next for each in found]


class TestWhatBecomesOfACallThatWasSubmittedBefore:
    @pytest.fixture
    def memory(self, htmap_dir: Path, statuses: list[ComponentStatus]) -> Memory:
        left(*(key(abs, number) for number in range(6)))
        statuses += [COMPLETED, RUNNING, IDLE, ERRORED, REMOVED, COMPLETED]
        return Memory("study")

    def test_finished_ones_and_those_under_way_are_followed_and_failed_ones_run_again(self, memory: Memory) -> None:
        follow, rerun = Next.FOLLOW, Next.RERUN
        assert nexts(memory, range(7)) == [follow, follow, follow, rerun, rerun, follow, None]

    def test_another_call_is_submitted_with_its_key(self, memory: Memory) -> None:
        for asked in (recalled(memory, abs, 17), recalled(memory, hex, 1), recalled(memory, abs, 1.0)):
            assert asked.found is None
            assert asked.key is not None
            assert asked.key.instead_of is None

    def test_each_component_is_given_once(self, memory: Memory) -> None:
        assert recalled(memory, abs, 1).found is not None
        assert recalled(memory, abs, 1).found is None

    def test_a_failed_one_with_other_options_gets_a_component_in_its_place(self, memory: Memory) -> None:
        larger = Asked.of(MapOptions(request_memory="4GB"), None)
        assert recalled(memory, abs, 3, asked=larger) == Recalled(key(abs, 3)._replace(instead_of=3))
        found = recalled(memory, abs, 0, asked=larger).found
        assert found is not None
        assert found.next is Next.FOLLOW

    def test_one_for_which_nothing_could_be_done_is_found_again(self, memory: Memory) -> None:
        found = recalled(memory, abs, 3).found
        assert found is not None
        memory.put_back(found)
        assert recalled(memory, abs, 3).found == found

    def test_of_a_map_that_was_removed_meanwhile_nothing_is_found(self, memory: Memory) -> None:
        assert recalled(memory, abs, 0).found is not None
        engine_of(htmap.load("study")).map_dir.removal.touch()
        assert recalled(memory, abs, 1).found is None


def test_held_ones_are_released_but_those_that_somebody_wants_held(
    htmap_dir: Path, statuses: list[ComponentStatus]
) -> None:
    left(*(key(abs, number) for number in range(2)))
    statuses += [HELD, HELD]
    assert nexts(Memory("study"), range(2)) == [Next.RELEASE, Next.FOLLOW]


def test_files_that_were_sent_along_by_htmap_itself_are_no_other_options(
    htmap_dir: Path, statuses: list[ComponentStatus], monkeypatch: pytest.MonkeyPatch
) -> None:
    map_dir = left(key(abs, 0), key(abs, 1))
    statuses += [ERRORED, ERRORED]
    memory = Memory("study")
    recalled(memory, abs, 7)
    (portion,) = engine_of(memory.map).map_dir.placement.portions
    monkeypatch.setitem(portion.options, "fixed_input_files", ["tide.py"])
    assert map_dir.exists
    found = recalled(memory, abs, 0).found
    assert found is not None
    asked = Asked.of(MapOptions(fixed_input_files=["sea.csv"]), None)
    assert recalled(memory, abs, 1, asked=asked).key == key(abs, 1)._replace(instead_of=1)


def test_without_an_earlier_run_nothing_is_found_and_no_map_is_made(htmap_dir: Path) -> None:
    memory = Memory("study")
    assert recalled(memory, abs, 1) == Recalled(key(abs, 1))
    assert memory.left is None
    assert htmap.get_tags() == ()


class TestWhoMayHaveTheTag:
    def test_a_map_that_is_not_an_executors_is_refused_at_once(self, htmap_dir: Path) -> None:
        htmap.map(abs, [1], tag="tide", where="here")
        with pytest.raises(NotOfExecutor) as caught:
            htmap.Executor(tag="tide")
        assert caught.value.tag == "tide"
        OpenTag(htmap_dir, "tide").close()
        assert list((htmap_dir / names.EXECUTORS).iterdir()) == []

    @pytest.mark.parametrize("tag", ["a/b", "", ".."])
    def test_what_is_no_tag_is_refused_at_once(self, htmap_dir: Path, tag: str) -> None:
        with pytest.raises(InvalidTag):
            htmap.Executor(tag=tag)

    def test_an_executors_map_is_not_resumed_as_another(self, htmap_dir: Path, statuses: list[ComponentStatus]) -> None:
        left(key(abs, 0))
        with pytest.raises(MapDiffers) as caught:
            htmap.map(abs, [0], tag="study", if_exists="resume")
        assert caught.value.what == "executor"
        assert len(htmap.load("study")) == 1

    def test_another_process_has_it(self, htmap_dir: Path) -> None:
        executor = htmap.Executor(tag="study")
        child = os.fork()
        if not child:
            try:
                htmap.Executor(tag="study")
            except ExecutorInUse:
                os._exit(0)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        executor.shutdown()

    @pytest.mark.parametrize("tag", ["study", "thesis"])
    def test_a_map_gets_no_other_tag_while_an_executor_is_open_that_has_one_of_the_two(
        self, htmap_dir: Path, tag: str
    ) -> None:
        map_dir = left(key(abs, 0))
        executor = htmap.Executor(tag=tag)
        with pytest.raises(ExecutorKeepsTag) as caught:
            retag(map_dir, "study", "thesis", ended=True)
        assert (caught.value.executor, caught.value.pid) == (tag, os.getpid())
        assert htmap.get_tags() == ("study",)
        executor.shutdown()
        retag(map_dir, "study", "thesis", ended=True)
        assert htmap.get_tags() == ("thesis",)
        assert list((htmap_dir / names.EXECUTORS).iterdir()) == []

    def test_a_map_of_no_executor_gets_another_tag_all_the_same(self, htmap_dir: Path) -> None:
        executor = htmap.Executor(tag="study")
        retag(left(key(abs, 0), of_executor=False, pool="tide"), "tide", "ebb", ended=True)
        executor.shutdown()
        assert htmap.get_tags() == ("ebb",)

    @pytest.mark.parametrize("wait", [True, False])
    def test_after_shutdown_it_is_free(self, htmap_dir: Path, wait: bool) -> None:
        executor = htmap.Executor(tag="study")
        assert (htmap_dir / names.EXECUTORS / "study").exists()
        executor.shutdown(wait=wait)
        assert not (htmap_dir / names.EXECUTORS / "study").exists()


def test_nothing_is_submitted_where_it_is_not_known_what_the_schedd_has(htmap_dir: Path) -> None:
    with pytest.raises(SystemExit):
        left(key(abs, 0), is_taken=False)
    memory = Memory("study")
    for _ in range(2):
        with pytest.raises(PoolUnavailable):
            recalled(memory, abs, 0)
    with pytest.raises(PoolUnavailable):
        htmap.Executor(tag="study").submit(abs, 0).result(180)


def test_only_the_pool_of_its_own_map_is_waited_for(htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def reach(address: PoolAddress, _: MapDir) -> Any:
        asked.append(address.pool)
        raise PoolUnavailable(address.pool, "it is silent")

    monkeypatch.setattr(recovery, "_reach", reach)
    for pool in ("personal", "elsewhere"):
        with pytest.raises(SystemExit):
            left(key(abs, 0), is_taken=False, pool=pool)
    with pytest.raises(PoolUnavailable):
        recalled(Memory("study"), abs, 0)
    assert asked == ["personal"]


def test_a_pool_that_does_not_answer_is_not_waited_for_at_each_call(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    asked: list[float] = []

    def silent(_: str) -> None:
        asked.append(clock.now)
        clock.now += 120.0  # HTCondor's timeouts
        raise PoolUnavailable("personal", "it is silent", "wait")

    monkeypatch.setattr("htmap_core.executor.recall.memory.time", clock)
    monkeypatch.setattr(opening, "opened", silent)
    memory = Memory("study")
    for _ in range(50):
        with pytest.raises(PoolUnavailable):
            recalled(memory, abs, 1)
    assert asked == [0.0]
    clock.now += 120.0
    monkeypatch.setattr(opening, "opened", lambda _: None)
    assert recalled(memory, abs, 1).found is None


def test_damaged_keys_are_told_and_no_call_runs_twice_for_them(
    htmap_dir: Path, statuses: list[ComponentStatus]
) -> None:
    map_dir = left(key(abs, 0))
    statuses += [COMPLETED]
    (map_dir.path / names.KEYS).write_text("{}")
    memory = Memory("study")
    for _ in range(2):
        with pytest.raises(CorruptMap):
            recalled(memory, abs, 0)


SCALE = 1


def scaled(x: int) -> int:
    return SCALE * x


def hours() -> Callable[[int], int]:
    def tide(x: int) -> int:
        return SCALE * x

    return tide


class TestKeysOfCalls:
    def test_equal_calls_have_equal_ones_in_whatever_form_they_come(self) -> None:
        assert key(pow, 2, 3) == key(pow, 2, 3)
        first, second = functools.partial(pow, 2), functools.partial(pow, 2)
        assert key(first, 3) == key(second, 3) != key(functools.partial(pow, 3), 3)
        assert key(hours(), 1) == key(hours(), 1)

    def test_what_a_function_reads_counts_as_it_is_when_the_call_comes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keys, tide = CallKeys("study"), hours()
        tide.__module__ = "__main__"  # its code travels
        before = keys.of(tide, (1,), {})
        assert keys.of(tide, (1,), {}) == before
        monkeypatch.setitem(globals(), "SCALE", 2)
        assert keys.of(tide, (1,), {}) != before

    def test_arguments_count_by_name(self) -> None:
        keys = CallKeys("study")
        assert keys.of(int, ("7",), {"base": 8}) != keys.of(int, ("7", 8), {})

    def test_what_cannot_be_compared_equals_nothing_and_is_told_once_for_a_function(self) -> None:
        keys = CallKeys("study")
        with open(os.devnull) as file:
            with pytest.warns(RunsEachTime) as told:
                found = [keys.of(hash, (file,), {}) for _ in range(3)]
            assert found == [CallKey(None)] * 3
            (warning,) = (each.message for each in told)
            assert isinstance(warning, RunsEachTime)
            assert (warning.tag, warning.function, warning.where) == ("study", "hash", "args[0]")
            with pytest.warns(RunsEachTime):
                keys.of(id, (file,), {})
        assert keys.of(hash, (io.StringIO(),), {}).digest is not None

    def test_what_cannot_be_called_is_refused_as_in_a_map(self) -> None:
        with pytest.raises(CannotMap):
            key(3)  # type: ignore[arg-type]
