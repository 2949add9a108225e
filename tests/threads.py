"""Threads that do things at the same time, for tests."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do several things at the same time; return what each returned or raised."""
    begin = threading.Barrier(len(deeds))
    found: dict[int, Any] = {}

    def do(number: int, deed: Callable[[], Any]) -> None:
        begin.wait()
        try:
            found[number] = deed()
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=do, args=each) for each in enumerate(deeds)]
    with switching_often():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [found[number] for number in range(len(deeds))]


@contextlib.contextmanager
def switching_often() -> Iterator[None]:
    """Have the interpreter change threads a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 100)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
