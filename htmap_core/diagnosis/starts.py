"""How often HTCondor has started a job, and how that ended, from the job's ad."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

import attrs

from htmap_core.wording import printable

ATTRIBUTES = (
    "NumShadowStarts",
    "NumJobStarts",
    "NumVacates",
    "VacateReason",
    "VacateReasonCode",
    "VacateReasonSubCode",
    "JobCurrentStartDate",
    "JobCurrentStartExecutingDate",
)


@attrs.frozen
class Starts:
    """How often HTCondor has started a job, and how that ended.

    :param tried: how often it tried to.
    :param begun: how often the job then began to run.
    :param vacated: how often it was taken from its slot, or never got as far as running there.
    :param reason: why it was vacated the last time, in HTCondor's words; empty if it does not say.
    :param code: HTCondor's code of that reason, or None.
    :param subcode: its subcode; 0 for none.
    :param is_failing: whether it was vacated, the last time before it began to run.
    """

    tried: int = 0
    begun: int = 0
    vacated: int = 0
    reason: str = ""
    code: Optional[int] = None
    is_failing: bool = False
    subcode: int = 0

    @classmethod
    def of(cls, ad: Mapping[str, Any]) -> Starts:
        """Return what a job's ad says, which may lack any of :data:`ATTRIBUTES`."""
        tried, begun, vacated = (int(ad.get(name) or 0) for name in ATTRIBUTES[:3])
        started, executed = ad.get("JobCurrentStartDate") or 0, ad.get("JobCurrentStartExecutingDate") or 0
        reason, code = str(ad.get("VacateReason") or ""), ad.get("VacateReasonCode")
        subcode = int(ad.get("VacateReasonSubCode") or 0)
        return cls(tried, begun, vacated, reason, code, vacated > 0 and started > executed, subcode)

    def __str__(self) -> str:
        """Return it in words; empty if the job was never vacated."""
        if not self.vacated:
            return ""
        code = "" if self.code is None else f" (vacate code {self.code})"
        last = f"; the last time: {printable(self.reason)}{code}" if self.reason else ""
        tried, begun, vacated = (_times(number) for number in (self.tried, self.begun, self.vacated))
        return f"HTCondor tried to start it {tried}, it began to run {begun}, and it was vacated {vacated}{last}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
