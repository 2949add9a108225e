"""Exceptions about output files that are copied into a folder of the user's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from htmap_core.exceptions.roots import HTMapException
from htmap_core.wording import counted, numbered

_SHOWN = 5  # names that a text lists: enough to see what they are


class CannotCollect(HTMapException):
    """The output files of a map cannot be copied into a folder."""


@attrs.define(slots=False)
class UnusableFolder(CannotCollect):
    """Output files cannot be copied into a folder: it is none, is HTMap's own, is in use, or cannot be written to.

    :param tag: the map.
    :param folder: the folder.
    :param reason: why.
    :param copied: how many files had been copied before. They stay, and the next time goes on behind them.
    """

    tag: str
    folder: Path
    reason: str
    copied: int = 0

    def __str__(self) -> str:
        done = (
            f"Copied before that: {counted(self.copied, 'file')}; the same command goes on with the rest"
            if self.copied
            else "Nothing was copied"
        )
        return f"the output files of map {self.tag!r} cannot be copied to {str(self.folder)!r}: {self.reason}. {done}"


@attrs.define(slots=False)
class SameFileNames(CannotCollect):
    """Several components have output files of one name, which shall come into one folder. Nothing was copied.

    :param tag: the map.
    :param folder: the folder.
    :param names: the names, each with its components; a component is there as often as it has files of that name.
    """

    tag: str
    folder: Path
    names: Mapping[str, tuple[int, ...]]

    def __str__(self) -> str:
        those = (f"{name!r} of {numbered(sorted({*of}))}" for name, of in self.names.items())
        return (
            f"files of map {self.tag!r} have one name: {_some(those, len(self.names))}. Nothing was copied to "
            f"{str(self.folder)!r}. Without `flat` (`--flat`), each component gets a folder of its own there"
        )


def _paths(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(paths)


@attrs.define(slots=False)
class FilesInTheWay(CannotCollect):
    """Other files or folders are where output files would be copied to. Nothing was copied.

    :param tag: the map.
    :param folder: the folder.
    :param paths: their paths below the folder.
    :param are_folders: whether they cannot be replaced, because a folder is where a file should be, or the reverse.
    """

    tag: str
    folder: Path
    paths: tuple[str, ...] = attrs.field(converter=_paths)
    are_folders: bool

    def __str__(self) -> str:
        these = _some(map(repr, self.paths), len(self.paths))
        what = (
            f"folders and files are in each other's way: {these}. Nothing was copied. Move them away, or name another folder"
            if self.are_folders
            else f"{'another file is' if len(self.paths) == 1 else f'{len(self.paths)} other files are'} there already: {these}. "
            "Nothing was copied. `overwrite` (`--overwrite`) replaces such files; or name another folder"
        )
        return f"the output files of map {self.tag!r} cannot be copied to {str(self.folder)!r}: {what}"


def _some(names: Iterable[str], count: int) -> str:
    shown = [name for name, _ in zip(names, range(_SHOWN))]
    return ", ".join(shown) + (f" and {count - _SHOWN} more" if count > _SHOWN else "")
