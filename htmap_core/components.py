"""What a component can be: its status, and why it is held."""

from __future__ import annotations

from enum import Enum

import attrs


class ComponentStatus(str, Enum):
    """The status of one component of a map: HTCondor's job status, and ERRORED for a function that raised.

    Members are strings, so ``"COMPLETED"`` may be written for ``ComponentStatus.COMPLETED``.
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
        """True where a component stays as it is unless it is run again."""
        return self in _FINAL

    @classmethod
    def display_statuses(cls) -> tuple[ComponentStatus, ...]:
        """Return the statuses that status lines and tables show, in their order."""
        return (cls.HELD, cls.ERRORED, cls.IDLE, cls.RUNNING, cls.COMPLETED)


_FINAL = frozenset({ComponentStatus.COMPLETED, ComponentStatus.ERRORED, ComponentStatus.REMOVED})


JobStatus = ComponentStatus  # as the original's documentation calls it in one place


@attrs.frozen
class ComponentHold:
    """Why HTCondor holds a component.

    :param code: HTCondor's ``HoldReasonCode``.
    :param reason: HTCondor's ``HoldReason``, as far as it has to do with the component.
    """

    code: int
    reason: str

    def __str__(self) -> str:
        return f"[{self.code}] {self.reason}"
