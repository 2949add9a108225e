"""The outcome of a component."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

import attrs

from htmap_core.components import ComponentStatus
from htmap_core.display.short import cut, short
from htmap_core.display.view import BAD, GOOD, Section, Shown, Tinted


@attrs.frozen
class Outcome(Shown):
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
    value: Any = attrs.field(default=None, repr=short)
    error: Optional[object] = None

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None

    def _view(self) -> Iterator[Section]:
        what = short(self.value) if self.ok else cut(str(self.error))
        row = (str(self.component), Tinted(str(self.status), GOOD if self.ok else BAD), what)
        yield Section("", ("Component", "Status", "Result" if self.ok else "What happened"), [row])


def is_settled(status: ComponentStatus) -> bool:
    """Return whether a component has ended or is held: its status does not change by waiting."""
    return status.is_final or status is ComponentStatus.HELD
