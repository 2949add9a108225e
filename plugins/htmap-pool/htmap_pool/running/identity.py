"""As whom the daemons run: HTCondor runs no jobs of root, so root's pool lives in a user namespace."""

from __future__ import annotations

import os
import pwd
import shutil

import attrs

from htmap_pool.errors import CannotStart, ToolFailed
from htmap_pool.programs import run

# In a user namespace, everybody who is not mapped looks like this user. Were it the pool's owner, everybody would be.
_OVERFLOW_UID = 65534


@attrs.frozen
class Identity:
    """The user that the daemons see themselves as.

    :param name: the user name, which HTCondor's authorisation goes by.
    :param uid: its number.
    :param gid: its group's number.
    :param in_namespace: whether that is a mask worn by root, inside a user namespace.
    """

    name: str
    uid: int
    gid: int
    in_namespace: bool = False

    def command(self) -> list[str]:
        """Return what to put before a command to run it as this user."""
        if not self.in_namespace:
            return []
        # unshare does not fork here: the command keeps the process id.
        return ["unshare", "--user", f"--map-user={self.uid}", f"--map-group={self.gid}", "--"]


def current() -> Identity:
    """Return the identity for a pool of the user who runs this.

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
    # Any account will do that exists and is not the one that strangers look like; a system account comes first.
    entry = next((e for e in sorted(pwd.getpwall(), key=lambda e: e.pw_uid) if 0 < e.pw_uid < _OVERFLOW_UID), None)
    if entry is None:
        raise CannotStart(
            "HTCondor runs no jobs of root, and /etc/passwd has no other account whose name could be used"
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
