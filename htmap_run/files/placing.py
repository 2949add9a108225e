"""Put the input files of a component where its function looks for them, before the function is unpickled.

Most files arrive in their places. A file travels under another name if its own was taken or could not be listed. For such files,
the indices of ``_htmap_function`` and of the input block have entries under ``files``: ``[source, arrived as, belongs at]``,
relative to the scratch directory. A fourth item is the name under which the function looks for the file in the scratch directory;
another component's file of that name is moved aside meanwhile.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Sequence

PLACED = "_htmap_files"
"""The folder for files whose names are taken; it is in the scratch directory."""

ASIDE = f"{PLACED}/aside"
"""The folder in it for files that are moved aside while another component uses their names."""


places: dict[str, str] = {}
"""The places of the running component's files that are not where HTCondor puts a file, by their sources."""


def scratch_directory() -> str:
    """Return the job's scratch directory, also after the function has changed the directory."""
    from htmap_run import names

    return os.environ["HTMAP_OUTPUT_FILES"].rpartition(names.RETURN)[0]


def place(scratch: str, entries: Sequence[Sequence[str]]) -> None:
    """Put files in their :data:`places`; files that are there already stay.

    :param scratch: the job's scratch directory.
    :param entries: the entries of the function, for all components, and those of the component.
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
    """Return the user's name of an input file, given its path in the scratch directory."""
    parts = path.split(os.sep, 2)
    return parts[2] if parts[0] == PLACED and len(parts) == 3 else path  # noqa: PLR2004 -- the parts of _htmap_files/3/name


def _put_in_front(scratch: str, name: str, target: str) -> None:
    link, aside = os.path.join(scratch, name), os.path.join(scratch, ASIDE)
    os.makedirs(aside, exist_ok=True)
    if os.path.lexists(link):
        os.rename(link, os.path.join(aside, name))
    os.symlink(target, link)


def _make_room(scratch: str) -> None:
    """Put back the files that were moved aside for the last component."""
    aside = os.path.join(scratch, ASIDE)
    if not os.path.isdir(aside):
        return
    for name in os.listdir(aside):
        link = os.path.join(scratch, name)
        if os.path.islink(link):
            os.unlink(link)
        if not os.path.lexists(link):
            os.rename(os.path.join(aside, name), link)
