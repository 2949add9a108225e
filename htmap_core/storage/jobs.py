"""A job of a map, as its directory knows it."""

from __future__ import annotations

import attrs

from htmap_core import names


@attrs.frozen
class Job:
    """One job: a row of the item file of a submission."""

    submission: int
    row: int

    @property
    def output(self) -> str:
        """The path of its files below the outputs, without their ending."""
        return f"{self.submission}/{self.row // names.ENTRIES_PER_DIRECTORY}/{self.row}"
