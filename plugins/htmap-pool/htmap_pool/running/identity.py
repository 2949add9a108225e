"""Choose the user that the daemons run as. HTCondor runs no jobs of root, so root's pool is in a user namespace."""

from __future__ import annotations

import os
import pwd
import shutil

import attrs

from htmap_pool.errors import CannotStart, ToolFailed
from htmap_pool.programs import run

# In a user namespace, all users that are not mapped look like this one. If it owned the pool, all of them would.
_OVERFLOW_UID = 65534


@attrs.frozen
class Identity:
    """The user that the daemons run as, in their own view.

    :param name: the user name, which HTCondor authorises.
    :param uid: the user id.
    :param gid: the group id.
    :param in_namespace: whether this user is a mask for root inside a user namespace.
    """

    name: str
    uid: int
    gid: int
    in_namespace: bool = False

    def command(self) -> list[str]:
        """Return the words to put before a command to run it as this user."""
        if not self.in_namespace:
            return []
        # unshare does not fork with these options: the command keeps the process id.
        return ["unshare", "--user", f"--map-user={self.uid}", f"--map-group={self.gid}", "--"]


def current() -> Identity:
    """Return the identity for a pool of the current user.

    :raises CannotStart: the user has no name, or is root and cannot have a user namespace.
    """
    if os.getuid() == 0:
        return _mask_for_root()
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        raise CannotStart(
            f"user id {os.getuid()} has no name, and HTCondor authenticates users by name",
            advice="Add a line for it to /etc/passwd, or run as another user",
        ) from None
    return Identity(entry.pw_name, entry.pw_uid, os.getgid())


def _mask_for_root() -> Identity:
    # Any existing account will do except the one that stands for unmapped users; system accounts come first.
    entry = next((e for e in sorted(pwd.getpwall(), key=lambda e: e.pw_uid) if 0 < e.pw_uid < _OVERFLOW_UID), None)
    if entry is None:
        raise CannotStart(
            "HTCondor runs no jobs of root, and /etc/passwd has no other account whose name the pool could use"
        )
    mask = Identity(entry.pw_name, entry.pw_uid, entry.pw_gid, in_namespace=True)
    if shutil.which("unshare") is None:
        raise _no_namespace("there is no `unshare` program")
    try:
        run([*mask.command(), "true"], timeout=10)
    except ToolFailed as error:
        raise _no_namespace(str(error)) from error
    return mask


def _no_namespace(reason: str) -> CannotStart:
    return CannotStart(
        f"HTCondor runs no jobs of root, so root's pool needs a user namespace, and {reason}",
        advice="Run as an ordinary user, or allow user namespaces (in a container: --security-opt seccomp=unconfined)",
    )
