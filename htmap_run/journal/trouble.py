"""What keeps a worker from writing down what a component leaves, such as a full disk. The supervising process decides."""

from __future__ import annotations

import contextlib
import errno
import resource

_FULL = frozenset((errno.ENOSPC, errno.EDQUOT))


class Trouble:
    """The error of the runner itself, in the process of the user's code.

    :ivar number: its ``errno``; 0 if it has none.
    :ivar text: the error in words, with a traceback where these do not say enough.
    """

    def __init__(self, number: int, text: str) -> None:
        self.number = number
        self.text = text

    @property
    def is_full_disk(self) -> bool:
        """Whether the disk is full, or a limit of the job's own says that its files must not be larger."""
        is_limited = resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY
        return self.number in _FULL or (self.number == errno.EFBIG and is_limited)


def is_full(error: OSError) -> bool:
    """Return whether an error says that the disk is full."""
    return error.errno in _FULL


def of(error: BaseException) -> Trouble:
    """Return the trouble that an exception of the runner is."""
    number = error.errno if isinstance(error, OSError) else None
    text = f"{type(error).__name__}: {error}"
    if not isinstance(error, (OSError, ValueError, SystemExit)):
        with contextlib.suppress(Exception):  # a function may have replaced what that needs
            import traceback

            text = f"{text}\n{traceback.format_exc()}"
    return Trouble(number or 0, text)
