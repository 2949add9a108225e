"""What becomes of a TransferPath that is unpickled: the one name that the pickles of inputs have for it on both sides.

On the execute side it becomes the path of the file that was transferred. The submit side says what it becomes there by
:func:`on_submit_side`; nothing of the submit side is imported here.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    import pathlib
    from typing import Any, Callable, Optional

    Make = Callable[[str, Optional[str], Optional[str], str], Any]


def transferred(text: str, protocol: Optional[str], location: Optional[str], source: str) -> Any:
    """Return what stands here for the TransferPath that was pickled.

    :param text: its path, with its protocol and location the TransferPath itself.
    :param source: where HTCondor was told to transfer it from.
    """
    return _make(text, protocol, location, source)


def on_submit_side(make: Make) -> Make:
    """Have *make* called wherever a TransferPath is unpickled in this process; a decorator."""
    global _make  # noqa: PLW0603 -- a process is on one side
    _make = make
    return make


def scratch_directory() -> str:
    """Return the job's scratch directory, wherever the function has changed to."""
    from htmap_run import names

    return os.environ["HTMAP_OUTPUT_FILES"].partition(names.RETURNED_OUTPUTS)[0]


def _arrived(text: str, protocol: Optional[str], location: Optional[str], source: str) -> pathlib.Path:
    """Return where the file or folder is on the execute node."""
    import pathlib

    from htmap_run.files import placing

    del text, protocol, location
    place = placing.places.get(source)
    return pathlib.Path(scratch_directory(), _arrives(source) if place is None else place)


def _arrives(source: str) -> str:
    """Return the name under which HTCondor puts a source into the scratch directory; empty for the contents of a folder."""
    if "://" in source:
        source = source.partition("?")[0].rstrip("/")
    return source.rpartition("/")[2]


_make: Make = _arrived
