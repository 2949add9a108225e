"""What came of collecting the output files of a map."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from htmap_core.display.view import Section, Shown, as_text
from htmap_core.wording import counted, in_shell, numbered, size

_SHOWN = 5  # files that a text names


@attrs.frozen
class CollectedFile:
    """An output file of a component, where it was collected.

    :param component: the index of the component.
    :param path: its path in the folder of the user's.
    :param size: its size in bytes.
    :param is_new: whether it was copied now; otherwise it was there already.
    """

    component: int
    path: Path
    size: int
    is_new: bool


@attrs.frozen
class LeftFile:
    """What a component has sent back that is no file, or cannot be read.

    :param component: the index of the component.
    :param path: its path in the folder of the component.
    :param problem: why it stays behind.
    """

    component: int
    path: str
    problem: str


@attrs.frozen
class Collected(Shown):
    """The output files of a map that were collected, and what is missing of them. Since 0.7.

    :meth:`htmap.Map.collect` returns it::

        def draw(width):
            Path("picture.txt").write_text("*" * width)
            htmap.transfer_output_files("picture.txt")

        mapped = htmap.map(draw, [2, 4])
        mapped.wait()
        collected = mapped.collect("pictures")
        print([file.path.read_text() for file in collected.files])  #> ['**', '****']
        print(collected.is_complete)  #> True
        mapped.remove()

    :param tag: the map.
    :param folder: the absolute path of the folder.
    :param files: the files, by component.
    :param others: how many files no pattern of ``include`` matches.
    :param unfinished: the components that have not ended, so that their files are not here yet.
    :param failed: the components without a result, whose files were left behind.
    :param elsewhere: the destinations of files that went elsewhere by ``output_remaps``, by component and name.
    :param left: what is no file, or cannot be read.
    """

    tag: str
    folder: Path
    files: tuple[CollectedFile, ...] = attrs.field(repr=False)
    others: int = 0
    unfinished: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    elsewhere: Mapping[int, Mapping[str, str]] = attrs.field(factory=dict, repr=False)
    left: tuple[LeftFile, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all files of the components are there that were asked for, but for those that went elsewhere."""
        return not (self.unfinished or self.failed or self.left)

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain values, such as JSON has.

        ::

            print(mapped.collect("pictures").to_dict()["files"])
        """
        files = [{**attrs.asdict(each), "path": os.fspath(each.path)} for each in self.files]
        elsewhere = [
            {"component": component, "name": name, "destination": to}
            for component, names in self.elsewhere.items()
            for name, to in names.items()
        ]
        return {
            "tag": self.tag,
            "folder": os.fspath(self.folder),
            "files": files,
            **{name: getattr(self, name) for name in ("others", "is_complete")},
            **{name: list(getattr(self, name)) for name in ("unfinished", "failed")},
            "elsewhere": elsewhere,
            "left": [attrs.asdict(each) for each in self.left],
        }

    def __str__(self) -> str:
        return as_text(self._view())

    def _view(self) -> Iterator[Section]:
        yield Section("\n".join([self.headline, *(f"- {each}" for each in self.remarks())]))

    @property
    def headline(self) -> str:
        """What was done, in a line."""
        new = [each for each in self.files if each.is_new]
        there = len(self.files) - len(new)
        already = f"; {there} {'was' if there == 1 else 'were'} there already" if there else ""
        copied = f"{counted(len(new), 'file')} ({size(sum(each.size for each in new))})" if new else "no file"
        return f"copied {copied} of map {self.tag!r} to {self.folder}{already}"

    def remarks(self) -> Iterator[str]:
        """Yield what there is to know besides, a line for each."""
        named = in_shell(self.tag)
        if self.others and not self.files:
            yield f"no pattern matches any of its {counted(self.others, 'file')}"
        if self._sends_nothing:
            yield (
                "its components have sent no files: what a function writes stays behind, unless it calls "
                "htmap.transfer_output_files (`htmap docs files`)"
            )
        if self.unfinished:
            have = "has" if len(self.unfinished) == 1 else "have"
            yield f"{numbered(self.unfinished)} {have} not ended; the same command copies what is new then"
        if self.failed:
            have, they = ("has", "it has") if len(self.failed) == 1 else ("have", "they have")
            yield (
                f"{numbered(self.failed)} {have} failed, so what {they} left stays behind; `htmap errors {named}` shows how, "
                "and `--with-failed` (with_failed=True) copies it"
            )
        yield from self._said_of_places()

    @property
    def _sends_nothing(self) -> bool:
        has_any = self.files or self.others or self.elsewhere or self.left
        return not has_any and self.is_complete

    def _said_of_places(self) -> Iterator[str]:
        if self.elsewhere:
            count = sum(map(len, self.elsewhere.values()))
            component, names = next(iter(self.elsewhere.items()))
            name, to = next(iter(names.items()))
            yield (
                f"{counted(count, 'file')} went elsewhere by output_remaps, such as {name!r} of component {component} to {to}"
            )
        for each in self.left[:_SHOWN]:
            yield f"{each.path!r} of component {each.component} stays behind: {each.problem}"
        if len(self.left) > _SHOWN:
            yield f"{len(self.left) - _SHOWN} more stay behind"
