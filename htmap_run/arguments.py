"""Unpickle large arguments, which lie in files of their own. Pickles of inputs name the function of this module on both sides.

On the execute side, these files are in the scratch directory. The submit side says where it has them by :func:`lying_in`.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import pickle

from htmap_run import frames

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Optional

_folder: contextvars.ContextVar[Optional[str]] = contextvars.ContextVar("_folder", default=None)


def argument(place: str) -> Any:
    """Return the argument that lies in a file: a new object each time, as if it had been in the pickle itself.

    :param place: the path of the file in the map's folder of arguments. HTCondor puts it into the scratch directory by its name.
    :raises CorruptFile: the file is damaged.
    """
    folder = _folder.get()
    if folder is None:
        from htmap_run.files.placing import scratch_directory

        folder, place = scratch_directory(), place.rpartition("/")[2]
    file = frames.Reader(os.path.join(folder, place))
    return pickle.loads(file.payload(file.only(frames.INPUT)))  # the user's own map has it


@contextlib.contextmanager
def lying_in(folder: str) -> Iterator[None]:
    """Have arguments be read from a folder inside the block, by this thread."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)
