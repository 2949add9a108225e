"""Environment variables that are changed for a moment, because HTCondor's bindings read them; other threads do not see that."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

_lock = threading.RLock()


@contextlib.contextmanager
def changed(name: str, value: str | None) -> Iterator[None]:
    """Give a variable another value inside a short block, and then its former one, whatever the block has made of it.

    Threads that ask for variables wait for its end.

    :param value: None leaves the variable as it is.
    """
    with _lock:
        before = os.environ.get(name)
        if value is not None:
            os.environ[name] = value
        try:
            yield
        finally:
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before


def variable(name: str) -> str | None:
    """Return a variable as the user has set it; None if it is not set."""
    with _lock:
        return os.environ.get(name)


def copy() -> dict[str, str]:
    """Return all variables as the user has set them, for another program."""
    with _lock:
        return dict(os.environ)
