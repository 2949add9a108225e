"""Submits components of a map again, from what is on disk alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from htmap_core import names
from htmap_core.run import ranges
from htmap_core.storage import store
from htmap_core.storage.jobs import Job, Submission
from htmap_core.storage.mapdir import MapDir
from htmap_core.submit import render


def submit_again(map_dir: MapDir, tag: str, components: Iterable[int], submit: Callable[[str], Any]) -> None:
    """Submit components again, with the inputs and options they were made with; delete what they had returned.

    Components that shared a job share one again. As with the creation of a map, what is intended is on disk before the schedd is
    asked.

    :param submit: takes the text of a submit description, and returns something with the number of the ``cluster``.
    :raises BusyMap: another process does the same just now.
    """
    with store.begun(names.RERUNNING, map_dir, tag):
        commands, columns = map_dir.read_submit()
        late = not {"max_idle", "max_materialize"}.isdisjoint(commands)
        map_dir.refresh()
        replaced = {map_dir.placement.job_of(component) for component in components}
        number = map_dir.next_submission()
        jobs = _write_items(map_dir, number, components)
        submission = map_dir.intend(jobs, late=late)
        own = {"JobBatchName": tag, f"MY.{names.SUBMISSION_TOKEN}": f'"{submission.token}"'}
        try:
            cluster = submit(render({**commands, **own}, columns, map_dir.items(number))).cluster
        except BaseException:
            _give_up(map_dir, submission)
            raise
        map_dir.submitted(submission, cluster)
        map_dir.refresh()
        current = set(map_dir.placement.jobs())
        for job in replaced - current:
            map_dir.outputs.delete(job)


def _give_up(map_dir: MapDir, submission: Submission) -> None:
    map_dir.never_submitted(submission)
    map_dir.items(submission.number).unlink(missing_ok=True)


def _write_items(map_dir: MapDir, submission: int, components: Iterable[int]) -> int:
    """Write the item file of a submission, and return how many jobs it has."""
    by_row: dict[int, list[int]] = defaultdict(list)
    for component in sorted(components):
        by_row[component // map_dir.record.chunksize].append(component)
    with map_dir.items(submission).open("w", encoding="utf-8") as file:
        for number, (row, wanted) in enumerate(_chosen(map_dir.rows(), by_row)):
            _, _, inputs, _, *values = row
            columns = (str(wanted[0]), ranges.spell(wanted), inputs, Job(submission, number).output, *values)
            file.write(names.ITEM_SEPARATOR.join(columns) + "\n")
    return len(by_row)


def _chosen(rows: Iterable[list[str]], wanted: dict[int, list[int]]) -> Iterator[tuple[list[str], list[int]]]:
    for number, row in enumerate(rows):
        if number in wanted:
            yield row, wanted[number]
