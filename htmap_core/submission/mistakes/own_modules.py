"""Modules of the user's own that a map needs, and that its jobs will not find unless they are sent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from htmap_core.contract.options import MapOptions
from htmap_core.results.needed_modules import needed_modules
from htmap_core.results.own_modules import only_here
from htmap_core.results.pickling import Pickled


@attrs.frozen
class OwnModules:
    """The user's own modules that a map needs.

    :param sent: the files that HTMap sends along by itself.
    :param missing: where those are that nobody sends, by name.
    """

    sent: Sequence[str] = ()
    missing: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def of(cls, needing: Pickled, options: MapOptions, *, sends: bool) -> OwnModules:
        """Return those that something pickled needs, besides the modules that the options send.

        A module of one file is sent, and so are those that it imports. A package may be large, or have data that it does not
        need, so that is left to the user.

        :param sends: whether HTMap may send files.
        """
        sent: list[str] = []
        given = [*map(str, options.fixed_input_files), *needing.sources]
        while own := _own(needed_modules(needing, [*given, *sent])):
            if (taken := _names_for_components(options)) is None:
                return cls()
            missing = {name: place for name, place in own.items() if not {place.name, name} & taken}
            files = [str(place) for place in missing.values() if place.is_file()] if sends else []
            if not files:
                return cls(sent, {name: str(place) for name, place in missing.items()})
            sent += files
        return cls(sent)


def _own(needed: Iterable[str]) -> dict[str, Path]:
    found = ((name, only_here(name)) for name in sorted(needed))
    return {name: place for name, place in found if place is not None}


def _names_for_components(options: MapOptions) -> set[str] | None:
    """Return the names of the files that single components get; None if they are not known yet."""
    given: Any = () if options.input_files is None else options.input_files
    return {os.path.basename(path.rstrip("/")) for path in _paths_in(given)} if isinstance(given, Sequence) else None


def _paths_in(given: Iterable[Any]) -> Iterator[str]:
    for each in given:
        if isinstance(each, (list, tuple)):
            yield from _paths_in(each)
        elif isinstance(each, (str, os.PathLike)):
            yield str(each)
