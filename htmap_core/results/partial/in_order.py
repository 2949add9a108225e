"""The results of a map in the order of its inputs, where some components have none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import TimeoutError
from htmap_core.progress.line import Line
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import Outcome, is_settled
from htmap_core.settings.waiting import Timeout

_ERRORS = ("raise", "skip", "return")
_UNFINISHED = ("wait", "skip")


def results(engine: Engine, errors: str, unfinished: str, timeout: Timeout, own: Callable[[Any], Any]) -> Iterator[Any]:
    """Return an iterator over the results of a map.

    :param errors: what becomes of components without a result: ``raise``, ``skip`` or ``return``.
    :param unfinished: what becomes of those that have not ended: ``wait`` or ``skip``.
    :param own: makes of an error what users get of it.
    :raises ValueError: one of these is something else.
    """
    _check("errors", errors, _ERRORS)
    _check("unfinished", unfinished, _UNFINISHED)
    if errors == "raise" and unfinished == "wait":
        return engine.results(timeout)
    return _results(engine, errors, _settled(engine) if unfinished == "skip" else None, timeout, own)


def _check(name: str, given: object, known: tuple[str, ...]) -> None:
    if given not in known:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, known))}, got {given!r}")


def _settled(engine: Engine) -> list[int]:
    return [component for component, status in enumerate(engine.statuses()) if is_settled(status)]


def _results(
    engine: Engine, errors: str, chosen: list[int] | None, timeout: Timeout, own: Callable[[Any], Any]
) -> Iterator[Any]:
    with engine.line() as line:  # one for all: it would begin anew with each component
        for component in engine.each() if chosen is None else chosen:
            if errors == "raise":
                yield engine.result(component, timeout, line)
            elif (outcome := _outcome(engine, component, timeout, line, waits=chosen is None)) is not None:
                if outcome.ok:
                    yield outcome.value
                elif errors == "return":
                    yield own(outcome.error)


def _outcome(engine: Engine, component: int, timeout: Timeout, line: Line, *, waits: bool) -> Outcome[Any] | None:
    """Return the outcome of a component; None if it has none by now, and is not waited for."""
    if waits:
        return engine.outcome(component, timeout, line)
    with contextlib.suppress(TimeoutError):  # another thread or process runs it again
        return engine.outcome(component, 0)
    return None


def failed(engine: Engine) -> tuple[int, ...]:
    """Return the components that have ended without a result."""
    wrong = {ComponentStatus.ERRORED, ComponentStatus.REMOVED}
    return tuple(component for component, status in enumerate(engine.statuses()) if status in wrong)
