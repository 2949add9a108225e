"""What `submit` promises. All calls are made together, and each test looks at its own."""

from __future__ import annotations

import functools
import operator
import threading
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from tests.executors.gate import TIMEOUT
from tests.threads import at_once

Calls = dict[str, "Future[Any]"]


class Submitting:
    """Promises of `submit`; a subclass has the fixture `executor`."""

    @classmethod
    def submitted(cls, executor: Executor) -> Calls:
        """Return the futures of many calls, made at once by several threads."""

        def capture(*args: Any, **kwargs: Any) -> Any:
            return args, kwargs

        def fail(message: str, code: int) -> None:
            error = KeyError(message, code)
            error.noted = "by hand"  # type: ignore[attr-defined]
            raise error

        def leave() -> None:
            raise SystemExit(3)

        class Tide:
            def __init__(self, height: int) -> None:
                self.height = height

            def risen(self, by: int) -> int:
                return self.height + by

            def __call__(self) -> int:
                return self.height

        deeds: dict[str, tuple[Any, ...]] = {
            "builtin": (pow, 2, 8),
            "keyword": (capture, 1, 2),
            "lambda": (lambda x: 2 * x, 21),
            "partial": (functools.partial(operator.sub, 10), 3),
            "method": (Tide(3).risen, 4),
            "object": (Tide(5),),
            "class": (complex, 1, 2),
            "none": (print,),
            "failing": (fail, "nobody", 7),
            "dividing": (divmod, 1, 0),
            "leaving": (leave,),
            **{f"square {x}": (operator.mul, x, x) for x in range(40)},
        }
        submitted = at_once(*(functools.partial(executor.submit, *each) for each in deeds.values()))
        named = executor.submit(capture, 1, self=2, fn=3)
        return {**dict(zip(deeds, submitted)), "names": named}

    def test_a_future_is_that_of_the_library(self, calls: Calls) -> None:
        assert {isinstance(each, Future) for each in calls.values()} == {True}

    def test_arguments_reach_the_function(self, calls: Calls) -> None:
        assert calls["builtin"].result(TIMEOUT) == 256
        assert calls["keyword"].result(TIMEOUT) == ((1, 2), {})

    def test_keywords_may_have_the_names_of_our_own_parameters(self, calls: Calls) -> None:
        assert calls["names"].result(TIMEOUT) == ((1,), {"self": 2, "fn": 3})

    def test_a_call_without_a_function_is_a_type_error(self, executor: Executor) -> None:
        with pytest.raises(TypeError):
            executor.submit(fn=print)  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            executor.submit()  # type: ignore[call-arg]

    def test_whatever_can_be_called_is_a_function(self, calls: Calls) -> None:
        names = ("lambda", "partial", "method", "object", "class")
        assert [calls[name].result(TIMEOUT) for name in names] == [42, 7, 7, 5, 1 + 2j]

    def test_none_is_a_result(self, calls: Calls) -> None:
        assert calls["none"].result(TIMEOUT) is None
        assert calls["none"].exception(TIMEOUT) is None

    def test_calls_of_many_threads_have_each_its_own_result(self, calls: Calls) -> None:
        assert [calls[f"square {x}"].result(TIMEOUT) for x in range(40)] == [x * x for x in range(40)]

    def test_what_the_function_raises_is_raised_with_all_that_it_carries(self, calls: Calls) -> None:
        with pytest.raises(KeyError) as caught:
            calls["failing"].result(TIMEOUT)
        assert caught.value.args == ("nobody", 7)
        assert caught.value.noted == "by hand"  # type: ignore[attr-defined]

    def test_the_exception_is_given_as_a_value_and_is_one_object(self, calls: Calls) -> None:
        error = calls["dividing"].exception(TIMEOUT)
        assert isinstance(error, ZeroDivisionError)
        with pytest.raises(ZeroDivisionError) as caught:
            calls["dividing"].result(TIMEOUT)
        assert caught.value is error

    def test_a_function_that_leaves_python_ends_its_call_alone(self, calls: Calls) -> None:
        assert calls["leaving"].exception(TIMEOUT) is not None
        assert calls["builtin"].result(TIMEOUT) == 256

    def test_a_done_future_says_so(self, calls: Calls) -> None:
        calls["builtin"].result(TIMEOUT)
        calls["failing"].exception(TIMEOUT)
        for future in (calls["builtin"], calls["failing"]):
            assert (future.done(), future.running(), future.cancelled(), future.cancel()) == (True, False, False, False)

    def test_callbacks_are_called_in_order_with_the_future_also_after_one_that_raises(
        self, calls: Calls, caplog: pytest.LogCaptureFixture
    ) -> None:
        seen: list[Any] = []

        def fail(_: Future[Any]) -> None:
            raise LookupError("of a callback")

        future = calls["builtin"]
        future.result(TIMEOUT)
        for callback in (seen.append, fail, lambda each: seen.append(each.result())):
            future.add_done_callback(callback)
        assert seen == [future, 256]
        assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [LookupError]

    def test_a_future_is_as_good_as_another_in_sets_and_is_only_equal_to_itself(self, calls: Calls) -> None:
        assert len(set(calls.values())) == len(calls)
        assert calls["builtin"] == calls["builtin"] != calls["none"]

    def test_a_callback_may_submit_a_call(self, executor: Executor) -> None:
        following: list[Future[int]] = []
        called = threading.Event()

        def submit_next(future: Future[int]) -> None:
            following.append(executor.submit(abs, -future.result()))
            called.set()

        executor.submit(abs, -3).add_done_callback(submit_next)
        assert called.wait(TIMEOUT)
        assert following[0].result(TIMEOUT) == 3
