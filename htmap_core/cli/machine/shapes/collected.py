"""What ``htmap collect`` answers."""

from __future__ import annotations

from typing import TypedDict


class CollectedFile(TypedDict):
    """An output file of a component, where it was collected.

    :param component: the index of the component.
    :param path: its path.
    :param size: its size in bytes.
    :param is_new: whether it was copied now; otherwise it was there already.
    """

    component: int
    path: str
    size: int
    is_new: bool


class SentElsewhere(TypedDict):
    """A file that went elsewhere by ``output_remaps``.

    :param component: the index of the component.
    :param name: the name of the file.
    :param destination: where it went, as the option has it.
    """

    component: int
    name: str
    destination: str


class LeftFile(TypedDict):
    """What a component has sent back that is no file, or cannot be read.

    :param component: the index of the component.
    :param path: its path in the folder of the component.
    :param problem: why it stays behind.
    """

    component: int
    path: str
    problem: str


class Collected(TypedDict):
    """The output files of a map that were collected; the same as ``Collected.to_dict()`` in Python.

    :param tag: the map.
    :param folder: the absolute path of the folder.
    :param files: the files that are there, by component.
    :param others: how many files no ``--include`` matches.
    :param is_complete: whether nothing is missing: nothing is in ``unfinished``, ``failed``, ``left``.
    :param unfinished: the components that have not ended, so that their files are not here yet.
    :param failed: the components without a result, whose files were left behind.
    :param elsewhere: the files that went elsewhere.
    :param left: what is no file, or cannot be read.
    """

    tag: str
    folder: str
    files: list[CollectedFile]
    others: int
    is_complete: bool
    unfinished: list[int]
    failed: list[int]
    elsewhere: list[SentElsewhere]
    left: list[LeftFile]
