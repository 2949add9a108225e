"""Where output files go instead of back: the option ``output_remaps``.

A remapped file cannot be named among the files that a job returns, because a job whose component did not make it would be held.
So the runner puts what it is given under a remapped name into a folder of the files that are returned, under a number, and
HTCondor's ``transfer_output_remaps`` names that number, which does nothing where there is no such file.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from htmap_core import names
from htmap_core.contract.options import MapOptions
from htmap_core.contract.transfer_path import scheme_of, source
from htmap_core.exceptions import InvalidOption, MisalignedInputData
from htmap_core.language.submit_text import submit_path
from htmap_core.submission.files.protocols import Protocols
from htmap_core.user_warnings import SameDestination

OPTION = "output_remaps"
_NO_MORE = object()

# What a remapped file is called where it is looked up: by the execute side, which sends it, or the submit side, which writes it.
_FOR_EXECUTE_SIDE = f"{names.RETURN}/{names.REMAPPED}/"
_FOR_SUBMIT_SIDE = f"{names.REMAPPED}/"
_ORIGIN = "origin/"  # no file at all: where the destination stays that a protocol made another one from

COMPONENT = "$(component)"  # what users write into a destination that all components share


class OutputRemaps:
    """The destinations of output files, component by component.

    :param given: the option: one mapping from file names to destinations for all components, or one for each.
    :param protocols: learns of the URLs.
    """

    def __init__(self, given: Any, protocols: Protocols) -> None:
        self.given = given
        self._protocols = protocols
        self._each: Iterator[Any] | None = None if given is None or isinstance(given, Mapping) else iter(given)
        self._made: str | None = None

    @property
    def columns(self) -> dict[str, str]:
        """The item columns for the remaps of a job, and what separates those of its components."""
        return {} if self.given is None else {names.REMAPS_COLUMN: ";", names.REMAPPED_COLUMN: ","}

    def of(self, component: int) -> list[list[str]]:
        """Return a component's values in each of the columns: for HTCondor, and for the runner. Called for one after the other.

        :raises MisalignedInputData: there is none for this component.
        :raises InvalidOption: a name or destination cannot be what it is.
        :raises CannotTransfer: a destination is a URL that cannot be sent to.
        """
        remaps = self.given
        if remaps is None:
            return []
        if self._each is not None and (remaps := next(self._each, _NO_MORE)) is _NO_MORE:
            raise MisalignedInputData(OPTION, component, None)
        if not isinstance(remaps, Mapping):
            raise InvalidOption(
                OPTION, remaps, "is a mapping from file names to destinations, or one for each component"
            )
        places = [f"{component}-{number}" for number in range(len(remaps))]
        for_runner = [f"{place}/{quote(_checked(name), safe='')}" for place, name in zip(places, remaps)]
        for_condor = [self._remap(place, to, component) for place, to in zip(places, remaps.values())]
        return [[entry for entries in for_condor for entry in entries], for_runner]

    def check_end(self, components: int) -> None:
        """Check that none are left over.

        :raises MisalignedInputData: there are.
        """
        if self._each is not None and next(self._each, _NO_MORE) is not _NO_MORE:
            raise MisalignedInputData(OPTION, None, components)

    def warnings(self, components: int) -> list[SameDestination]:
        """Return what is probably not meant so: components that all send a file to the same place."""
        if self._each is not None or self.given is None or components == 1:
            return []
        return [SameDestination(name, components) for name, to in self.given.items() if COMPONENT not in _text(to)]

    def _remap(self, place: str, to: Any, component: int) -> list[str]:
        destination = _text(to).replace(COMPONENT, str(component))
        if destination != destination.strip() or destination.endswith(("\\", "/")):
            raise InvalidOption(
                OPTION, to, "HTCondor cannot send to what has outer blanks, or ends in a backslash or slash"
            )
        if scheme_of(destination) is None:
            self._make_room(destination)
            return [f"{_FOR_SUBMIT_SIDE}{place}={_escaped(destination)}"]
        if any(character.isspace() for character in destination):
            raise InvalidOption(OPTION, to, "a URL has no blanks: write %20")
        sent = self._protocols.send(destination)
        remaps = [f"{_FOR_EXECUTE_SIDE}{place}={_escaped(sent)}"]
        return remaps if sent == destination else [*remaps, f"{_ORIGIN}{place}={_escaped(destination)}"]

    def _make_room(self, destination: str) -> None:
        """Make the folder that a file is to be put into: HTCondor does not, and would hold the job."""
        path = Path(destination)
        if path.is_dir():
            raise InvalidOption(OPTION, destination, "is a folder: say what the file is to be called in it")
        folder = os.fspath(path.parent)
        if folder != self._made:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InvalidOption(OPTION, destination, f"its folder cannot be made: {error}") from error
            self._made = folder


def renewal(commands: Mapping[str, str], options: Iterable[str]) -> Callable[[str], str]:
    """Return what makes the remaps of a job anew: those of URLs that a protocol made from others, and that may not last.

    :param commands: the submit commands of the job's map, where the values of its options are found again.
    :param options: the names of these options.
    """

    @functools.lru_cache(maxsize=1)
    def protocols() -> Protocols:
        given: dict[str, Any] = {name: commands[name] for name in options if name in commands and "." not in name}
        return Protocols(MapOptions(**given))

    def renewed(remaps: str) -> str:
        if _ORIGIN not in remaps:
            return remaps
        entries = dict(entry.split("=", 1) for entry in re.split(r"(?<!\\);", remaps))
        for key, destination in list(entries.items()):
            if key.startswith(_ORIGIN):
                sent = protocols().send(destination.replace("\\;", ";").replace("$(DOLLAR)", "$"))
                entries[_FOR_EXECUTE_SIDE + key[len(_ORIGIN) :]] = _escaped(sent)
        return ";".join(f"{key}={destination}" for key, destination in entries.items())

    return renewed


def _escaped(destination: str) -> str:
    return submit_path(destination).replace(";", "\\;")


def _checked(name: Any) -> str:
    if not isinstance(name, str) or "/" in name or name in {"", ".", ".."}:
        raise InvalidOption(
            OPTION, name, "is not a file name: the last part of the path that transfer_output_files() gets"
        )
    return name


def _text(to: Any) -> str:
    if not isinstance(to, (str, os.PathLike)):
        raise InvalidOption(OPTION, to, "a destination is a TransferPath, a path or a URL")
    return source(to)
