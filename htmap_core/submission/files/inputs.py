"""The input files of a map: those that options name, and those that functions and their arguments have as TransferPath."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from htmap_core import names
from htmap_core.contract.options import MapOptions
from htmap_core.contract.transfer_path import source
from htmap_core.exceptions import InvalidOption, MisalignedInputData
from htmap_core.language.submit_text import submit_path
from htmap_core.submission.files.protocols import Protocols
from htmap_core.submission.files.staging import Staging
from htmap_core.user_warnings import SuspiciousMap, TooLargeInputFiles, UnreadableInputFiles

Entries = list[list[str]]

_DISK = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)B?", re.IGNORECASE)
_KIB_IN = {"": 1, "K": 1, "M": 1024, "G": 1024**2, "T": 1024**3}  # request_disk without a unit is in KiB


class InputFiles:
    """The input files of a map that is being made.

    :param options: the map options, whose ``input_files`` are taken one by one.
    :param chunksize: how many components share a job.
    :param protocols: learns of the URLs.
    """

    columns: ClassVar[Mapping[str, str]] = {names.FILES_COLUMN: ","}

    def __init__(self, options: MapOptions, chunksize: int, protocols: Protocols) -> None:
        self._protocols = protocols
        self._fixed = [_source("fixed_input_files", path) for path in options.fixed_input_files]
        self._given: Iterator[Any] | None = None if options.input_files is None else iter(options.input_files)
        self._request_disk = options.get("request_disk")
        self._chunksize = chunksize
        self._job = -1

    def begin(self, map_path: Path, of_function: Iterable[str]) -> Entries:
        """Take in the files that all components get.

        :param map_path: the map's directory.
        :param of_function: the sources of the TransferPaths that the function has.
        :returns: what the execute side must know of them.
        :raises SameName: two of them have the same name.
        :raises CannotTransfer: one of them is a URL that nothing can be fetched from.
        """
        self._staging = Staging(map_path, self._protocols.fetch)
        return self._staging.add_for_all(self._fixed, of_function)

    def of(self, component: int, of_arguments: Collection[str]) -> tuple[Entries, list[str]]:
        """Take in the files of the next component.

        :param of_arguments: the sources of the TransferPaths that its arguments have.
        :returns: what the execute side must know of them, and its values in the item column.
        :raises MisalignedInputData: the option ``input_files`` has nothing for it.
        :raises SameName: two of them have the same name.
        :raises CannotTransfer: one of them is a URL that nothing can be fetched from.
        """
        if self._given is None and not of_arguments:
            return [], []
        if component // self._chunksize != self._job:
            self._job = component // self._chunksize
            self._staging.begin_job(component)
        entries, listed = self._staging.add(self._named(component), of_arguments)
        return entries, [text.replace("$", "$(DOLLAR)") for text in listed]

    def check_end(self, components: int) -> None:
        """Check that the option ``input_files`` has nothing left over."""
        if self._given is not None and next(self._given, self) is not self:
            raise MisalignedInputData("input_files", None, components)

    @property
    def to_transfer(self) -> list[str]:
        """What every job transfers, as it stands in a submit description."""
        column = [f"$({names.FILES_COLUMN})"] if self._staging.has_files else []
        return [*map(submit_path, self._staging.for_all), *column]

    def warnings(self) -> Iterator[SuspiciousMap]:
        """Yield reasons to expect that jobs will be held for their input files."""
        found = self._staging.summary
        if found.problems:
            yield UnreadableInputFiles(found.problems, found.problem_count)
        limit = _bytes_of(self._request_disk)
        if limit is not None and found.largest > limit:
            yield TooLargeInputFiles(found.largest_at, found.largest, str(self._request_disk))

    def _named(self, component: int) -> list[str]:
        if self._given is None:
            return []
        nothing = object()
        given: Any = next(self._given, nothing)
        if given is nothing:
            raise MisalignedInputData("input_files", component, None)
        several = given if isinstance(given, Iterable) and not isinstance(given, (str, os.PathLike)) else (given,)
        return [_source("input_files", path) for path in several if path is not None]


def _source(option: str, path: Any) -> str:
    if not isinstance(path, (str, os.PathLike)) or path == "" or isinstance(os.fspath(path), bytes):
        raise InvalidOption(option, path, "is not the path or URL of a file")
    return source(path)


def _bytes_of(request_disk: object) -> float | None:
    """Return a fixed amount of disk space in bytes; None where it is an expression, or differs by component."""
    found = _DISK.fullmatch(request_disk.strip()) if isinstance(request_disk, str) else None
    return None if found is None else float(found[1]) * _KIB_IN[found[2].upper()] * 1024
