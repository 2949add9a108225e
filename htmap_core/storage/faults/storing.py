"""Writing below HTMAP_DIR: what the file system refuses becomes one exception, with what has become of the operation."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from htmap_core.exceptions import CannotStore

NOTHING_CREATED = "Nothing was created"
NOTHING_CHANGED = "Nothing was changed"
REST_CAN_RUN = "What has ended stays, and `htmap rerun` goes on with the rest"


@contextlib.contextmanager
def storing(place: Path, outcome: str = NOTHING_CREATED) -> Iterator[None]:
    """Turn an OSError in the block into :class:`CannotStore`. The user's iterables must not run inside the block.

    :param place: what is written to, where the error does not tell.
    :param outcome: what has become of the operation then, as a sentence without a full stop.
    """
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else place
        raise CannotStore(str(where), error.strerror or str(error), outcome) from error
