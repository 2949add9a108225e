"""The status of a component, and the reason of its hold."""

from __future__ import annotations

from enum import Enum

import attrs

from htmap_core.wording import printable


class ComponentStatus(str, Enum):
    """The status of one component of a map: HTCondor's job status, or ERRORED if the function raised.

    Members are strings. Since 0.6 or earlier.

    >>> ComponentStatus.COMPLETED == "COMPLETED"
    True
    """

    UNKNOWN = "UNKNOWN"
    UNMATERIALIZED = "UNMATERIALIZED"
    IDLE = "IDLE"
    RUNNING = "RUNNING"
    REMOVED = "REMOVED"
    COMPLETED = "COMPLETED"
    HELD = "HELD"
    SUSPENDED = "SUSPENDED"
    ERRORED = "ERRORED"

    def __str__(self) -> str:
        return self.value

    @property
    def is_final(self) -> bool:
        """Whether the component has ended: only a rerun changes this status. Since 0.7.

        >>> ComponentStatus.HELD.is_final
        False
        """
        return self in _FINAL

    @classmethod
    def display_statuses(cls) -> tuple[ComponentStatus, ...]:
        """Return the statuses that status lines and tables show, in their order.

        >>> [str(status) for status in ComponentStatus.display_statuses()]
        ['HELD', 'ERRORED', 'IDLE', 'RUNNING', 'COMPLETED']
        """
        return (cls.HELD, cls.ERRORED, cls.IDLE, cls.RUNNING, cls.COMPLETED)


_FINAL = frozenset({ComponentStatus.COMPLETED, ComponentStatus.ERRORED, ComponentStatus.REMOVED})


JobStatus = ComponentStatus  # its name in one place of the original's documentation


@attrs.frozen
class ComponentHold:
    """The reason why HTCondor holds a component. Since 0.6 or earlier.

    >>> print(ComponentHold(13, "Disk quota exceeded"))
    [13] Disk quota exceeded

    :param code: HTCondor's ``HoldReasonCode``.
    :param reason: the part of HTCondor's ``HoldReason`` that concerns the component.
    :param subcode: HTCondor's ``HoldReasonSubCode``: an error number, a resource, or the site's own number; 0 for none. Since
        0.7.
    """

    code: int
    reason: str
    subcode: int = 0

    def __str__(self) -> str:
        return printable(f"[{self.code}] {self.reason}")
