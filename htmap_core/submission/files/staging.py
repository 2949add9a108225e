"""The staging of input files: each gets a name under which it arrives, whatever its own name and place are.

HTCondor puts every input file into the job's scratch directory under its base name. Most files can travel unchanged. Some have
the same name as another input of the job, or a name that a submit description cannot list. Such a file travels through a link
with a harmless name in the map's directory, and the execute side gives it its own name and place
(:mod:`htmap_run.files.placing`). Nothing is copied: HTCondor follows links to files, and a folder becomes a tree of links.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import attrs

from htmap_core import names
from htmap_core.exceptions import CannotStore, HTMapException
from htmap_core.files.ownership import make_folder
from htmap_core.submission.files.sources import Source, look
from htmap_run.files.placing import ASIDE, PLACED

Entry = list[str]

_KNOWN_SOURCES = 10_000  # the size of the cache of sources: enough for the files that many components share
_SHOWN_PROBLEMS = 5
_WITH_NAME = 4  # the length of an entry with the name of another file, which makes way for it
_WITH_FRAGMENT = frozenset(
    {"http", "https", "ftp", "ftps", "dav", "davs"}
)  # curl asks the server without what follows a `#`


@attrs.define(slots=False)
class SameName(HTMapException, ValueError):
    """Two input files of a component have the same name in the scratch directory.

    :param name: the name; empty if one of the two is the contents of a folder.
    """

    name: str
    first: str
    second: str

    def __str__(self) -> str:
        clash = f"both be {self.name!r}" if self.name else "have a name in common"
        return (
            f"{self.first} and {self.second} would {clash} in the scratch directory. Rename an input file, "
            f"or pass it to the function as an argument, as htmap.TransferPath: then the function gets its path"
        )


@attrs.define
class Summary:
    """A summary of all input files of a map.

    :param problems: why files cannot be read, by path, for the first few.
    :param problem_count: how many files cannot be read; a file counts once for each job that gets it.
    """

    problems: dict[str, str] = attrs.field(factory=dict)
    problem_count: int = 0


@attrs.define
class _Place:
    """The way of a source to the current job.

    :param listed: its text in the list of files to transfer.
    :param arrives: its name in the scratch directory when it arrives.
    :param target: its final name there.
    """

    source: Source
    listed: str
    arrives: str
    target: str


class Staging:
    """The input files of a map, job by job.

    :param map_path: the map's directory, for links.
    :param fetch: is called with each URL.
    :param with_folders: the sources that keep their folders, and their paths in the scratch directory; others are at its top.
    :param replaced: returns the URL that the site puts in the place of a file of this machine, if it does; asked once for each.
    :param prefix: where in the map's directory links go: empty, or a folder with a slash at its end.
    """

    def __init__(
        self,
        map_path: Path,
        fetch: Callable[[str], None],
        with_folders: Mapping[str, str] = MappingProxyType({}),
        replaced: Callable[[Source], str | None] | None = None,
        *,
        prefix: str = "",
    ) -> None:
        self._map_path = map_path
        self._prefix = prefix
        self._fetch = fetch
        self._look = functools.lru_cache(_KNOWN_SOURCES)(functools.partial(_look, with_folders, replaced))
        self._numbers: dict[str, int] = {}
        self._for_all: dict[str, _Place] = {}
        self._named_for_all: dict[str, str] = {}
        self.bytes = self.bytes_for_all = 0  # the known size of the files of the present job, and of those of all jobs
        self.has_files = False  # whether a job has files besides those of all jobs
        self.summary = Summary()
        self.begin_job()

    def add_for_all(self, named: Iterable[str], pickled: Iterable[str]) -> list[Entry]:
        """Add the files that all components get, as :meth:`add` does; called before the first component."""
        entries, _ = self.add(named, pickled)
        self._for_all, self._named_for_all, self.bytes_for_all = self._job, self._named, self.bytes
        self.has_files = False
        return entries

    def is_taken(self, name: str) -> bool:
        """Return whether a file of the present job has a name in the scratch directory."""
        return name in self._taken

    @property
    def for_all(self) -> list[str]:
        """The files of every job, as text for the list of files to transfer."""
        return [place.listed for place in self._for_all.values()]

    def begin_job(self) -> None:
        """Begin a job without the files of the one before."""
        self._job: dict[str, _Place] = dict(self._for_all)
        self._taken: dict[str, str] = {}
        for place in self._job.values():
            self._take(place)
        self.bytes = self.bytes_for_all

    def add(self, named: Iterable[str], pickled: Iterable[str]) -> tuple[list[Entry], list[str]]:
        """Add the files of one component of the current job.

        :param named: the sources that the function finds by name in the scratch directory.
        :param pickled: the sources that the function has as TransferPaths.
        :returns: their entries, with which the execute side puts them into their places, and the component's own files for the
            list of files to transfer.
        :raises SameName: two of the *named* sources have the same name.
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
            holder = self._taken.get(name, "a file of HTMap or HTCondor")
            if name and holder in self._job and holder not in self._for_all:
                return [
                    text,
                    place.arrives,
                    place.target,
                    name,
                ]  # the other file is another component's and can make way
        if holder != text:
            raise SameName(name, holder, text)
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
            return _Place(source, source.listed, source.arrives, source.name)
        number = self._numbers.setdefault(source.text, len(self._numbers))
        staged = names.STAGED.format(number=number)
        target = f"{PLACED}/{number}/{source.last}" if contested else source.name
        if source.scheme is not None:
            return self._renamed_on_arrival(source, staged, target, contested=contested)
        link = f"{self._prefix}{names.FILES}/{number // names.ENTRIES_PER_DIRECTORY}/{staged}"
        as_tree = source.is_folder and (contested or bool(source.name))
        try:
            _link(Path(source.text), self._map_path / link, as_tree=as_tree)
        except OSError as error:
            raise CannotStore(str(error.filename2 or error.filename or link), error.strerror or str(error)) from error
        listed = f"{names.TO_MAP}/{link}"
        if source.name or contested:
            return _Place(source, listed, staged, target)
        return _Place(source, f"{listed}/", "", "")  # contents travel through a link to their folder

    def _renamed_on_arrival(self, source: Source, staged: str, target: str, *, contested: bool) -> _Place:
        """Return a place with another name for the target of a URL: behind ``#/``, which curl does not send to the server."""
        if not contested:
            return _Place(source, source.listed, source.arrives, target)
        if source.scheme not in _WITH_FRAGMENT or "#" in source.listed:
            raise SameName(source.name, self._taken.get(source.arrives, "a file of HTMap or HTCondor"), source.text)
        return _Place(source, f"{source.listed}#/{staged}", staged, target)

    def _take(self, place: _Place) -> None:
        for name in {place.arrives, place.target} if place.source.name else _names_of(place.source):
            self._taken.setdefault(name, place.source.text)

    def _note(self, source: Source) -> None:
        found = self.summary
        if source.scheme is not None:
            self._fetch(source.listed)
        if source.problem is not None:
            found.problem_count += 1
            if len(found.problems) < _SHOWN_PROBLEMS:
                found.problems[source.text] = source.problem
        self.bytes += source.size or 0


def _look(with_folders: Mapping[str, str], replaced: Callable[[Source], str | None] | None, text: str) -> Source:
    found = look(text)
    if text in with_folders:
        found = found.called(with_folders[text])
    url = replaced(found) if replaced is not None and found.scheme is None else None
    return found if url is None else found.fetched_from(url)


def _names_of(source: Source) -> set[str]:
    """Return the names that a source takes in the scratch directory: its own, or those of everything in its folder."""
    if source.name:
        return {source.name, source.arrives}
    return set(os.listdir(source.text)) if source.is_folder and source.problem is None else set()


def _symlink(link: Path, target: Path) -> None:
    """Make a link in a map's directory. One to a file in the same HTMAP_DIR is relative, so that it moves with it."""
    root = next((str(parent.parent) for parent in link.parents if parent.name == names.MAPS), "")
    is_inside = bool(root) and str(target).startswith(f"{root}/")
    link.symlink_to(os.path.relpath(target, link.parent) if is_inside else target)


def _link(source: Path, link: Path, *, as_tree: bool) -> None:
    """Make a link to a file or folder if there is none yet. HTCondor follows links to files, but not to folders."""
    if os.path.lexists(link):
        return
    if not as_tree:
        make_folder(link.parent)
        _symlink(link, source)
        return
    make_folder(link)
    for folder, subfolders, files in os.walk(source):
        inside = link / Path(folder).relative_to(source)
        for name in subfolders:
            original = Path(folder, name)
            _symlink(inside / name, original) if original.is_symlink() else (inside / name).mkdir(mode=0o700)
        for name in files:
            _symlink(inside / name, Path(folder, name))
