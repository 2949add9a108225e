"""What ``htmap why`` answers."""

from __future__ import annotations

from typing import Optional, TypedDict


class Clause(TypedDict):
    """A part of a job's requirements.

    :param text: the part, as an expression or a request.
    :param slots: how many slots satisfy it when nothing runs on them.
    """

    text: str
    slots: int


class Claims(TypedDict):
    """The CPUs that are claimed on the slots that could run a job.

    :param mine: by its user.
    :param others: by other users.
    :param users: how many other users these are.
    """

    mine: float
    others: float
    users: int


class Rejection(TypedDict):
    """The negotiator's last rejection of jobs like this one.

    :param reason: its own words.
    :param age: how long ago that was, in seconds.
    """

    reason: str
    age: float


class Priority(TypedDict):
    """The user's priority beside those of others.

    :param value: the effective user priority; a smaller one comes first.
    :param others: how many other users have idle jobs.
    :param ahead: how many of those come first.
    """

    value: float
    others: int
    ahead: int


class Share(TypedDict):
    """The use of something limited, such as a quota.

    :param name: what it is, in words.
    :param used: how much is in use.
    :param limit: how much there is.
    :param is_hard: whether nobody gets more, even if slots are free.
    """

    name: str
    used: float
    limit: float
    is_hard: bool


class InFront(TypedDict):
    """The user's jobs before this one in the queue that fit no slot.

    :param jobs: how many.
    :param batches: the names of their batches, which are the tags of maps.
    """

    jobs: int
    batches: list[str]


class Standing(TypedDict):
    """How a job stands beside others that wait.

    :param rejection: the negotiator's last rejection; null if there is none.
    :param priority: the user's priority; null if it is unknown.
    :param shares: quotas and the like.
    :param in_front: what is before it in the queue; null if nothing is in the way.
    """

    rejection: Optional[Rejection]
    priority: Optional[Priority]
    shares: list[Share]
    in_front: Optional[InFront]


class Starts(TypedDict):
    """How often HTCondor has started a job.

    :param tried: how often it tried to.
    :param begun: how often the job then began to run.
    :param vacated: how often it was taken from its slot, or never ran there.
    :param reason: why, the last time, in HTCondor's words; empty if it does not say.
    :param code: HTCondor's code of that reason; null if there is none.
    :param is_failing: whether it was vacated, the last time before it began to run.
    :param subcode: its subcode; 0 for none.
    """

    tried: int
    begun: int
    vacated: int
    reason: str
    code: Optional[int]
    is_failing: bool
    subcode: int


class Verdict(TypedDict):
    """Why an idle job does not run.

    :param text: the reason, in a sentence.
    :param advice: what to do about it; empty if only waiting helps.
    :param slots: how many slots the pool has.
    :param clauses: the parts of the job's requirements.
    :param notes: further facts, in sentences.
    :param claims: what is claimed of the slots that could run it; null if there are none.
    :param standing: how it stands beside others.
    :param starts: how often HTCondor has started it.
    """

    text: str
    advice: str
    slots: int
    clauses: list[Clause]
    notes: list[str]
    claims: Optional[Claims]
    standing: Standing
    starts: Starts


class Explanation(TypedDict):
    """Why some components do not run.

    :param components: their indices.
    :param status: their status.
    :param text: the reason, in a sentence.
    :param advice: what to do about it; empty if nothing need be done.
    :param verdict: for idle components, how slots meet their requirements; else null.
    :param site: what plugins of the site have to say.
    """

    components: list[int]
    status: str
    text: str
    advice: str
    verdict: Optional[Verdict]
    site: list[str]


class Why(TypedDict):
    """Why components do not run.

    :param tag: the map.
    :param explanations: an explanation for each reason; none if all components have ended.
    """

    tag: str
    explanations: list[Explanation]
