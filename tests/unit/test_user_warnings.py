"""Where warnings say that they come from."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from htmap_core import user_warnings
from htmap_core.user_warnings import SameDestination, SuspiciousMap


def test_a_warning_shows_the_line_that_called_into_htmap() -> None:
    with pytest.warns(SuspiciousMap) as caught:
        user_warnings.warn(SameDestination("a", 3))
    assert caught[0].filename == __file__


def test_it_does_so_too_where_htmap_has_entered_a_block_of_its_own() -> None:
    code = "@contextlib.contextmanager\ndef block():\n    user_warnings.warn(warning)\n    yield\n"
    code += "def enter():\n    with block(): pass\n"
    names = {"contextlib": contextlib, "user_warnings": user_warnings, "warning": SameDestination("a", 3)}
    exec(compile(code, user_warnings.__file__, "exec"), names)
    enter: Any = names["enter"]
    with pytest.warns(SuspiciousMap) as caught:
        enter()
    assert caught[0].filename == __file__


def in_thread(what: Callable[[], None]) -> None:
    thread = threading.Thread(target=what)
    thread.start()
    thread.join()


def test_a_warning_of_another_thread_shows_the_line_that_has_called_before() -> None:
    line = user_warnings.calling_line()

    def warn() -> None:
        with user_warnings.issued_for(line):
            user_warnings.warn(SameDestination("a", 3))

    with pytest.warns(SuspiciousMap) as caught:
        in_thread(warn)
    assert (caught[0].filename, caught[0].lineno) == (__file__, line.lineno)


def test_gathered_warnings_are_not_issued() -> None:
    with user_warnings.gathered() as found:  # a warning would be an error
        user_warnings.warn(warning := SameDestination("a", 3))
    assert found == [warning]
    with pytest.warns(SuspiciousMap):
        user_warnings.warn(warning)


def test_a_warning_brings_its_facts() -> None:
    with pytest.warns(SuspiciousMap) as caught:
        user_warnings.warn(SameDestination("a", 3))
    assert isinstance(caught[0].message, SameDestination)
    assert (caught[0].message.file, caught[0].message.components) == ("a", 3)
