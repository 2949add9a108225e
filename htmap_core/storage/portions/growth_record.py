"""What the ledger of a map's submissions says of components that were added to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import attrs

from htmap_core.storage.faults.damage import check_shape
from htmap_core.storage.jobs import JobSizes, Portion

_ADDED = {
    "first": int,
    "sizes": [[int]],
    "options": dict,
    "delivery_method?": str,
    "chunking?": (dict, type(None)),
    "kept?": (dict, type(None)),
}


@attrs.frozen
class Added:
    """Components that were added to a map, as ``map.json`` has it of those that it was made with.

    :param first: the first of them.
    :param sizes: runs of jobs of one size: how many they are, and how many components each has.
    :param options: the map options as given, for people to read.
    :param delivery_method: how Python reaches the execute node.
    :param chunking: why HTMap has chosen these sizes, as plain facts; None where the user has.
    :param kept: what later runs of the script compare, see :class:`~htmap_core.storage.record.MapRecord`.
    """

    first: int = attrs.field(validator=attrs.validators.ge(1))
    sizes: Sequence[Sequence[int]]
    options: Mapping[str, Any]
    delivery_method: str = ""
    chunking: Optional[Mapping[str, Any]] = None
    kept: Optional[Mapping[str, Any]] = None

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Added:
        """Return what a line of the ledger says, to which a later version may have added other facts."""
        check_shape(facts, _ADDED)
        known = attrs.fields_dict(cls)
        return cls(**{name: fact for name, fact in facts.items() if name in known})

    def portion(self, submission: int) -> Portion:
        """Return the portion of a map that this makes."""
        runs = [(jobs, size) for jobs, size in self.sizes]
        sizes = JobSizes(runs, sum(jobs * size for jobs, size in runs))
        return Portion(sizes, submission, self.first, self.options)
