"""Jobs, by their places in the item files, and the folders of what they returned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from htmap_core import names


@attrs.frozen
class Job:
    """One job: a row in the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of the job's files below the outputs, without their endings."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"


def rows_in(path: Path, jobs: int) -> Iterator[list[str]]:
    """Yield the rows of an item file: one for each job, with a text for each column.

    :raises ValueError: it is damaged: it has other rows than HTMap has written, or not as many as jobs.
    """
    count = 0
    with path.open(encoding="utf-8") as file:
        for row in file:
            count += 1
            columns = row.rstrip("\n").split(names.ITEM_SEPARATOR)
            if len(columns) < len(names.COLUMNS):
                raise ValueError(f"it has the row {row[:80]!r}")
            yield columns
    if count != jobs:
        raise ValueError(f"it has {count} rows for {jobs} jobs")
