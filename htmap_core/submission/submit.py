"""How jobs come into the queue: all at once, or as slots and the schedd's limits have room.

The map's ledger knows every job in the queue, even after a crash.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from htmap_core import names
from htmap_core.condor.errors import PER_OWNER, PER_SUBMISSION, number
from htmap_core.condor.interrupts import held_back
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import CondorError
from htmap_core.language.expressions import quoted
from htmap_core.language.submit_text import render, submit_path
from htmap_core.settings.chain import settings
from htmap_core.settings.layers import BUILT_IN
from htmap_core.storage.creation import Creation
from htmap_core.storage.faults.storing import NOTHING_CHANGED, storing
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.record import MapRecord
from htmap_core.storage.submissions import Submission

_TRUE, _FALSE = {"true", "1"}, {"false", "0"}  # condor_submit's words; others are an error

logger = logging.getLogger("htmap")

# Jobs; each idle one costs the schedd memory, and time in each negotiation, whether or not it can run soon.
AT_ONCE = 500
ALWAYS = 100  # jobs, for which no schedd is asked about limits
_TIMES_SLOTS = 3  # idle jobs for each that can run at a time: slots that become free between two negotiations find jobs
_RUNNING = "MAX_JOBS_RUNNING"
_USUAL = 10_000  # jobs: the default of MAX_JOBS_RUNNING, which is an expression of the schedd's memory
_KEEPS = "keep_claim_idle"
_KEEPING = f"MAP_OPTIONS.{_KEEPS}"

# The commands that have the schedd make jobs late.
LATE = frozenset({"max_idle", "max_materialize", "materialize_max_idle"})


class Queue(Protocol):
    """A queue of jobs; the connection to a pool is one."""

    def submit(self, text: str) -> Any:
        """Submit a description, and return an object with the number of the ``cluster``."""

    def remove(self, constraint: str, reason: str) -> None:
        """Remove the jobs that satisfy a ClassAd expression."""


def submit(
    map_dir: MapDir,
    jobs: int,
    commands: Mapping[str, str],
    columns: tuple[str, ...],
    queue: Queue,
    added: Added | None = None,
) -> Submission:
    """Submit the next submission of a map, and return it; its item file exists already.

    The intent is on disk before the schedd is asked, and the outcome directly afterwards. If the process is killed in between,
    the next command asks the schedd. Ctrl-C waits until the outcome is on disk. If the disk is too full for the outcome, the
    jobs are removed from the queue.

    :param added: the components that the jobs add to the map; None if it has them already.
    """
    late = not LATE.isdisjoint(commands)
    held = not late and commands.get("hold", "").casefold() in _TRUE  # HTCondor ignores `hold` where it makes jobs late
    with held_back():
        submission = map_dir.intend(jobs, late=late, held=held, added=added)
        own = {f"MY.{names.SUBMISSION_TOKEN}": quoted(submission.token), **root_of_rows(map_dir, columns)}
        text = render({**commands, **own}, columns, map_dir.items(submission.number))
        try:
            cluster = queue.submit(text).cluster
        except Exception:
            # Most likely the schedd refused it. If only its answer was lost, the jobs are in the queue, and the token finds them.
            with contextlib.suppress(Exception):  # the user should see the first error
                queue.remove(submission.constraint, "htmap got no answer to its submission")
            map_dir.submissions.not_taken(submission)
            raise
        try:
            map_dir.submissions.taken(submission, cluster)
        except OSError:
            queue.remove(submission.constraint, "htmap could not write down that it was submitted")
            raise
    return submission


def take_back(map_dir: MapDir, submissions: Iterable[Submission], queue: Queue) -> None:
    """Take jobs out of the queue, and strike out their submissions: what they belong with was refused, or never submitted.

    :raises CondorError: the schedd does not answer.
    """
    for submission in submissions:
        queue.remove(submission.constraint, "htmap could not submit all that belongs with it")
        map_dir.submissions.not_taken(submission)


def root_of_rows(map_dir: MapDir, columns: Iterable[str]) -> dict[str, str]:
    """Return the definition of the variable by which rows name files in HTMAP_DIR, if they name files."""
    return {names.ROOT_VARIABLE: submit_path(map_dir.root)} if names.FILES_COLUMN in columns else {}


def submit_map(
    creation: Creation,
    record: MapRecord,
    commands: dict[str, str],
    queue: Queue,
    authors: dict[str, str] | None = None,
) -> None:
    """Write the record and the submit description of a map, and submit its jobs.

    :param authors: who has set each command, but for those that HTMap alone has set; None if that is not known.
    """
    map_dir = creation.map_dir
    with storing(map_dir.path):
        map_dir.write_record(record)
        map_dir.write_submit(commands, creation.columns, authors)
        submit(map_dir, creation.jobs, commands, creation.columns, queue)


def submit_growth(
    growth: Growth, added: Added, commands: dict[str, str], queue: Queue, authors: dict[str, str] | None = None
) -> None:
    """Write the submit description of components that are added to a map, and submit their jobs.

    :param authors: as for :func:`submit_map`.
    """
    with storing(growth.map_dir.path, NOTHING_CHANGED):
        growth.files.write_submit(commands, growth.columns, authors)
        submit(growth.map_dir, growth.jobs, commands, growth.columns, queue, added)


def set_pace(submit: SubmitDescription, plan: MapPlan, parameter: Callable[[str], str | None]) -> None:
    """Have the schedd make the jobs of a large map late, unless the user has said how, and keep slots for those to come.

    :param parameter: returns a parameter of the schedd's configuration, or None; it may raise CondorError.
    """
    is_late = any(submit.has(name) for name in LATE)
    is_held = (submit.get("hold") or "false").casefold() not in _FALSE  # HTCondor ignores it where it makes jobs late
    if not is_late and not is_held and plan.jobs > ALWAYS:
        most = most_jobs(parameter)
        if is_late := plan.jobs > min(AT_ONCE, most):
            submit.set("max_idle", max(1, min(_for_slots(submit, plan.pool), most)))
    if is_late:
        submit.set_default(_KEEPS, plan.settings[_KEEPING])


def without_keeping(defaults: MapOptions) -> MapOptions:
    """Return the options of the settings without the built-in time for which slots are kept: few maps need it.

    A slot goes on with the next job of its map by itself. Kept after the last one, it is lost to others, and to the user's next
    map, if that asks for more.
    """
    if settings.origin(_KEEPING) == BUILT_IN:
        defaults.pop(_KEEPS, None)
    return defaults


def most_jobs(parameter: Callable[[str], str | None]) -> int:
    """Return how many jobs a map may have in the queue: half of what the schedd allows its user, and what can run."""
    try:
        limits = {name: number(parameter(name)) for name in (PER_OWNER, PER_SUBMISSION, _RUNNING)}
    except CondorError as error:  # a schedd may keep its configuration to itself
        logger.info("the schedd's limits are not known: %s", error)
        return _USUAL
    own, together, running = (_USUAL if limit is None else limit for limit in limits.values())
    return min(own // 2, together, running, _USUAL)


def _for_slots(submit: SubmitDescription, pool: PoolView) -> int:
    """Return how many idle jobs keep all slots of a pool busy."""
    cpus = number(submit.get("request_cpus")) or 1
    try:
        totals = [ad.get("TotalSlotCpus") or ad.get("Cpus") or 1 for ad in pool.slots(["TotalSlotCpus", "Cpus"])]
    except CondorError as error:
        logger.info("how many jobs can run at a time is not known: %s", error)
        return AT_ONCE
    return max(AT_ONCE, _TIMES_SLOTS * sum(int(total) // cpus for total in totals))
