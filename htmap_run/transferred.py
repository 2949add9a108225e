"""Unpickle TransferPaths. The pickles of inputs name the function of this module on both sides.

On the execute side, a TransferPath becomes the path of the transferred file. The submit side registers its own way by
:func:`on_submit_side`, so that nothing of the submit side is imported here.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    import pathlib
    from typing import Any, Callable, Optional

    Make = Callable[[str, Optional[str], Optional[str], str], Any]


def transferred(text: str, protocol: Optional[str], location: Optional[str], source: str) -> Any:
    """Return the object that a pickled TransferPath becomes in this process.

    :param text: the path of the TransferPath.
    :param protocol: its protocol.
    :param location: its location.
    :param source: the path or URL that HTCondor transfers the file from.
    """
    return _make(text, protocol, location, source)


def on_submit_side(make: Make) -> Make:
    """Register *make*, which then makes every TransferPath that is unpickled in this process; a decorator."""
    global _make  # noqa: PLW0603 -- a process is on one side only
    _make = make
    return make


class OnExecuteSide:
    """In its block, this process is on the execute side: TransferPaths become the paths of files in its scratch directory."""

    def __enter__(self) -> None:
        self._before = _make
        on_submit_side(_arrived)

    def __exit__(self, *_: object) -> None:
        on_submit_side(self._before)


def _arrived(text: str, protocol: Optional[str], location: Optional[str], source: str) -> pathlib.Path:
    """Return the path of the file or folder on the execute node."""
    import pathlib

    from htmap_run.files import placing

    del text, protocol, location
    place = placing.places.get(source)
    return pathlib.Path(placing.scratch_directory(), _arrives(source) if place is None else place)


def _arrives(source: str) -> str:
    """Return the name that HTCondor gives to a source in the scratch directory; empty for the contents of a folder."""
    if "://" in source:
        source = source.partition("?")[0].rstrip("/")
    return source.rpartition("/")[2]


_make: Make = _arrived
