"""The executor, with calls that run on this machine: what it shares with those of the standard library, and where it ends."""

from __future__ import annotations

import concurrent.futures
import functools
import gc
import multiprocessing
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.contract.transfer_path import TransferPath
from htmap_core.exceptions import (
    CannotPickle,
    CannotTransfer,
    ExecutorClosed,
    FunctionIsLazy,
    InvalidOption,
    NotOptions,
    PoolNotFound,
)

TIMEOUT = 180


@pytest.fixture(autouse=True)
def in_own_htmap_dir(htmap_dir: Path) -> None:
    """No pool is there."""


def double(number: int) -> int:
    return 2 * number


def test_one_call_runs_at_a_time_on_this_machine_and_none_is_counted_without_a_pool() -> None:
    assert [htmap.Executor(where=where).slots() for where in ("here", "processes")] == [1, 1]
    with pytest.raises(PoolNotFound):
        htmap.Executor().slots()


@pytest.mark.parametrize("where", ["here", "processes"])
def test_calls_run_on_this_machine(where: str) -> None:
    with htmap.Executor(where=where) as executor:
        futures = [executor.submit(lambda number: 2 * number, number) for number in range(3)]
        assert [future.result(TIMEOUT) for future in futures] == [0, 2, 4]
        assert executor.submit(int, "8", base=16).result(TIMEOUT) == 8
        assert list(executor.map(pow, range(3), (3, 2, 1), timeout=TIMEOUT)) == [0, 1, 2]
    assert htmap.get_tags() == ()


def test_a_call_that_runs_here_has_run_when_it_was_submitted() -> None:
    with htmap.Executor(where="here") as executor:
        assert executor.submit(double, 1).done()


def test_the_exception_of_a_function_is_that_of_its_future_and_its_map_stays() -> None:
    with htmap.Executor(where="here") as executor:
        future = executor.submit(lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            future.result(TIMEOUT)
        assert executor.submit(double, 1).result(TIMEOUT) == 2
    assert future.tag in htmap.get_tags()


def test_what_cannot_be_pickled_is_the_exception_of_its_call_alone() -> None:
    with htmap.Executor(where="processes") as executor:
        good = executor.submit(double, 1)
        bad = executor.submit(id, threading.Lock())
        lazy = executor.submit(functools.partial(asynchronous))
        assert isinstance(bad.exception(0), CannotPickle)
        assert isinstance(lazy.exception(0), FunctionIsLazy)
        assert good.result(TIMEOUT) == 2


async def asynchronous() -> None: ...


def test_an_executor_cannot_travel_to_a_job() -> None:
    with htmap.Executor(where="processes") as executor:
        error = executor.submit(lambda: executor.submit(double, 1)).exception(TIMEOUT)
        assert isinstance(error, CannotPickle)
        assert isinstance(executor.submit(nested).exception(TIMEOUT), AttributeError)


def nested() -> None:
    import htmap

    htmap.Executor()


def test_a_call_whose_files_cannot_travel_fails_alone() -> None:
    with htmap.Executor(where="processes") as executor:
        futures = [executor.submit(str, each) for each in ("a", TransferPath("b", "gopher", "hole"), "c")]
        assert isinstance(futures[1].exception(TIMEOUT), CannotTransfer)
        assert [futures[0].result(TIMEOUT), futures[2].result(TIMEOUT)] == ["a", "c"]


def test_without_a_pool_each_future_has_an_error_of_its_own_and_the_next_call_tries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTMAP_PLUGINS", "assume")
    executor = htmap.Executor()
    futures = [executor.submit(double, number) for number in range(2)]
    first, second = (future.exception(TIMEOUT) for future in futures)
    assert isinstance(first, PoolNotFound)
    assert isinstance(second, PoolNotFound)
    assert first is not second
    assert isinstance(executor.submit(double, 1).exception(TIMEOUT), PoolNotFound)
    executor.shutdown()


def test_what_can_be_told_at_once_is() -> None:
    with pytest.raises(InvalidOption):
        htmap.Executor(where="elsewhere")
    with pytest.raises(NotOptions):
        htmap.Executor(map_options="4GB")  # type: ignore[arg-type]


def test_after_a_shutdown_it_takes_no_more_calls() -> None:
    executor = htmap.Executor(where="processes")
    executor.shutdown()
    executor.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(RuntimeError) as caught:
        executor.submit(double, 1)
    assert isinstance(caught.value, ExecutorClosed)


def test_a_shutdown_waits_for_all_calls() -> None:
    executor = htmap.Executor(where="processes")
    futures = [executor.submit(double, number) for number in range(3)]
    executor.shutdown()
    assert all(future.done() for future in futures)


def test_what_is_collected_is_cancelled_by_a_shutdown_that_says_so() -> None:
    executor = htmap.Executor(where="processes")
    with executor._submitter._submitting:  # nobody submits meanwhile
        futures = [executor.submit(double, number) for number in range(3)]
        executor.shutdown(wait=False, cancel_futures=True)
        assert all(future.cancelled() for future in futures)
    executor.shutdown()
    assert htmap.get_tags() == ()


def test_a_call_that_was_cancelled_in_time_is_not_submitted() -> None:
    with htmap.Executor(where="processes") as executor:
        with executor._submitter._submitting:
            first, second = (executor.submit(double, number) for number in range(2))
            assert first.cancel()
        assert second.result(TIMEOUT) == 2
        assert second.component == 0
    with pytest.raises(concurrent.futures.CancelledError):
        first.result(TIMEOUT)


def test_other_options_share_the_map_and_the_end() -> None:
    with htmap.Executor(where="processes") as executor:
        large = executor.with_options(request_memory="4GB", chunksize=2)
        assert large.submit(double, 1).result(TIMEOUT) == 2
        assert large.with_options(request_cpus=2).submit(double, 1).result(TIMEOUT) == 2
    with pytest.raises(ExecutorClosed):
        large.submit(double, 1)
    with pytest.raises(InvalidOption):
        executor.with_options(request_memory=["1GB", "2GB"])


def test_calls_come_from_callbacks_and_from_many_threads() -> None:
    with htmap.Executor(where="processes") as executor:
        more: list[concurrent.futures.Future[int]] = []
        executor.submit(double, 1).add_done_callback(lambda done: more.append(executor.submit(double, done.result())))
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            futures = list(threads.map(lambda number: executor.submit(double, number), range(40)))
        assert [future.result(TIMEOUT) for future in futures] == [2 * number for number in range(40)]
    assert [each.result(TIMEOUT) for each in more] == [4]


def test_it_shows_its_calls_and_its_maps() -> None:
    with htmap.Executor(where="processes") as executor:
        with executor._submitter._submitting:
            future = executor.submit(double, 1)
            first, *others = executor._view()
            assert ("1 open" in first.text, others) == (True, [])
        future.result(TIMEOUT)
        shown = executor._repr_html_()
        assert str(future.tag) in shown
        assert "\n" not in repr(executor)


def test_a_map_with_a_buffer_is_only_so_far_ahead() -> None:
    taken = []

    def numbers() -> Any:
        for number in range(100):
            taken.append(number)
            yield number

    with htmap.Executor(where="here") as executor:
        results = executor.map(double, numbers(), buffersize=2)
        assert taken == [0, 1]
        assert [next(results), next(results)] == [0, 2]
        assert taken == [0, 1, 2, 3]
        for wrong, error in ((0, ValueError), ("2", TypeError)):
            with pytest.raises(error):
                executor.map(double, [1], buffersize=wrong)  # type: ignore[arg-type]


def cancelled_after(results: Iterator[int], executor: htmap.Executor, error: type[BaseException]) -> list[bool]:
    """Return which calls are cancelled after a map over them has ended with an error."""
    calls = [*executor._submitter._open]
    with pytest.raises(error):
        next(results)
    return [call.cancelled() for call in calls]


def test_a_map_whose_time_is_over_cancels_all_its_calls() -> None:
    with htmap.Executor(where="processes") as executor, executor._submitter._submitting:
        results = executor.map(double, range(3), timeout=0)
        assert cancelled_after(results, executor, concurrent.futures.TimeoutError) == [True, True, True]


def test_after_ctrl_c_they_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with htmap.Executor(where="processes") as executor, executor._submitter._submitting:
        results = executor.map(double, range(3))
        monkeypatch.setattr(htmap.Future, "result", interrupted)
        assert cancelled_after(results, executor, KeyboardInterrupt) == [False, False, False]


def test_nobody_keeps_an_executor_or_what_it_was_given() -> None:
    class Argument:
        pass

    executor = htmap.Executor(where="here")
    argument = Argument()
    future = executor.submit(type, argument)
    future.exception(TIMEOUT)
    known = [weakref.ref(each) for each in (executor, argument)]
    del executor, argument, future
    gc.collect()
    assert [each() for each in known] == [None, None]


def of_child(executor: htmap.Executor, told: Any) -> None:
    try:
        executor.submit(double, 1)
    except ExecutorClosed:
        told.put("closed")


def test_a_forked_process_takes_no_calls_for_its_parent() -> None:
    context = multiprocessing.get_context("fork")
    with htmap.Executor(where="processes") as executor:
        told = context.SimpleQueue()
        with executor._submitter._submitting:
            future = executor.submit(double, 1)
            child = context.Process(target=of_child, args=(executor, told))
            child.start()
            child.join(TIMEOUT)
        assert told.get() == "closed"
        assert child.exitcode == 0
        assert future.result(TIMEOUT) == 2


def of_child_that_ends_it(executor: htmap.Executor, told: Any) -> None:
    executor.shutdown()
    told.put("ended")


@pytest.mark.parametrize("is_open", [True, False])
def test_its_end_in_a_forked_process_waits_for_no_call_of_the_parent_and_removes_no_map(is_open: bool) -> None:
    context = multiprocessing.get_context("fork")
    with htmap.Executor(where="processes") as executor:
        told = context.SimpleQueue()
        first = executor.submit(double, 1)
        assert first.result(TIMEOUT) == 2
        with executor._submitter._submitting:
            second = executor.submit(double, 2) if is_open else first
            child = context.Process(target=of_child_that_ends_it, args=(executor, told), daemon=True)
            child.start()
            child.join(TIMEOUT)
        assert (told.get(), child.exitcode) == ("ended", 0)
        assert first.tag in htmap.get_tags()
        assert second.result(TIMEOUT) == (4 if is_open else 2)


def ended(script: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)


@pytest.mark.skipif(
    sys.version_info[:3] in {(3, 12, 0), (3, 12, 1)}, reason="they start no threads when a program ends"
)
@pytest.mark.parametrize("end", ["", "sys.exit(3)", "executor.shutdown(wait=False)", "raise KeyError", "del executor"])
def test_what_was_collected_runs_before_the_program_ends(end: str, tmp_path: Path) -> None:
    script = f"""
import pathlib, sys, htmap
executor = htmap.Executor(where="processes")
executor.submit(pathlib.Path({str(tmp_path / "ran")!r}).write_text, "")
{end}
"""
    assert ended(script).returncode == {"sys.exit(3)": 3, "raise KeyError": 1}.get(end, 0)
    assert (tmp_path / "ran").exists()
    assert htmap.get_tags() == ()
