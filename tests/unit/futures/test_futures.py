"""Futures of components, and when they are done."""

from __future__ import annotations

import concurrent.futures
import datetime
import gc
import threading
from typing import Any

import pytest

import htmap
from htmap.exceptions import (
    ComponentNotFound,
    CondorRefused,
    CorruptEventLog,
    MapComponentError,
    MapComponentHeld,
    MapComponentRemoved,
    MapWasRemoved,
    SilentPool,
)
from htmap_core.results import news
from htmap_core.testing import eventually
from htmap_core.tracking import late_bytes
from htmap_core.tracking.states import LoggedStates
from tests.returned import Error
from tests.unit.conftest import write_result
from tests.unit.futures.conftest import Submitted

WAIT = 180.0


def test_a_future_has_the_result_of_its_component(submitted: Submitted) -> None:
    tide = submitted(2)
    first, second = tide.map.futures()
    tide.end(_1="second")
    assert second.result(WAIT) == "second"
    assert (first.done(), first.component, second.component, first.tag) == (False, 0, 1, "tide")


def test_futures_of_components_that_have_ended_are_done_at_once(submitted: Submitted) -> None:
    tide = submitted(2)
    tide.end(_0="first")
    assert [future.done() for future in tide.map.futures()] == [True, False]


def test_the_library_waits_for_them(submitted: Submitted) -> None:
    tide = submitted(3)
    futures = tide.map.futures()
    tide.end(_0=0)
    done, _ = concurrent.futures.wait(futures, WAIT, concurrent.futures.FIRST_COMPLETED)
    assert done == {futures[0]}
    tide.end(_1=10, _2=20)
    assert sorted(future.result() for future in concurrent.futures.as_completed(futures, WAIT)) == [0, 10, 20]


def test_a_callback_is_called_though_nobody_keeps_the_future(submitted: Submitted) -> None:
    tide = submitted(1)
    found: list[Any] = []
    tide.map.futures()[0].add_done_callback(lambda future: found.append(future.result()))
    gc.collect()
    tide.end(_0="first")
    assert eventually(lambda: found, says="it was called", within=WAIT) == ["first"]


def test_a_component_that_runs_cannot_be_cancelled(submitted: Submitted) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    tide.run(0)
    eventually(future.running, says="it runs", within=WAIT)
    assert not future.cancel()
    tide.end(_0="first")
    assert future.result(WAIT) == "first"


def test_open_components_have_one_future_in_a_process(submitted: Submitted) -> None:
    tide = submitted(3)
    tide.end(_0=0)
    first, again = tide.map.futures(), tide.map.futures([2, -2])
    assert (again[0] is first[2], again[1] is first[1]) == (True, True)
    (same,) = tide.map.futures([1], patience=60)
    assert (same is first[1], same.patience) == (True, 0)


def test_components_that_the_map_does_not_have_have_no_futures(submitted: Submitted) -> None:
    with pytest.raises(ComponentNotFound):
        submitted(1).map.futures([0, 7])


def test_a_removed_component_is_the_exception_that_get_raises(submitted: Submitted) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    tide.abort(0)
    error = future.exception(WAIT)
    assert isinstance(error, MapComponentRemoved)
    assert error.component == 0


def test_a_hold_is_an_exception_at_once_where_nobody_has_patience(submitted: Submitted) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    tide.hold(0)
    error = future.exception(WAIT)
    assert isinstance(error, MapComponentHeld)
    assert (error.code, error.subcode) == (13, 122)


def test_a_hold_that_is_shorter_than_the_patience_is_none(submitted: Submitted) -> None:
    tide = submitted(1)
    tide.hold(0)
    (future,) = tide.map.futures(patience=WAIT)
    assert not future.done()
    tide.release(0)
    tide.end(_0="first")
    assert future.result(WAIT) == "first"


@pytest.mark.parametrize("patience", [None, datetime.timedelta(minutes=3)])
def test_patience_is_whatever_a_timeout_may_be(submitted: Submitted, patience: Any) -> None:
    tide = submitted(1)
    tide.hold(0)
    (future,) = tide.map.futures(patience=patience)
    assert not future.done()
    with pytest.raises(TypeError):
        tide.map.futures(patience="long")  # type: ignore[arg-type]


def test_a_schedd_that_does_not_answer_holds_up_no_other_map(
    submitted: Submitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log says that a job has ended that never ran, so the schedd is asked."""
    is_asked, answers = threading.Event(), threading.Event()

    def ask(_: Any, connection: Any) -> None:
        is_asked.set()
        assert answers.wait(WAIT)
        raise CondorRefused("it is late")

    monkeypatch.setattr(LoggedStates, "ask_the_schedd", ask)
    doubtful, other = submitted(1, tag="doubtful"), submitted(1)
    (first,), (second,) = htmap.load("doubtful").futures(), other.map.futures()
    doubtful.tell("005", [0])
    assert is_asked.wait(WAIT)
    other.end(_0="first")
    assert second.result(WAIT) == "first"
    assert not first.done()
    answers.set()
    assert isinstance(first.exception(WAIT), CorruptEventLog)


def test_who_has_open_futures_is_told_of_a_silent_pool_as_whoever_waits(
    submitted: Submitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def ask(*_: Any) -> str:
        asked.append("how are you")
        return "it sleeps"

    monkeypatch.setattr(LoggedStates, "ask_the_schedd", ask)
    monkeypatch.setattr(news, "QUIET", 0.02)  # a minute would be long for a test
    tide = submitted(1)

    def wait() -> Any:
        (future,) = tide.map.futures()
        eventually(lambda: len(asked) > 1, says="the first answer was told", within=WAIT)
        tide.end(_0="first")
        return future.result(WAIT)

    with pytest.warns(SilentPool):
        assert wait() == "first"


def test_a_hold_that_outlasts_the_patience_is_an_exception(submitted: Submitted) -> None:
    tide = submitted(1)
    tide.hold(0)
    (future,) = tide.map.futures(patience=0.3)
    assert isinstance(future.exception(WAIT), MapComponentHeld)


def test_a_result_that_is_missing_is_an_error(submitted: Submitted) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    tide.run(0)
    tide.tell("005", [0])
    assert isinstance(future.exception(WAIT), MapComponentError)


def test_the_removal_of_the_map_ends_its_futures(submitted: Submitted) -> None:
    tide = submitted(2)
    futures = tide.map.futures()
    tide.map.remove(force=True)
    assert {type(future.exception(WAIT)) for future in futures} == {MapWasRemoved}


def test_a_damaged_event_log_costs_no_result_that_has_come(
    submitted: Submitted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late_bytes, "PATIENCE", 0.0)  # a minute would be long for a test
    tide = submitted(2)
    first, second = tide.map.futures()
    write_result(tide.map_dir, 0, "first")
    with tide.map_dir.events.open("a") as log:
        log.write("what is this\n...\n" * 2)
    assert first.result(WAIT) == "first"
    assert isinstance(second.exception(WAIT), CorruptEventLog)


def test_a_future_raises_what_the_function_has_raised_with_its_lines(submitted: Submitted) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    frame = {"filename": "study.py", "lineno": 7, "name": "bad", "line": "raise KeyError(x)", "locals": {}}
    tide.fail(0, Error(KeyError("x"), frames=[frame], related=[]))
    with pytest.raises(KeyError) as caught:
        future.result(WAIT)
    assert caught.traceback[-1].name == "bad"


@pytest.mark.parametrize("raised", [SystemExit(3), KeyboardInterrupt()])
def test_what_would_end_who_asks_is_an_error_of_the_component(submitted: Submitted, raised: BaseException) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    tide.fail(0, Error(raised, related=[]))
    error = future.exception(WAIT)
    assert isinstance(error, MapComponentError)
    assert type(error.__cause__) is type(raised)


def test_an_exception_that_cannot_be_unpickled_is_an_error_of_the_component(submitted: Submitted) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    tide.fail(0, Error(b"no pickle", related=[]))
    assert isinstance(future.exception(WAIT), MapComponentError)


def test_a_result_that_cannot_be_unpickled_is_an_error_of_the_component(submitted: Submitted) -> None:
    tide = submitted(1)
    (future,) = tide.map.futures()
    tide.end(_0=Unreadable())
    assert isinstance(future.exception(WAIT), MapComponentError)


class Unreadable:
    def __reduce__(self) -> tuple[Any, ...]:
        return int, ("no number",)


def test_after_an_end_a_new_call_returns_a_new_future(submitted: Submitted) -> None:
    tide = submitted(1)
    tide.abort(0)
    (first,) = tide.map.futures()
    assert isinstance(first.exception(WAIT), MapComponentRemoved)
    assert tide.map.futures()[0] is not first


def test_one_thread_follows_all_maps_and_ends_with_the_last_future(submitted: Submitted) -> None:
    tide = submitted(50)
    futures = tide.map.futures()
    assert [each.name for each in threading.enumerate()].count("htmap futures") == 1
    tide.end(**{f"_{component}": component for component in range(50)})
    assert [future.result(WAIT) for future in futures] == list(range(50))
    eventually(
        lambda: "htmap futures" not in {each.name for each in threading.enumerate()}, says="it has ended", within=WAIT
    )
