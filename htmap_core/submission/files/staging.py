"""Input files on their way: under names such that all files of a job arrive, whatever they are called and wherever they are.

HTCondor puts every input file into the job's scratch directory under its base name. Most can travel as they are. One that has
the name of another input of the same job, or a name that no list of files can hold, travels by way of a link with a harmless
name in the map's directory, and the execute side gives it its own name and place (:mod:`htmap_run.files.placing`). Nothing is
copied: HTCondor follows links to files; of a folder a tree of links is made.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from htmap_core import names
from htmap_core.exceptions import HTMapException
from htmap_core.storage.exceptions import CannotStore
from htmap_core.submission.files.sources import Source, look
from htmap_run.files.placing import ASIDE, PLACED

Entry = list[str]

_KNOWN_SOURCES = 10_000  # whose facts are remembered: enough for those that many components have in common
_SHOWN_PROBLEMS = 5
_WITH_NAME = 4  # the parts of an entry that has a name for which another file makes way
_WITH_FRAGMENT = frozenset(
    {"http", "https", "ftp", "ftps", "dav", "davs"}
)  # curl asks the server without what follows a `#`


@attrs.define(slots=False)
class SameName(HTMapException, ValueError):
    """Two input files of a component would be one and the same file for the function."""

    name: str
    first: str
    second: str

    def __str__(self) -> str:
        return (
            f"the input files {self.first} and {self.second} would both be {self.name!r} in the scratch directory. Rename one "
            f"of them, or give them to the function as arguments, as htmap.TransferPath: then it is told which is where"
        )


@attrs.define
class Summary:
    """What is known of a map's input files as a whole.

    :param problems: why files cannot be read, by path; the first few.
    :param problem_count: how many such files there are, counted for each job that gets them.
    :param largest: how many bytes the files of the job with the most have, as far as is known.
    :param largest_at: the first component of that job.
    """

    problems: dict[str, str] = attrs.field(factory=dict)
    problem_count: int = 0
    largest: int = 0
    largest_at: int = 0


@attrs.define
class _Place:
    """How a source travels to the current job: as what it is listed, and what it is called there, at first and in the end."""

    source: Source
    listed: str
    arrives: str
    target: str


class Staging:
    """The input files of a map, job by job.

    :param map_path: the map's directory, in which links are made.
    :param fetch: is told of each URL.
    """

    def __init__(self, map_path: Path, fetch: Callable[[str], None]) -> None:
        self._map_path = map_path
        self._fetch = fetch
        self._look = functools.lru_cache(_KNOWN_SOURCES)(look)
        self._numbers: dict[str, int] = {}
        self._for_all: dict[str, _Place] = {}
        self._named_for_all: dict[str, str] = {}
        self._bytes_for_all = 0
        self.has_files = False  # whether any job has files that not all have
        self.summary = Summary()
        self.begin_job(0)

    def add_for_all(self, named: Iterable[str], pickled: Iterable[str]) -> list[Entry]:
        """Take in the files that all components get, before the first component; otherwise as :meth:`add`."""
        entries, _ = self.add(named, pickled)
        self._for_all, self._named_for_all, self._bytes_for_all = self._job, self._named, self._bytes
        self.has_files = False
        return entries

    @property
    def for_all(self) -> list[str]:
        """What HTCondor is told to transfer to every job."""
        return [place.listed for place in self._for_all.values()]

    def begin_job(self, component: int) -> None:
        """Forget the files of the last job; *component* is the first of the next one."""
        self._job: dict[str, _Place] = dict(self._for_all)
        self._taken: dict[str, str] = {}
        for place in self._job.values():
            self._take(place)
        self._first, self._bytes = component, self._bytes_for_all

    def add(self, named: Iterable[str], pickled: Iterable[str]) -> tuple[list[Entry], list[str]]:
        """Take in the files of one component of the current job.

        :param named: sources that the function will look for by name in the scratch directory.
        :param pickled: sources that the function has as TransferPath.
        :returns: what the execute side must know to put them in their places, and what HTCondor is told to transfer, beside
            what all jobs get.
        :raises SameName: two of those that are looked for by name have the same one.
        """
        self._named, wanted, arguments = dict(self._named_for_all), list(named), list(pickled)
        entries = [self._entry_of_named(text) for text in wanted]
        aside = {self._taken[entry[3]]: f"{ASIDE}/{entry[3]}" for entry in entries if len(entry) == _WITH_NAME}
        for text in arguments:
            place = self._place(text)
            target = aside.get(text, place.target)
            entries.append([text, place.arrives, target] if target != place.arrives else [])
        own = [self._job[text].listed for text in (*wanted, *arguments) if text not in self._for_all]
        self.has_files = self.has_files or bool(own)
        return [entry for entry in entries if entry], own

    def _entry_of_named(self, text: str) -> Entry:
        place = self._place(text)
        name = place.source.name
        holder = self._named.setdefault(name, text) if name else text
        if holder == text and place.target != name:  # the name belongs to another file of the job already
            holder = self._taken.get(name, "what HTMap or HTCondor put there")
            if name and holder in self._job and holder not in self._for_all:
                return [text, place.arrives, place.target, name]  # to another component's, which can make way
        if holder != text:
            raise SameName(name or "in part", holder, text)
        return [text, place.arrives, place.target] if place.target != place.arrives else []

    def _place(self, text: str) -> _Place:
        place = self._job.get(text)
        if place is None:
            source = self._look(text)
            place = self._job[text] = self._staged(source)
            self._take(place)
            self._note(source)
        return place

    def _staged(self, source: Source) -> _Place:
        wanted = _names_of(source)
        contested = source.is_others or any(name in self._taken for name in wanted)
        if source.is_plain and not contested:
            return _Place(source, source.text, source.arrives, source.name)
        number = self._numbers.setdefault(source.text, len(self._numbers))
        staged = names.STAGED.format(number=number)
        target = f"{PLACED}/{number}/{source.last}" if contested else source.name
        if source.scheme is not None:
            return self._renamed_on_arrival(source, staged, target, contested=contested)
        link = f"{names.FILES}/{number // names.ENTRIES_PER_DIRECTORY}/{staged}"
        as_tree = source.is_folder and (contested or bool(source.name))
        try:
            _link(Path(source.text), self._map_path / link, as_tree=as_tree)
        except OSError as error:
            raise CannotStore(str(error.filename2 or error.filename or link), error.strerror or str(error)) from error
        if source.name or contested:
            return _Place(source, link, staged, target)
        return _Place(source, f"{link}/", "", "")  # contents, through a link to their folder

    def _renamed_on_arrival(self, source: Source, staged: str, target: str, *, contested: bool) -> _Place:
        """Return how what a URL names gets another name: behind a ``#/``, which is not asked of the server, where that works."""
        if not contested:
            return _Place(source, source.text, source.arrives, target)
        if source.scheme not in _WITH_FRAGMENT or "#" in source.text:
            raise SameName(
                source.name, self._taken.get(source.arrives, "what HTMap or HTCondor put there"), source.text
            )
        return _Place(source, f"{source.text}#/{staged}", staged, target)

    def _take(self, place: _Place) -> None:
        for name in {place.arrives, place.target} if place.source.name else _names_of(place.source):
            self._taken.setdefault(name, place.source.text)

    def _note(self, source: Source) -> None:
        found = self.summary
        if source.scheme is not None:
            self._fetch(source.text)
        if source.problem is not None:
            found.problem_count += 1
            if len(found.problems) < _SHOWN_PROBLEMS:
                found.problems[source.text] = source.problem
        self._bytes += source.size or 0
        if self._bytes > found.largest:
            found.largest, found.largest_at = self._bytes, self._first


def _names_of(source: Source) -> set[str]:
    """Return the names that a source takes in the scratch directory: one, or those of all that is in a folder."""
    if source.name:
        return {source.name, source.arrives}
    return set(os.listdir(source.text)) if source.is_folder and source.problem is None else set()


def _link(source: Path, link: Path, *, as_tree: bool) -> None:
    """Make a link to a file or folder, unless there is one already; HTCondor follows links to files, but not to folders."""
    if os.path.lexists(link):
        return
    if not as_tree:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(source)
        return
    link.mkdir(parents=True)
    for folder, subfolders, files in os.walk(source):
        inside = link / Path(folder).relative_to(source)
        for name in subfolders:
            original = Path(folder, name)
            (inside / name).symlink_to(original) if original.is_symlink() else (inside / name).mkdir()
        for name in files:
            (inside / name).symlink_to(Path(folder, name))
