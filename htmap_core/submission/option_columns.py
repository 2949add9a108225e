"""Options that are a column of the item file: those with a value for each component, and a time limit that jobs differ in."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from htmap_core.contract.option_values import WALLTIME, is_fixed
from htmap_core.contract.options import MapOptions
from htmap_core.contract.usual.checks import checked_text
from htmap_core.contract.walltime import Walltime, margin_of_jobs, of_job, wanted
from htmap_core.exceptions import MisalignedInputData
from htmap_core.language.environment_text import newer_syntax
from htmap_core.language.submit_commands import referred_to
from htmap_core.language.submit_text import ENVIRONMENT, REQUIREMENTS, OptionValue
from htmap_core.names import WALLTIME_VARIABLE
from htmap_core.storage.portions.writing import Value

_NO_MORE = object()

# What an empty value of a component means where HTMap combines it with expressions of its own.
_EMPTY = {REQUIREMENTS: "true", "periodic_hold": "false", "periodic_hold_reason": "undefined", WALLTIME: "undefined"}


class OptionColumns:
    """The columns of options during the creation of a map.

    :param options: the map options; their iterables are consumed one value at a time.
    :param jobs_differ: whether jobs have different numbers of components, so that each has a time limit of its own.
    :param first: the first component; the values of those before it are passed over.
    """

    def __init__(self, options: MapOptions, *, jobs_differ: bool = False, first: int = 0) -> None:
        given = options.per_component()
        self._values: dict[str, Iterator[OptionValue]] = {
            name: itertools.islice(values, first, None) for name, values in given.items()
        }
        # Not htmap_option_1: a digit after an underscore makes HTCondor 25 misread the whole queue statement.
        self.names = {
            name: WALLTIME_VARIABLE if name == WALLTIME else f"htmap_option{number}"
            for number, name in enumerate(given)
        }
        self._components = first
        self.referred_to: set[str] = set()
        """The names of macros in the values so far, in lower case."""
        self.walltime: Walltime | None = None
        """The longest time limit so far, of the option ``walltime``."""
        time = options.get(WALLTIME)
        self._of_each = wanted(time) if jobs_differ and time is not None and is_fixed(time) else None
        """The seconds of each component, if a job's time follows from how many it has."""
        if self._of_each is not None:
            self.names[WALLTIME] = WALLTIME_VARIABLE
        self._margin = margin_of_jobs() if WALLTIME in self.names else 0

    def of_next(self) -> list[Value]:
        """Return the next component's row of values.

        :raises MisalignedInputData: an option has no value for it.
        :raises InvalidOption: an option does not take its value.
        """
        row: list[Value] = []
        for name, values in self._values.items():
            value = next(values, _NO_MORE)
            if value is _NO_MORE:
                raise MisalignedInputData(name, self._components, None)
            text = self._limit(value) if name == WALLTIME else checked_text(name, value)
            if name in ENVIRONMENT:
                text = newer_syntax(text)  # in which plugins can add variables
            if "$" in text:
                self.referred_to |= referred_to(text)
            row.append(text or _EMPTY.get(name, ""))
        if self._of_each is not None:
            row.append(self._limit_of_job)
        self._components += 1
        return row

    def _limit(self, value: object) -> str:
        """Return the time limit of a job by the ``walltime`` of its only component: that is what its column has."""
        component = wanted(value)
        if component is None:
            return ""
        walltime = of_job(component, margin=self._margin)
        if self.walltime is None or walltime.limit > self.walltime.limit:
            self.walltime = walltime
        return str(walltime.limit)

    def _limit_of_job(self, components: int) -> str:
        return str(of_job(self._of_each or 0, components, margin=self._margin).limit)

    def end(self) -> None:
        """Check that all values of the options are used.

        :raises MisalignedInputData: an option has more values than the map has components.
        """
        for name, values in self._values.items():
            if next(values, _NO_MORE) is not _NO_MORE:
                raise MisalignedInputData(name, None, self._components)
