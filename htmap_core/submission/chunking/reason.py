"""Why HTMap has chosen how many components share a job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

import attrs

from htmap_core.contract.option_values import EXPECTED_RUNTIME
from htmap_core.durations import measured
from htmap_core.wording import counted

# Jobs at a time where a pool grows, which one without slots does: seldom to less than that.
_ASSUMED = 250


@attrs.frozen
class Reason:
    """Why HTMap has chosen the sizes of a map's jobs.

    :param places: how many jobs can run at a time; 0 if the pool had no slot for them, or did not answer.
    :param seconds: how long a call takes; None if nothing is known of that.
    :param source: by what that is known: ``expected_runtime`` or ``earlier runs``.
    :param most: how many components fit into the time that a job may take; None for any number.
    :param alone: what keeps components from sharing jobs: an option, ``checkpoints``, or ``files``; else empty.
    :param grows: whether the pool may get more slots.
    :param single: whether there is one component only, and nothing to choose.
    """

    places: int = 0
    seconds: Optional[float] = None
    source: str = ""
    most: Optional[int] = None
    alone: str = ""
    grows: bool = False
    single: bool = False

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Reason:
        """Return the reason with these facts, to which a later version may have added others."""
        known = attrs.fields_dict(cls)
        return cls(**{name: fact for name, fact in facts.items() if name in known})

    @property
    def slots(self) -> int:
        """The number of jobs that HTMap expects to run at a time."""
        grows = self.grows and self.source != EXPECTED_RUNTIME
        return max(self.places, _ASSUMED) if grows or not self.places else self.places

    @property
    def teaches(self) -> bool:
        """Whether later maps should look at how long the calls took: not if those would not share jobs either."""
        return not self.alone or self.most is not None

    def __str__(self) -> str:
        if self.single:
            return "there is one component"
        if self.alone:
            return f"each has a job of its own because of {self.alone}"
        known = (
            f"a call takes {measured(self.seconds)} by {self.source}"
            if self.seconds
            else "how long a call takes is not known"
        )
        room = f"{counted(self.places, 'job')} can run at a time" if self.places else "there are no slots now"
        if self.slots > self.places:
            room += f", {self.slots} are assumed because the pool may grow"
        within = f"; {self.most} fit into the time limit of a job" if self.most else ""
        return f"{known}; {room}{within}"
