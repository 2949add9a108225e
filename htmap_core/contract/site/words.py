"""What happens to a job against its user's will, and a site's words on it."""

from __future__ import annotations

from typing import Literal, Optional

import attrs

from htmap_core.contract.site.checks import check_text


@attrs.frozen
class Interruption:
    """What keeps a component's job from its end: a hold, a removal, a vacate or a wait. ``htmap_site_words`` gets it. Since 0.7.

    >>> Interruption("removal", "tide", "Job removed by SYSTEM_PERIODIC_REMOVE due to wall time exceeded allowed max.").code

    :param kind: what HTCondor has done: held the job, removed it from the queue, or vacated it from its slot (an eviction or a
        preemption, after which it waits for another slot); or that it waits, because a limit of the schedd is reached.
    :param tag: the tag of its map, for commands in the advice.
    :param reason: HTCondor's own words, or those that the site's configuration gives; may be empty. They may contain what came
        from the execute side. Of a wait, the parameter of the limit: ``MAX_JOBS_RUNNING``.
    :param code: ``HoldReasonCode`` of a hold, ``VacateReasonCode`` of a vacate; None where HTCondor gives none, as for removals.
    :param subcode: the subcode; 0 for none.
    """

    kind: Literal["hold", "removal", "vacate", "wait"]
    tag: str
    reason: str
    code: Optional[int] = None
    subcode: int = 0


@attrs.frozen
class SiteWords:
    """A site's words on an interruption. A plugin returns them from ``htmap_site_words``. Since 0.7.

    They are shown beside HTCondor's own text, with the name of the plugin.

    >>> print(SiteWords("held jobs are removed after a day", "`htmap release tide` before that"))
    held jobs are removed after a day. `htmap release tide` before that

    :param meaning: what the site means by it, in a sentence without a full stop.
    :param advice: what to do about it, with what to type; may be empty.
    """

    meaning: str = attrs.field(validator=check_text)
    advice: str = attrs.field(default="", validator=check_text)

    def __str__(self) -> str:
        return f"{self.meaning}. {self.advice}" if self.advice else self.meaning
