"""Which output files the components of a map have here now, and why some have none."""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Iterable, Iterator
from typing import IO

import attrs

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import CorruptMap, MadeByNewerHTMap, OutputNotFound
from htmap_core.files.folders import FileBelow
from htmap_core.progress.work import LongWork
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job
from htmap_core.storage.outputs import Outputs
from htmap_core.submission.files.outputs import destinations


@attrs.frozen
class Source:
    """An output file of a component.

    :param job: the job that has brought it.
    :param file: what is known of it.
    """

    component: int
    job: Job
    file: FileBelow

    def open(self, outputs: Outputs) -> IO[bytes]:
        """Open it; raises the errors of :meth:`Outputs.open_sent`."""
        return outputs.open_sent(self.job, self.component, self.file.path)

    def with_problem(self, problem: str) -> Source:
        """Return it as one that stays behind."""
        return attrs.evolve(self, file=self.file._replace(problem=problem))


@attrs.define
class Sources:
    """The output files of some components of a map.

    :param files: the files that can be copied.
    :param others: how many files no pattern matches.
    :param left: what is no file, or cannot be read.
    :param unfinished: the components that have not ended.
    :param failed: those that have ended without a result, and whose files do not count.
    """

    files: list[Source] = attrs.field(factory=list)
    others: int = 0
    left: list[Source] = attrs.field(factory=list)
    unfinished: list[int] = attrs.field(factory=list)
    failed: list[int] = attrs.field(factory=list)


def sources(engine: Engine, components: Iterable[int], include: Iterable[str], *, with_failed: bool) -> Sources:
    """Return the output files that there are. Nothing waits.

    :param components: the components, counted from the front.
    :param include: patterns; a file counts if any matches its name, or its path; all count if there are none.
    :param with_failed: whether files of components that have ended without a result count.
    """
    found, statuses, chosen, patterns = Sources(), engine.statuses(), list(components), list(include)
    with LongWork(f"looking at {engine.map.tag}", len(chosen), "component") as work:
        for component in work.counting(chosen):
            try:
                sent = _sent(engine, component, statuses[component], with_failed=with_failed)
            except OutputNotFound:  # it runs, perhaps again
                found.unfinished.append(component)
                continue
            if sent is None:
                found.failed.append(component)
            for each in sent or ():
                if each.file.problem:
                    found.left.append(each)
                elif not patterns or any(_matches(each.file.path, pattern) for pattern in patterns):
                    found.files.append(each)
                else:
                    found.others += 1
    return found


def _sent(engine: Engine, component: int, status: ComponentStatus, *, with_failed: bool) -> list[Source] | None:
    """Return what a component that had *status* a moment ago has sent back; None if it has failed, and that is not wanted.

    :raises OutputNotFound: it has not ended.
    """

    def look() -> list[Source] | None:
        if not with_failed and engine.errors.has_failed(component, status):
            return None
        job = engine.job(component)
        return [Source(component, job, file) for file in engine.map_dir.outputs.sent_files(job, component)]

    if not status.is_final:
        raise OutputNotFound(engine.map.tag, component, str(status))
    return engine.consistent(component, status, look)


def _matches(path: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path.rpartition("/")[2], pattern)


def sent_elsewhere(engine: Engine, components: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the files of components that did not come here, by the option ``output_remaps``, with their destinations.

    Where what tells it is damaged, it is not told: the files that have come are there all the same.
    """
    wanted = frozenset(components)
    with contextlib.suppress(CorruptMap, MadeByNewerHTMap):
        return {component: files for component, files in _sent_elsewhere(engine) if component in wanted}
    return {}


def _sent_elsewhere(engine: Engine) -> Iterator[tuple[int, dict[str, str]]]:
    map_dir = engine.map_dir
    for portion in map_dir.placement.portions:
        _, columns = map_dir.files_of(portion.submission).read_submit()
        if names.REMAPS_COLUMN in columns:
            for row in map_dir.rows(portion.submission):
                yield from destinations(columns, row).items()
