"""The destinations of output files: the option ``output_remaps``.

A job cannot list a remapped file among the files that it returns: HTCondor would hold the job if the component did not make the
file. Instead, the runner moves the file into a folder that the job returns, under a number. HTCondor's ``transfer_output_remaps``
names that number, and has no effect if there is no such file.
"""

from __future__ import annotations

import functools
import itertools
import mmap
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from htmap_core import names
from htmap_core.contract.options import MapOptions
from htmap_core.contract.transfer_path import scheme_of, source
from htmap_core.exceptions import InvalidOption, MisalignedInputData
from htmap_core.files.file_names import why_no_name, why_not_passed
from htmap_core.language.literals import literal, original
from htmap_core.language.submit_text import option_text
from htmap_core.submission.files.protocols import Protocols
from htmap_core.user_warnings import SameDestination

OPTION = "output_remaps"
_NO_MORE = object()

_RETURNED = f"{names.RETURN}/{names.REMAPPED}/"  # the folder of the remapped files, for HTCondor on both sides
_ORIGIN = "origin/"  # not a file: an entry that keeps the original destination if a protocol replaced it by another one

# The remaps of what HTMap wants of the returned folder, to names of this job's own below the outputs. Whatever else a component
# puts into it lies in one folder beside these, which nobody reads.
TO_OWN_FILES = ";".join(f"{names.RETURN}/{name}=$({names.RESULT_COLUMN}).{name}" for name in names.RETURNED)

COMPONENT = "$(component)"  # a user's placeholder for the component's index in a destination


class OutputRemaps:
    """The destinations of output files, component by component.

    :param given: the option: one mapping from file names to destinations for all components, or one for each.
    :param protocols: gets the URLs.
    :param first: the first component; the values of those before it are passed over.
    """

    def __init__(self, given: Any, protocols: Protocols, *, first: int = 0) -> None:
        self.given = given
        self._protocols = protocols
        is_for_all = given is None or isinstance(given, Mapping)
        self._each: Iterator[Any] | None = None if is_for_all else itertools.islice(given, first, None)
        self._made: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """The item columns for the remaps of a job, with the separators of its components' remaps."""
        return {} if self.given is None else {names.REMAPS_COLUMN: ";", names.REMAPPED_COLUMN: ","}

    def of(self, component: int) -> list[list[str]]:
        """Return a component's values for each of the columns: for HTCondor and for the runner. Called in the components' order.

        :raises MisalignedInputData: the option has no value for this component.
        :raises InvalidOption: a name or destination is invalid.
        :raises CannotTransfer: jobs cannot send files to the URL of a destination.
        """
        remaps = self.given
        if remaps is None:
            return []
        if self._each is not None and (remaps := next(self._each, _NO_MORE)) is _NO_MORE:
            raise MisalignedInputData(OPTION, component, None)
        if not isinstance(remaps, Mapping):
            raise InvalidOption(
                OPTION, remaps, "must be a mapping from file names to destinations, or one for each component"
            )
        places = [f"{component}-{number}" for number in range(len(remaps))]
        for_runner = [
            f"{place}/{quote(_checked(name), safe='', errors='surrogateescape')}" for place, name in zip(places, remaps)
        ]
        for_condor = [self._remap(place, to, component) for place, to in zip(places, remaps.values())]
        return [[entry for entries in for_condor for entry in entries], for_runner]

    def check_end(self, components: int) -> None:
        """Check that all values of the option are used.

        :raises MisalignedInputData: it has more values than the map has components.
        """
        if self._each is not None and next(self._each, _NO_MORE) is not _NO_MORE:
            raise MisalignedInputData(OPTION, None, components)

    def warnings(self, components: int) -> list[SameDestination]:
        """Return warnings about files that all components send to the same destination."""
        if self._each is not None or self.given is None or components == 1:
            return []
        return [SameDestination(name, components) for name, to in self.given.items() if COMPONENT not in _text(to)]

    def _remap(self, place: str, to: Any, component: int) -> list[str]:
        destination = _text(to).replace(COMPONENT, str(component))
        if destination != destination.strip() or destination.endswith(("\\", "/", ";")) or "\t" in destination:
            reason = "HTCondor cannot send to a destination with tabs or outer blanks, or with one of \\ / ; at its end"
            raise InvalidOption(OPTION, to, reason)
        written = _escaped(destination)
        if scheme_of(destination) is None:
            self._make_room(destination)
            return [f"{_RETURNED}{place}={written}"]
        if (problem := why_not_passed(destination)) is not None:
            raise InvalidOption(OPTION, destination, problem)
        if any(character.isspace() for character in destination):
            raise InvalidOption(OPTION, to, "a URL cannot have blanks: write %20")
        sent = self._protocols.send(destination)
        remaps = [f"{_RETURNED}{place}={_escaped(sent)}"]
        return remaps if sent == destination else [*remaps, f"{_ORIGIN}{place}={written}"]

    def _make_room(self, destination: str) -> None:
        """Make the folder of a destination: HTCondor does not make it, and would hold the job."""
        if (reason := why_no_name(destination)) is not None:
            raise InvalidOption(OPTION, destination, reason)
        path = Path(destination)
        if os.path.isdir(path):
            raise InvalidOption(OPTION, destination, "is a folder: add the name of the file")
        folder = os.fspath(path.parent)
        if folder != self._made:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InvalidOption(OPTION, destination, f"its folder cannot be made: {error}") from error
            self._made = folder


def destinations(columns: Sequence[str], row: Sequence[str]) -> dict[int, dict[str, str]]:
    """Return where a job sends files of its components, by the component and the name of the file, as the user has written it.

    :param columns: the names of the item columns.
    :param row: the job's values of these.
    """
    values = dict(zip(columns, row))
    if not values.get(names.REMAPPED_COLUMN):
        return {}
    to = _entries(values[names.REMAPS_COLUMN])
    found: dict[int, dict[str, str]] = {}
    for entry in values[names.REMAPPED_COLUMN].split(","):
        place, _, name = entry.partition("/")
        written = to.get(f"{_ORIGIN}{place}") or to[f"{_RETURNED}{place}"]
        of_component = found.setdefault(int(place.partition("-")[0]), {})
        of_component[unquote(name, errors="surrogateescape")] = original(written.replace("\\;", ";"))
    return found


def _entries(remaps: str) -> dict[str, str]:
    return dict(entry.split("=", 1) for entry in re.split(r"(?<!\\);", remaps) if entry)


def has_replaced_url(text: str | mmap.mmap) -> bool:
    """Return whether remaps, or an item file, have a URL that a protocol made from another, such as a signed one."""
    return _ORIGIN in text if isinstance(text, str) else text.find(_ORIGIN.encode()) >= 0


def renewal(commands: Mapping[str, str], options: Iterable[str], *, in_ad: bool = False) -> Callable[[str], str]:
    """Return a function that renews the remaps of a job: URLs that a protocol made from others, such as signed ones, may expire.

    :param commands: the submit commands of the job's map, which have the values of its options.
    :param options: the names of these options.
    :param in_ad: whether the remaps are those of a job's ad, and not of an item column, where ``$`` begins a macro.
    """

    @functools.lru_cache(maxsize=1)
    def protocols() -> Protocols:
        given: dict[str, Any] = {name: commands[name] for name in options if name in commands and "." not in name}
        return Protocols(MapOptions(**given))

    def renewed(remaps: str) -> str:
        if not has_replaced_url(remaps):
            return remaps
        entries = _entries(remaps)
        for key, destination in list(entries.items()):
            if key.startswith(_ORIGIN):
                url = destination.replace("\\;", ";")
                sent = protocols().send(url if in_ad else original(url))
                entries[_RETURNED + key[len(_ORIGIN) :]] = sent.replace(";", "\\;") if in_ad else _escaped(sent)
        return ";".join(f"{key}={destination}" for key, destination in entries.items())

    return renewed


def _escaped(destination: str) -> str:
    return literal(OPTION, option_text(OPTION, destination)).replace(";", "\\;")


def _for_runner(name: str) -> str:
    return quote(name, safe="", errors="surrogateescape")


def _checked(name: Any) -> str:
    if not isinstance(name, str) or "/" in name or name in {"", ".", ".."}:
        raise InvalidOption(
            OPTION,
            name,
            "must be a file name: the last part of a path that the function gives to transfer_output_files()",
        )
    if (reason := why_no_name(name)) is not None:
        raise InvalidOption(OPTION, name, reason)
    return name


def _text(to: Any) -> str:
    if not isinstance(to, (str, os.PathLike)):
        raise InvalidOption(OPTION, to, "a destination must be a TransferPath, a path or a URL")
    return source(to)
