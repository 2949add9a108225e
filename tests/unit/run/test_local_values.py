from __future__ import annotations

import collections
import dataclasses
import os
import signal
import time
from typing import Any, NamedTuple

import attrs
import pytest

from htmap_run.reports import local_values
from htmap_run.reports.local_values import LocalValues
from tests.golden_files import Golden


def shown(value: Any, seconds: float = 10) -> str:
    return LocalValues(seconds).of({"name": value})["name"]


class Raises:
    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def __repr__(self) -> str:
        raise self.error


class Slow:
    def __repr__(self) -> str:
        while True:
            time.sleep(0.01)


class Stubborn:
    def __repr__(self) -> str:
        for _ in range(3):
            try:
                time.sleep(10_000)
            except BaseException:  # noqa: S112 -- this is what users write
                continue
        return "never"


class Huge:
    def __repr__(self) -> str:
        return "x" * (400 << 20)


class LongList(list[int]):
    pass


@dataclasses.dataclass
class Data:
    number: int
    many: list[int]
    secret: str = dataclasses.field(default="hunter2", repr=False)


@attrs.define
class Attrs:
    number: int
    many: list[int]
    secret: str = attrs.field(default="hunter2", repr=False)


@dataclasses.dataclass
class WithItsOwnRepr:
    number: int

    def __repr__(self) -> str:
        return "my own"


class Named(NamedTuple):
    number: int
    many: list[int]


PLAIN: list[Any] = [
    1,
    -2.5,
    "text",
    b"bytes",
    None,
    True,
    [1, "a"],
    (1,),
    (),
    {"a": [1]},
    {1},
    set(),
    frozenset({1}),
    range(3),
]


@pytest.mark.parametrize("value", PLAIN, ids=repr)
def test_short_values_are_shown_as_python_shows_them(value: Any) -> None:
    assert eval(shown(value)) == value


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, RecursionError, GeneratorExit])
def test_a_repr_that_raises_is_reported_and_does_no_harm(error: type[BaseException], golden: Golden) -> None:
    for text, kind in ((shown(Raises(error)), "Raises"), (shown([1, Raises(error)]), "list")):
        golden("run/a-repr-that-raises", text, hide={kind: "TYPE", error.__name__: "ERROR"})


@pytest.mark.parametrize("value", [Slow(), [Slow()]])
def test_a_repr_without_an_end_is_ended(value: object) -> None:
    assert shown(value).startswith(f"<{type(value).__name__}: ")


def test_a_repr_that_catches_its_interruption_is_interrupted_again() -> None:
    assert shown(Stubborn()) == "never"


def test_variables_of_the_environment_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN_OF_MINE", "a secret")
    assert all(each not in shown([os.environ]) for each in ("TOKEN", "secret"))
    assert all(each not in shown(os.environ) for each in ("TOKEN", "secret"))


def test_all_together_keep_to_their_time(golden: Golden) -> None:
    texts = LocalValues(1.0).of({str(number): Slow() for number in range(50)})

    golden("run/a-repr-that-takes-too-long", texts["0"])
    golden("run/a-repr-for-which-there-is-no-time", texts["49"])


def test_a_timer_of_the_user_goes_on_afterwards() -> None:
    previous = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 100, 7)
    try:
        shown(1)
        remaining, interval = signal.getitimer(signal.ITIMER_REAL)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert 90 < remaining <= 100
    assert interval == 7


def test_a_repr_that_would_fill_the_memory_is_stopped() -> None:
    assert MemoryError.__name__ in shown(Huge())


MANY = list(range(1_000_000))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (MANY, "[0, 1, 2, "),
        (tuple(MANY), "(0, 1, 2, "),
        (dict.fromkeys(MANY), "{0: None, 1: None, "),
        (LongList(MANY), "LongList([0, 1, "),
        (collections.deque(MANY), "deque([0, 1, "),
        ("x" * 10_000_000, "'xxx"),
        (b"x" * 10_000_000, "b'xxx"),
        (Data(1, MANY), "Data(number=1, many=[0, 1, 2, "),
        (Attrs(1, MANY), "Attrs(number=1, many=[0, 1, 2, "),
        (Named(1, MANY), "Named(number=1, many=[0, 1, 2, "),
        (1 << 10_000_000, "<int of 10000001 bits>"),
        ([1 << 10_000_000], "[<int of 10000001 bits>]"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 50 else "",
)
def test_large_values_are_cut(value: Any, text: str) -> None:
    assert shown(value).startswith(text)
    assert len(shown(value)) <= local_values.VALUE_LENGTH


def test_of_a_large_value_only_the_beginning_is_looked_at() -> None:
    looked_at = []

    class Member:
        def __repr__(self) -> str:
            looked_at.append(self)
            return "member"

    shown([Member()] * 1_000_000)

    assert len(looked_at) < 1000


def test_what_contains_itself_is_cut() -> None:
    loop: list[Any] = []
    loop.append(loop)

    assert shown(loop) == "[[[[[...]]]]]"


@pytest.mark.parametrize("value", [Data(1, []), Attrs(1, [])])
def test_fields_that_a_class_hides_stay_hidden(value: object) -> None:
    assert "hunter2" not in shown(value)


def test_a_repr_of_ones_own_is_used() -> None:
    assert shown(WithItsOwnRepr(1)) == "my own"


def test_so_many_variables_are_shown_and_the_rest_is_counted() -> None:
    texts = LocalValues(10).of({f"name{number}": number for number in range(100)})

    assert len(texts) == local_values.VALUES + 1
    assert texts["..."] == "<36 more>"
