"""Jobs, by their places in the item files."""

from __future__ import annotations

import attrs

from htmap_core import names


@attrs.frozen
class Job:
    """One job: a row in the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of the job's own folder below the outputs."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"
