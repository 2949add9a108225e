"""The input files of a map: those in its options, and the TransferPaths in its function and arguments."""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from htmap_core import names
from htmap_core.contract.option_values import RELATIVE_PATHS, truth
from htmap_core.contract.options import MapOptions
from htmap_core.contract.protocol import InputFile
from htmap_core.contract.transfer_path import source
from htmap_core.exceptions import InvalidOption, MisalignedInputData
from htmap_core.language.literals import literal
from htmap_core.language.submit_text import submit_path
from htmap_core.plugins.sites.rules import Rule
from htmap_core.submission.files.protocols import Protocols
from htmap_core.submission.files.sources import Source
from htmap_core.submission.files.staging import Staging
from htmap_core.user_warnings import DoubtfulInputFiles, SuspiciousMap, UnreadableInputFiles

Entries = list[list[str]]

_SHOWN_DOUBTS = 5


class InputFiles:
    """The input files during the creation of a map.

    :param options: the map options; ``input_files`` is consumed one value at a time.
    :param protocols: gets the URLs.
    :param rule: what the sites of the pool make of files; None if no site has a say.
    :param first: the first component; the values of those before it are passed over.
    """

    columns: ClassVar[Mapping[str, str]] = {names.FILES_COLUMN: ","}

    def __init__(self, options: MapOptions, protocols: Protocols, rule: Rule | None = None, *, first: int = 0) -> None:
        self._protocols = protocols
        self._rule = rule
        self._component: int | None = None  # that is added now; None while those for all are
        self._doubts: dict[str, str] = {}
        self._doubtful = 0
        self._keeps_folders = truth(RELATIVE_PATHS, options.text(RELATIVE_PATHS, "false"))
        self._names: dict[
            str, str
        ] = {}  # the paths from the working directory of files that keep their folders, by source
        self._fixed = [self._source("fixed_input_files", path) for path in options.fixed_input_files]
        self._given: Iterator[Any] | None = (
            None if options.input_files is None else itertools.islice(options.input_files, first, None)
        )
        self._has_begun_job = self._has_arguments = False

    def begin(
        self, map_path: Path, of_function: Iterable[str], arguments: Iterable[Path] = (), *, prefix: str = ""
    ) -> Entries:
        """Add the files that all components get.

        :param map_path: the map's directory.
        :param prefix: where in it links go: empty, or a folder with a slash at its end.
        :param of_function: the sources of the function's TransferPaths.
        :param arguments: the files in which large parts of the function lie. No site has a say in them.
        :returns: their entries for the execute side.
        :raises SameName: two of them have the same name.
        :raises CannotTransfer: jobs cannot fetch files from one of their URLs.
        :raises HTMapException: the site refuses one of them.
        """
        replaced = None if self._rule is None else self._replaced
        self._staging = Staging(map_path, self._protocols.fetch, self._names, replaced, prefix=prefix)
        self._root = os.fspath(map_path.parents[1])
        self._of_function = [*map(os.fspath, arguments)]
        return self._staging.add_for_all(self._fixed, of_function)

    def send_to_all(self, paths: Iterable[str]) -> list[str]:
        """Add files that all components get, before the first one; return those that cannot go, because their names are taken."""
        given = [*paths]
        taken = [path for path in given if self._staging.is_taken(os.path.basename(path))]
        self._staging.add_for_all([path for path in given if path not in taken], ())
        return taken

    def of(
        self,
        component: int,
        of_arguments: Collection[str],
        *,
        begins_job: bool = True,
        arguments: Sequence[str] = (),
    ) -> tuple[Entries, list[str]]:
        """Add the files of the next component.

        :param of_arguments: the sources of the TransferPaths in its arguments.
        :param begins_job: whether it is the first one of its job.
        :param arguments: the files in which its large arguments lie. They are HTMap's own, so no site has a say in them.
        :returns: their entries for the execute side, and the component's values in the item column.
        :raises MisalignedInputData: the option ``input_files`` has no value for it.
        :raises SameName: two of them have the same name.
        :raises CannotTransfer: jobs cannot fetch files from one of their URLs.
        :raises HTMapException: the site refuses one of them.
        """
        self._has_begun_job &= not begins_job
        if arguments:
            self._has_arguments = True
        if self._given is None and not of_arguments:
            return [], [self._item(path) for path in arguments]
        if not self._has_begun_job:
            self._has_begun_job = True
            self._staging.begin_job()
        self._component = component
        entries, listed = self._staging.add(self._named(component), of_arguments)
        return entries, [self._item(text) for text in (*listed, *arguments)]

    def _replaced(self, source: Source) -> str | None:
        """Return the URL that the site puts in the place of a file; None if it leaves it as it is."""
        assert self._rule is not None
        is_contents = not source.name
        file = InputFile(Path(source.text), source.size, source.is_folder, is_contents, self._component)
        replaced_by = self._rule(file)
        if file.url is not None:
            self._protocols.fetch(file.url, replaced_by)
        if file.warnings:
            self._doubtful += 1
            if len(self._doubts) < _SHOWN_DOUBTS:
                self._doubts[source.text] = "; ".join(file.warnings)
        return file.url

    def _item(self, text: str) -> str:
        """Return a file in the list of a row. What is in HTMAP_DIR, such as another map's output, moves with it."""
        macro, rest = (names.ROOT_MACRO, text[len(self._root) :]) if text.startswith(f"{self._root}/") else ("", text)
        return macro + literal("input_files", rest)

    def check_end(self, components: int) -> None:
        """Check that all values of the option ``input_files`` are used.

        :raises MisalignedInputData: it has more values than the map has components.
        """
        if self._given is not None and next(self._given, self) is not self:
            raise MisalignedInputData("input_files", None, components)

    @property
    def job_bytes(self) -> int:
        """The known size of the files that the present job gets so far; before the first component, of those that all get."""
        return self._staging.bytes if self._has_begun_job else self._staging.bytes_for_all

    @property
    def to_transfer(self) -> list[str]:
        """The files that every job transfers, as text for a submit description."""
        column = [f"$({names.FILES_COLUMN})"] if self._staging.has_files or self._has_arguments else []
        return [*map(submit_path, (*self._staging.for_all, *self._of_function)), *column]

    def warnings(self) -> Iterator[SuspiciousMap]:
        """Yield warnings about input files for which jobs will be held."""
        found = self._staging.summary
        if self._doubts:
            yield DoubtfulInputFiles(self._doubts, self._doubtful)
        if found.problems:
            yield UnreadableInputFiles(found.problems, found.problem_count)

    def _named(self, component: int) -> list[str]:
        if self._given is None:
            return []
        nothing = object()
        given: Any = next(self._given, nothing)
        if given is nothing:
            raise MisalignedInputData("input_files", component, None)
        several = given if isinstance(given, Iterable) and not isinstance(given, (str, os.PathLike)) else (given,)
        return [self._source("input_files", path) for path in several if path is not None]

    def _source(self, option: str, path: Any) -> str:
        if not isinstance(path, (str, os.PathLike)) or path == "" or isinstance(os.fspath(path), bytes):
            raise InvalidOption(option, path, "must be the path or URL of a file")
        found = source(path)
        if self._keeps_folders and (name := _name_below(os.fspath(path), found)) is not None:
            self._names[found] = name
        return found


def _name_below(given: str, found: str) -> str | None:
    """Return a path as given, if it leads into a folder below the working directory; None if it does not."""
    name = os.path.normpath(given)
    is_below = not os.path.isabs(name) and os.path.dirname(name) and name.split(os.sep)[0] != os.pardir
    is_file = found == os.path.abspath(name)  # no URL, and not the contents of a folder
    return name if is_below and is_file else None
