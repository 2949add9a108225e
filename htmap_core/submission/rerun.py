"""Submits components of a map again, from what is on disk alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from htmap_core import names
from htmap_core.condor.interrupts import held_back
from htmap_core.storage import operations
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.submit import Queue, submit
from htmap_run import ranges


def submit_again(
    map_dir: MapDir, tag: str, components: Iterable[int], queue: Queue, renewed: Callable[[str], str]
) -> None:
    """Submit components again, with the inputs and options they were made with; delete what they had returned.

    Components that shared a job share one again.

    :param renewed: what makes anew the destinations of a job's outputs.

    :raises BusyMap: another process does the same just now.
    """
    chosen = list(components)
    with operations.perform(names.RERUNNING, map_dir, tag):
        commands, columns = map_dir.read_submit()
        map_dir.refresh()
        map_dir.remove_checkpoints(chosen)
        before = {component: map_dir.placement.job_of(component) for component in chosen}
        number = map_dir.submissions.next_number()
        jobs = _write_items(map_dir, number, chosen, columns, renewed)
        with held_back():  # between the submission and the end of what it replaces
            try:
                submit(map_dir, jobs, {**commands, "JobBatchName": tag}, columns, queue)
            except Exception:
                map_dir.items(number).unlink(missing_ok=True)
                raise
            map_dir.refresh()
            for component, job in before.items():
                map_dir.outputs.delete_files(job, component)
            for job in set(before.values()) - set(map_dir.placement.jobs()):
                map_dir.outputs.delete(job)


def _write_items(
    map_dir: MapDir,
    submission: int,
    components: Iterable[int],
    names_of: tuple[str, ...],
    renewed: Callable[[str], str],
) -> int:
    """Write the item file of a submission, and return how many jobs it has."""
    by_row: dict[int, list[int]] = defaultdict(list)
    for component in sorted(components):
        by_row[component // map_dir.record.chunksize].append(component)
    with map_dir.items(submission).open("w", encoding="utf-8") as file:
        for number, (row, wanted) in enumerate(_chosen(map_dir.rows(), by_row)):
            if names.REMAPS_COLUMN in names_of:
                place = names_of.index(names.REMAPS_COLUMN)
                row[place] = renewed(row[place])
            _, _, inputs, _, *values = row
            columns = (str(wanted[0]), ranges.spell(wanted), inputs, Job(submission, number).output, *values)
            file.write(names.ITEM_SEPARATOR.join(columns) + "\n")
    return len(by_row)


def _chosen(rows: Iterable[list[str]], wanted: dict[int, list[int]]) -> Iterator[tuple[list[str], list[int]]]:
    for number, row in enumerate(rows):
        if number in wanted:
            yield row, wanted[number]
