"""Put the input files of a component where its function looks for them, before it is unpickled.

Most files arrive where they should be. Others travelled under another name, because theirs was taken or could not be listed,
and the indices of ``_htmap_function`` and of the input block have entries for them under ``files``:
``[source, arrived as, belongs at]``, relative to the scratch directory. A fourth part is a name that the function will look for
in the scratch directory, where meanwhile another component's file of that name has to make way.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from collections.abc import Sequence

PLACED = "_htmap_files"
"""The folder for files whose names are taken in the scratch directory, below it."""

ASIDE = f"{PLACED}/aside"
"""The folder in it for files that make way while another component has the name."""


places: dict[str, str] = {}
"""Where the files of the running component are, by their sources, as far as that is not where HTCondor puts a file."""


def place(scratch: str, entries: Sequence[Sequence[str]]) -> None:
    """Put files in their :data:`places`, as often as it is asked.

    :param scratch: the job's scratch directory.
    :param entries: those of the function, which hold for all components, and those of the component.
    """
    _make_room(scratch)
    for _, arrived, target, *name in entries:
        before, after = os.path.join(scratch, arrived), os.path.join(scratch, target)
        if not os.path.lexists(after):
            os.makedirs(os.path.dirname(after), exist_ok=True)
            os.rename(before, after)
        if name:
            _put_in_front(scratch, name[0], target)
    places.clear()
    places.update((entry[0], os.path.join(scratch, entry[2])) for entry in entries)


def name_of(path: str) -> str:
    """Return what the user calls an input file, by its path in the scratch directory."""
    parts = path.split(os.sep, 2)
    return parts[2] if parts[0] == PLACED and len(parts) == 3 else path  # noqa: PLR2004 -- its parts, as in _htmap_files/3/name


def _put_in_front(scratch: str, name: str, target: str) -> None:
    link, aside = os.path.join(scratch, name), os.path.join(scratch, ASIDE)
    os.makedirs(aside, exist_ok=True)
    if os.path.lexists(link):
        os.rename(link, os.path.join(aside, name))
    os.symlink(target, link)


def _make_room(scratch: str) -> None:
    """Put back what had to make way for the last component."""
    aside = os.path.join(scratch, ASIDE)
    if not os.path.isdir(aside):
        return
    for name in os.listdir(aside):
        link = os.path.join(scratch, name)
        if os.path.islink(link):
            os.unlink(link)
        if not os.path.lexists(link):
            os.rename(os.path.join(aside, name), link)
