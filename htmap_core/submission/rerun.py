"""The rerun of components, with only the files of the map's directory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import attrs

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.condor.interrupts import held_back
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import CannotRerunComponents, CorruptMap, MapWasRemoved
from htmap_core.language.literals import literal
from htmap_core.language.submit_text import RESERVED_COMMANDS, attribute_name, batch_name
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.faults import plugin_faults
from htmap_core.settings.chain import settings
from htmap_core.storage import operations
from htmap_core.storage.jobs import Job, Portion
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Performing
from htmap_core.storage.portions.files import PortionFiles
from htmap_core.storage.submissions import Submission
from htmap_core.submission.archive import build
from htmap_core.submission.files.outputs import renewal
from htmap_core.submission.submit import Queue, submit, take_back
from htmap_run import ranges


class States(Protocol):
    """What is known of a map's components and jobs, as of now; an engine is one."""

    def statuses(self) -> Sequence[ComponentStatus]:
        """Return the status of every component now."""

    def open_jobs(self, jobs: Iterable[Job]) -> Sequence[Job]:
        """Return those of some jobs that have not ended, as of the last look."""


def rerun(map_dir: MapDir, tag: str, components: Sequence[int], states: States, queue: Queue | None = None) -> None:
    """Run components again with their inputs and options, and delete their earlier results.

    Components that shared a job share one again. A job is removed from the queue if all its components run again: their results
    may have come before its end.

    :param components: their indices, in order.
    :param queue: what takes the jobs of a map that runs on this machine; None for the map's pool.
    :raises CannotRerunComponents: some of them have not ended.
    :raises CorruptMap: the function, an input or the description is damaged; nothing has changed then.
    :raises MapWasRemoved: the map was removed meanwhile; nothing runs again.
    :raises BusyMap: another thread or process is running components of the map again.
    :raises CondorError: the schedd does not answer, or refuses a part of the components. None of them runs again then.
    :raises RequiredPluginError: a plugin that PLUGINS.REQUIRED names does not work; nothing has changed then.
    :raises HTMapException: a plugin cannot get the credentials that they need, or the map lies where its site forbids it; nothing
        has changed then.
    """
    _check_ended(tag, components, states.statuses())
    if not components:
        return
    with plugins.of_map(map_dir.plugin_files):
        plugin_faults.check()
        pool: PoolView | None = None
        if queue is None:
            queue = pool = pools.reach(map_dir.pool, map_dir.plugin_files)
            pools.check_place(pool, map_dir.root)
        portions = map_dir.placement.by_portion(components)
        described = {each: _read_submit(map_dir.files_of(each.submission)) for each in portions}
        map_dir.check_sources(components)
        if pool is not None:
            for portion, (commands, _) in described.items():
                _renew_credentials(map_dir, portion, tag, commands, pool)
    with operations.perform(names.RERUNNING, map_dir, tag, **_together(map_dir, len(portions))) as performing:
        _check_ended(tag, components, states.statuses())  # another thread or process may have run some again until now
        map_dir.clear_unsubmitted()  # of earlier attempts, whose jobs may have ended since
        map_dir.remove_checkpoints(components)
        parts = [_Part(portion, portions[portion], *described[portion]) for portion in portions]
        _submit_again(map_dir, parts, _Asked(tag, states, queue), performing)
    logger.info("map %r: runs %d components again", tag, len(components))


def _together(map_dir: MapDir, count: int) -> dict[str, Any]:
    """Return what a marker says of submissions that count together or not at all; nothing where there is one.

    Components that were added to a map later have another description, and so another cluster.
    """
    first = map_dir.next_submission()
    return {"together": [*range(first, first + count)]} if count > 1 else {}


@attrs.frozen
class _Part:
    """Components of one portion that run again.

    :param commands: the portion's submit commands.
    :param columns: its item columns.
    """

    portion: Portion
    components: Sequence[int]
    commands: Mapping[str, str]
    columns: tuple[str, ...]


@attrs.frozen
class _Asked:
    """The map that components run again of, and those who are asked about it."""

    tag: str
    states: States
    queue: Queue


def _submit_again(map_dir: MapDir, parts: Sequence[_Part], asked: _Asked, performing: Performing) -> None:
    """Submit components again, and delete their earlier results once all are in the queue."""
    before = {each: map_dir.placement.job_of(each) for part in parts for each in part.components}
    first = map_dir.next_submission()
    try:
        jobs = [_write_items(map_dir, number, part) for number, part in enumerate(parts, first)]
    except Exception:
        map_dir.clear_unsubmitted()
        raise
    with held_back():  # Ctrl-C must not come between the submissions and the deletion of the earlier results
        _submit_all(map_dir, list(zip(parts, jobs)), asked, performing)
        if not map_dir.exists:  # a removal that began meanwhile may have missed these jobs
            asked.queue.remove(map_dir.own_jobs, "removed with htmap")
            raise MapWasRemoved(asked.tag)
        if left := asked.states.open_jobs(_delete_returned(map_dir, before)):
            asked.queue.remove(map_dir.some_own_jobs(left), "its components run again")


def _submit_all(map_dir: MapDir, parts: Sequence[tuple[_Part, int]], asked: _Asked, performing: Performing) -> None:
    """Submit all parts of what runs again, or none.

    If those before a refused one cannot be taken out of the queue now, the marker stays, and the next command does it.

    :param parts: each with the number of its jobs.
    """
    taken: list[Submission] = []
    try:
        for part, jobs in parts:
            commands = {**part.commands, "JobBatchName": literal("JobBatchName", batch_name(asked.tag))}
            taken.append(submit(map_dir, jobs, commands, part.columns, asked.queue))
    except Exception:
        try:
            take_back(map_dir, taken, asked.queue)
            map_dir.clear_unsubmitted()
        except Exception as error:  # the user should see the first error
            logger.warning("map %r: a part of what was to run again is left in the queue: %s", asked.tag, error)
            performing.is_left = True
        raise


def _read_submit(files: PortionFiles) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the submit commands and item columns of a portion. The archive is mended, if this HTMap made it as it was."""
    try:
        return files.read_submit()
    except CorruptMap as error:
        if error.path != files.runtime or not files.mend_runtime(build()):
            raise
    return files.read_submit()


def _check_ended(tag: str, components: Iterable[int], statuses: Sequence[ComponentStatus]) -> None:
    if active := [component for component in components if not statuses[component].is_final]:
        raise CannotRerunComponents(tag, active)


def _renew_credentials(
    map_dir: MapDir, portion: Portion, tag: str, commands: Mapping[str, str], pool: PoolView
) -> None:
    """Let plugins store the credentials that a map's jobs need again: the pool may have lost them.

    The map's submit description stays unchanged, so edits of plugins are discarded.
    """
    attributes = {attribute_name(name) or "": text for name, text in commands.items()}
    own = {name: text for name, text in attributes.items() if name and name.casefold() not in RESERVED_COMMANDS}
    description = SubmitDescription()
    for name, text in own.items():
        description.set_attribute(name, text)
    plan = MapPlan(
        tag=tag,
        map_dir=map_dir.path,
        runtime=map_dir.files_of(portion.submission).runtime,
        components=len(portion.components),
        jobs=portion.jobs,
        options=MapOptions(custom_options=own),
        settings=settings,
        pool=pool,
    )
    plugins.setup_credentials(description, plan)


def _write_items(map_dir: MapDir, submission: int, part: _Part) -> int:
    """Write the item file of a submission, and return its number of jobs."""
    portion = part.portion

    def rows() -> Iterator[tuple[str, ...]]:
        for job, (row, wanted) in enumerate(_chosen(map_dir.rows(portion.submission), by_row)):
            if names.REMAPS_COLUMN in part.columns:
                place = part.columns.index(names.REMAPS_COLUMN)
                row[place] = renewed(row[place])
            _, _, inputs, _, *values = row
            yield str(wanted[0]), ranges.spell(wanted), inputs, Job(submission, job).output, *values

    by_row: dict[int, list[int]] = defaultdict(list)
    for component in part.components:
        by_row[portion.row_of(component)].append(component)
    renewed = renewal(part.commands, portion.options)
    map_dir.write_items(submission, rows())
    return len(by_row)


def _chosen(rows: Iterable[list[str]], wanted: Mapping[int, list[int]]) -> Iterator[tuple[list[str], list[int]]]:
    for number, row in enumerate(rows):
        if number in wanted:
            yield row, wanted[number]


def _delete_returned(map_dir: MapDir, before: Mapping[int, Job]) -> set[Job]:
    """Delete the earlier results of components, and the files of earlier jobs that no component needs any more.

    :param before: the earlier jobs of the components.
    :returns: these jobs.
    """
    map_dir.refresh()
    for component, job in before.items():
        map_dir.outputs.delete_files(job, component)
    replaced = set(before.values()) - set(map_dir.placement.jobs())
    for job in replaced:
        map_dir.outputs.delete(job)
    return replaced
