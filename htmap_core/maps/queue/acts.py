"""Hold, release, pause, resume and vacate a map's jobs in the queue, or those of some components.

Acts return when the event log shows them. The schedd answers before it writes the log: without the wait, a user who releases a
map and asks for a result would be told of the hold again. The schedd itself is not asked how far it is: for each such question it
forks, and looks at the whole queue of all users.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence

from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.maps.queue.scope import Scope, Wanted, constraint_for, is_open, out_of_reach, told
from htmap_core.plugins import pools
from htmap_core.results.engine import Engine
from htmap_core.settings.waiting import PATIENCE, tries
from htmap_core.storage.log import logger
from htmap_core.submission.files.signatures import sign_before_release

_LONGEST = 0.5  # seconds between two looks at the event log
_AGAIN = (1.0, 3.0, 7.0, 15.0)  # seconds after which jobs that are not heard of are told again

_NOT_HELD = frozenset(ComponentStatus) - {ComponentStatus.HELD}
_ENDED_OR_HELD = frozenset(status for status in ComponentStatus if status.is_final) | {
    ComponentStatus.HELD,
    ComponentStatus.UNMATERIALIZED,
}


def hold(engine: Engine, wanted: Wanted = None) -> None:
    """Hold the jobs."""
    on = told(engine, "hold", wanted)
    _act(engine, "hold", on)
    _await_log(engine, _ENDED_OR_HELD, on)


def release(engine: Engine, wanted: Wanted = None) -> None:
    """Release the jobs, with signed URLs of their outputs that are good for long enough.

    :raises InvalidOption: the URLs have ended, and the keys to sign new ones cannot be read.
    """
    on = told(engine, "release", wanted)
    if is_open(engine, on):
        sign_before_release(engine.map_dir, _reach(engine), engine.map.current_tag())
    _act(engine, "release", on)
    _await_log(engine, _NOT_HELD, on)


def pause(engine: Engine, wanted: Wanted = None) -> None:
    """Suspend the running jobs."""
    _end(engine, ComponentStatus.RUNNING, "suspend", told(engine, "pause", wanted))


def resume(engine: Engine, wanted: Wanted = None) -> None:
    """Resume the suspended jobs."""
    _end(engine, ComponentStatus.SUSPENDED, "continue", told(engine, "resume", wanted))


def vacate(engine: Engine, wanted: Wanted = None) -> None:
    """Vacate the running jobs: they give up their slots and become idle again."""
    _act(engine, "vacate", told(engine, "vacate", wanted))


def _reach(engine: Engine) -> Connection:
    return pools.reach(engine.pool, engine.map_dir.plugin_files)


def _act(engine: Engine, action: str, on: Scope) -> None:
    """Tell the schedd to act on jobs, by one request, unless all that it is on has ended."""
    if is_open(engine, on):
        _reach(engine).act(action, constraint_for(engine, on.jobs), f"{action} with htmap")
        which = "its jobs" if on.jobs is None else f"{len(on.jobs)} of its jobs"
        logger.info("map %r: asked the schedd to %s %s", engine.map.tag, action, which)


def _end(engine: Engine, status: ComponentStatus, action: str, on: Scope) -> None:
    """Act on jobs until the components that have *status* now are known to have had an end of it.

    The schedd notices later than the event log that a job is suspended, or goes on. It passes over a job that it believes to be
    what it is to become. So it is told again if the log does not show anything for long.
    """
    statuses = engine.statuses()
    concerned = [component for component in _heard_of(engine, on) if statuses[component] is status]
    _act(engine, action, on)
    begun, again = time.monotonic(), iter(_AGAIN)
    due = next(again)
    for _ in _looks(engine, frozenset(ComponentStatus) - {status}, concerned):
        if time.monotonic() > begun + due:
            _act(engine, action, on)
            due = next(again, math.inf)


def _await_log(engine: Engine, wanted: frozenset[ComponentStatus], on: Scope) -> None:
    """Wait until every component concerned has one of the *wanted* statuses in the event log, or the patience is over."""
    for _ in _looks(engine, wanted, _heard_of(engine, on)):
        pass


def _heard_of(engine: Engine, on: Scope) -> Sequence[int]:
    """Return the components that an act is on, without those whose machines will not tell that it was done."""
    silent = set(out_of_reach(engine, on))
    return [component for component in on.concerned if component not in silent] if silent else on.concerned


def _looks(engine: Engine, wanted: frozenset[ComponentStatus], components: Iterable[int]) -> Iterator[None]:
    """Yield after each look at the event log, until components have one of the *wanted* statuses, or the patience is over."""
    for _ in tries(PATIENCE, _LONGEST):
        statuses = engine.statuses()
        if wanted.issuperset(statuses[component] for component in components):
            return
        yield
