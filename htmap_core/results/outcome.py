"""What came of a component."""

from __future__ import annotations

from typing import Any, Optional

import attrs

from htmap_core.components import ComponentStatus


@attrs.frozen
class Outcome:
    """What came of one component: a value, or why there is none.

    :param component: its index.
    :param status: COMPLETED, ERRORED, HELD or REMOVED.
    :param value: the result, where it is COMPLETED.
    :param error: a :class:`ComponentError`, or where it is held a :class:`ComponentHold`; None where it is COMPLETED.
    """

    component: int
    status: ComponentStatus
    value: Any = None
    error: Optional[object] = None

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None


def is_settled(status: ComponentStatus) -> bool:
    """Return whether a component has ended or is held, so that waiting brings nothing more by itself."""
    return status.is_final or status is ComponentStatus.HELD
