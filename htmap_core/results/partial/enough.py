"""When enough components of a map have ended well, and what is told once so many cannot any more."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping, Sequence
from typing import Optional

import attrs

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import ComponentProblem, InvalidShare, MapComponentError, TooFewResults
from htmap_core.results.outcome import is_settled

_DIGITS = 9  # 0.07 of 100 is 7 components, although the product of these floats is a little more


def checked_share(given: object) -> float:
    """Return the share of a map's components that is to be enough.

    :raises InvalidShare: it is no number above 0 and up to 1.
    """
    if isinstance(given, bool) or not isinstance(given, numbers.Real):
        raise InvalidShare(given)
    share = float(given)
    if not 0 < share <= 1:  # not for NaN either
        raise InvalidShare(given)
    return share


@attrs.frozen
class Enough:
    """How many components of a map must end well.

    :param components: how many the map has.
    :param tolerated: which of ERRORED, REMOVED and HELD count as ended well, besides COMPLETED.
    :param share: the share of the components that is enough; None for all.
    """

    components: int
    tolerated: frozenset[ComponentStatus]
    share: Optional[float] = None

    @property
    def over(self) -> frozenset[ComponentStatus]:
        """The statuses that count."""
        return self.tolerated | {ComponentStatus.COMPLETED}

    @property
    def needed(self) -> int:
        """How many components must have one of these."""
        if self.share is None:
            return self.components
        return max(1, math.ceil(round(self.share * self.components, _DIGITS)))

    def ended(self, counts: Mapping[ComponentStatus, int]) -> int:
        """Return how many components have ended well.

        :param counts: how many components have each status.
        """
        return sum(counts.get(status, 0) for status in self.over)

    def is_out_of_reach(self, wrong: int) -> bool:
        """Return whether there cannot be enough any more, if so many components have ended otherwise, or are held."""
        return self.components - wrong < self.needed

    def wrong(self, counts: Mapping[ComponentStatus, int]) -> frozenset[ComponentStatus]:
        """Return the statuses that some components have, which do not count and do not change by waiting."""
        return frozenset(status for status in counts.keys() - self.over if is_settled(status))

    def told(
        self, problem: ComponentProblem, failed: Sequence[int], statuses: Sequence[ComponentStatus]
    ) -> ComponentProblem:
        """Return the exception for a map that cannot end well.

        :param problem: why the first of the components that have not ended well has not.
        :param failed: all of them.
        :param statuses: the status of each component of the map.
        """
        if self.share is None:
            return problem
        return TooFewResults(
            problem.tag,
            problem.component,
            problem.report,
            count=self.components,
            needed=self.needed,
            failed=tuple(each for each in failed if statuses[each] is not ComponentStatus.HELD),
            held=tuple(each for each in failed if statuses[each] is ComponentStatus.HELD),
            headline=problem.headline if isinstance(problem, MapComponentError) else problem.report.partition("\n")[0],
        )
