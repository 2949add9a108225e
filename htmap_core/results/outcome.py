"""The outcome of a component."""

from __future__ import annotations

from typing import Any, Optional

import attrs

from htmap_core.components import ComponentStatus


@attrs.frozen
class Outcome:
    """The outcome of one component: its result, or else its error or hold.

    ``Map.outcomes`` returns outcomes. Since 0.7::

        mapped = htmap.map(lambda x: 1 / x, [1, 0])
        print([outcome.value if outcome.ok else outcome.error for outcome in mapped.outcomes()])

    :param component: the component's index.
    :param status: COMPLETED, ERRORED, HELD or REMOVED.
    :param value: the result; None if there is none.
    :param error: a :class:`ComponentError`, or a :class:`ComponentHold` for a held component; None if there is a result.
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
    """Return whether a component has ended or is held: its status does not change by waiting."""
    return status.is_final or status is ComponentStatus.HELD
