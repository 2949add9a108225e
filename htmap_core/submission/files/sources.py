"""Facts about an input file before submission: its names, and whether HTCondor can transfer it unchanged."""

from __future__ import annotations

import os
import re
import stat
import urllib.parse
from typing import Optional

import attrs

from htmap_core.contract.transfer_path import scheme_of
from htmap_core.exceptions import InvalidOption
from htmap_core.files.file_names import why_no_name, why_not_passed
from htmap_core.language.literals import is_writable

# What a list of files in a submit description cannot hold, beside some `$`. Commas separate files, outer blanks are cut off, and
# a backslash at the end joins lines. Control characters and surrogates have no text. HTCondor takes a single letter with a
# colon for a drive, and a name that begins with a backslash for a path.
_CANNOT_BE_LISTED = re.compile(
    "[,\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|[\\s\\\\]/?$|/(?:[A-Za-z]:|\\\\)[^/]*/?$"
)

# Files that HTCondor or HTMap themselves put into the scratch directory.
_OTHERS_NAMES = re.compile(r"_htmap_|_condor_|condor_exec|\.job\.ad$|\.machine\.ad$|\.update\.ad$|\.chirp")


@attrs.frozen
class Source:
    """An input file or folder, as HTCondor would find it.

    :param text: a URL or an absolute path; a slash at its end means the contents of the folder.
    :param name: the user's name of it: the last part of the path; empty for contents.
    :param arrives: the name that HTCondor gives it in the scratch directory; empty for contents.
    :param is_plain: whether a submit description can list it unchanged, and it arrives under its name.
    :param is_others: whether HTCondor or HTMap themselves use its name in the scratch directory.
    :param is_folder: whether it is a folder of this machine, or the contents of one.
    :param size: the size of a file of this machine, in bytes.
    :param problem: why the job will be held; None if no reason is known.
    :param url: the URL by which a site has jobs fetch it instead.
    """

    text: str
    name: str
    arrives: str
    is_plain: bool
    is_others: bool = False
    is_folder: bool = False
    size: Optional[int] = None
    problem: Optional[str] = None
    url: Optional[str] = None

    @property
    def listed(self) -> str:
        """What HTCondor is told: a URL or a path."""
        return self.text if self.url is None else self.url

    @property
    def scheme(self) -> str | None:
        """The URL scheme by which jobs fetch it; None for a path."""
        return scheme_of(self.listed)

    def called(self, name: str) -> Source:
        """Return the source with another *name*: a path in the scratch directory, where HTCondor does not put it by itself."""
        return attrs.evolve(self, name=name, is_plain=False, is_others=bool(_OTHERS_NAMES.match(name)))

    def fetched_from(self, url: str) -> Source:
        """Return the source as jobs fetch it from a URL. The user's name of it stays."""
        arrives = _name_on_arrival(url)
        is_others = self.is_others or bool(_OTHERS_NAMES.match(arrives))
        facts = self.is_folder, self.size, self.problem
        return Source(self.text, self.name, arrives, arrives == self.name, is_others, *facts, url)  # evolve() is slow

    @property
    def last(self) -> str:
        """The last part of the path, also for the contents of a folder."""
        return os.path.basename(self.name or self.text.rstrip("/"))


def look(text: str) -> Source:
    """Return the facts about a source; for a path, ask the file system of this machine.

    :raises InvalidOption: no file can have the path, or the name that the URL gives it.
    """
    return _local(text) if scheme_of(text) is None else _remote(text)


def _remote(url: str) -> Source:
    arrives = _name_on_arrival(url)
    if (reason := why_not_passed(url) or why_no_name(arrives)) is not None:
        raise InvalidOption("input_files", url, reason)
    name = urllib.parse.unquote(arrives)
    if "/" in name or name in {"", ".", ".."} or why_no_name(name) is not None:
        name = arrives
    return Source(url, name, arrives, is_plain=name == arrives, is_others=bool(_OTHERS_NAMES.match(name)))


def _name_on_arrival(url: str) -> str:
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


def _can_be_listed(path: str) -> bool:
    return is_writable(path) and not _CANNOT_BE_LISTED.search(path)


def _local(path: str) -> Source:
    if (reason := why_no_name(path)) is not None:
        raise InvalidOption("input_files", path, reason)
    name = "" if path.endswith("/") else os.path.basename(path)
    source = Source(path, name, name, _can_be_listed(path), bool(_OTHERS_NAMES.match(name)))
    try:
        found = os.stat(path)
    except OSError as error:
        return attrs.evolve(source, problem=error.strerror)
    if not stat.S_ISDIR(found.st_mode):
        readable = os.access(path, os.R_OK)
        return attrs.evolve(source, size=found.st_size, problem=None if readable else "Permission denied")
    readable = os.access(path, os.R_OK | os.X_OK)
    is_link = bool(name) and os.path.islink(path)
    return attrs.evolve(
        source,
        is_plain=source.is_plain and not is_link,  # HTCondor follows links to files, but not to folders
        is_folder=True,
        problem=None if readable else "Permission denied",
    )
