"""The outcome of a component."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, Optional, Union, cast

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.display.short import cut, short
from htmap_core.display.view import BAD, GOOD, Section, Shown, Tinted
from htmap_core.exceptions import HTMapException
from htmap_core.results.errors import ComponentError
from htmap_core.type_variables import R_co


@attrs.define(slots=False)
class NoResult(HTMapException, AttributeError):
    """The program asked an outcome for its result, but the component has failed or is held. ``hasattr`` says so, too.

    :param error: what happened to it, in one line.
    """

    component: int
    status: str
    error: str

    def __str__(self) -> str:
        return (
            f"component {self.component} has no result: it is {self.status}, {self.error}. "
            f"`outcome.ok` says whether there is one, and `outcome.error` what happened"
        )


@attrs.frozen
class Outcome(Shown, Generic[R_co]):
    """The outcome of one component: its result, or else its error or hold.

    ``Map.outcomes`` returns outcomes. Since 0.7::

        mapped = htmap.map(lambda x: 1 / x, [1, 0])
        print([outcome.value if outcome.ok else outcome.error for outcome in mapped.outcomes()])

    :param component: the component's index.
    :param status: COMPLETED, ERRORED, HELD or REMOVED.
    :param value: the result. Where there is none, asking for it raises :class:`~htmap.exceptions.NoResult`.
    :param error: a :class:`ComponentError`, or a :class:`ComponentHold` for a held component; None if there is a result.
    """

    component: int
    status: ComponentStatus
    _value: Optional[R_co] = None
    error: Union[ComponentError, ComponentHold, None] = None

    def __repr__(self) -> str:
        what = f"value={short(self._value)}" if self.ok else f"error={self.error!r}"
        return f"{type(self).__name__}(component={self.component}, status={self.status!r}, {what})"

    @property
    def ok(self) -> bool:
        """Whether there is a result."""
        return self.error is None

    @property
    def value(self) -> R_co:
        """The result.

        :raises NoResult: there is none.
        """
        if self.error is not None:
            raise NoResult(self.component, str(self.status), str(self.error))
        return cast("R_co", self._value)

    def _view(self) -> Iterator[Section]:
        what = short(self.value) if self.ok else cut(str(self.error))
        row = (str(self.component), Tinted(str(self.status), GOOD if self.ok else BAD), what)
        yield Section("", ("Component", "Status", "Result" if self.ok else "What happened"), [row])


def is_settled(status: ComponentStatus) -> bool:
    """Return whether a component has ended or is held: its status does not change by waiting."""
    return status.is_final or status is ComponentStatus.HELD
