"""Components that share a job: who keeps others from running, and who is held because of another."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from typing import Optional

import attrs

from htmap_core import durations
from htmap_core.components import ComponentHold
from htmap_core.exceptions import CorruptMap, MadeByNewerHTMap
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job
from htmap_core.tracking import hold_codes
from htmap_core.wording import in_shell, numbered

LONG = 600.0  # seconds; where components end, results of a job come every ten minutes at least


@attrs.frozen
class Quiet:
    """Running components that share jobs from which nothing has come for long.

    :param components: all of them, also those that wait for others of their job.
    :param first: the first one without a result, of each of the jobs.
    :param seconds: for how long nothing has come, of the job that has been quiet for longest.
    """

    components: tuple[int, ...]
    first: tuple[int, ...]
    seconds: float

    @property
    def text(self) -> str:
        """Say who runs, as far as that is known, and who waits."""
        one = len(self.first) == 1
        return (
            f"{'its' if one else 'each'} job runs one component after the other, and no result has come for "
            f"{durations.in_words(round(self.seconds))}. The first without a result: {numbered(self.first)}; "
            "those behind wait for it"
        )

    def advice(self, tag: str) -> str:
        """Say what to do about one that hangs, in the map *tag*."""
        named = in_shell(tag)
        limit = (
            f"`htmap hold {named}`, `htmap edit walltime {named} TIME` (for each component), `htmap release {named}`"
        )
        return f"If it hangs, those behind it run only when a time limit ends it. A map without one gets one by {limit}"


def quiet(engine: Engine, running: Iterable[int]) -> Quiet | None:
    """Return which of the *running* components share jobs of which nothing has come for long; None if none do.

    Nothing tells which component of a job runs. They run in order, and results come between two of them.
    """
    shared = _of_shared_jobs(engine, running)
    found = {job: seconds for job, (first, *_) in shared.items() if (seconds := _silence(engine, job, first)) >= LONG}
    if not found:
        return None
    components = tuple(sorted(component for job in found for component in shared[job]))
    return Quiet(components, tuple(sorted(shared[job][0] for job in found)), max(found.values()))


def _of_shared_jobs(engine: Engine, components: Iterable[int]) -> dict[Job, list[int]]:
    """Return, in order, those of some components that share their jobs with others of these, by job."""
    jobs: dict[Job, list[int]] = {}
    for component in sorted(components):
        jobs.setdefault(engine.job(component), []).append(component)
    return {job: sharing for job, sharing in jobs.items() if len(sharing) > 1}


def _silence(engine: Engine, job: Job, first: int) -> float:
    """Return for how many seconds nothing has come of a job: since its last result, or since it began."""
    running = engine.states.runtime(first)
    if running < LONG:
        return running  # the usual case, in which nothing need be read
    last = _last_end(engine, job)
    return running if last is None else min(running, max(0.0, time.time() - last))


def _last_end(engine: Engine, job: Job) -> Optional[float]:
    try:
        found = engine.map_dir.outputs.open_early(job)
        return max((float(found.record(component)["end"]) for component in found.statuses), default=None)
    except (FileNotFoundError, CorruptMap, MadeByNewerHTMap):  # nothing has come, or nothing that can be read
        return None


def on_hold_of_all(engine: Engine, hold: ComponentHold, components: Collection[int]) -> str:
    """Return what is to be said of held components because others share their jobs; an empty text for nothing.

    Where the runner cannot finish, nobody knows which component is to blame, if any. HTCondor holds them all.
    """
    if (hold.code, hold.subcode) != (hold_codes.JOB_POLICY, hold_codes.COULD_NOT_FINISH):
        return ""
    if not _of_shared_jobs(engine, components):
        return ""
    return (
        "its whole job is held, whichever component was the cause, if one was; what was saved of it is kept, "
        "and the others run again after a release"
    )
