"""What the commands answer that are about plugins and delivery methods."""

from __future__ import annotations

import datetime
from typing import Any, Literal, Optional, TypedDict


class Suits(TypedDict):
    """Whether a delivery method suits the pool.

    :param suits: whether it does.
    :param why: why.
    """

    suits: Literal["yes", "no", "unknown"]
    why: str


class SettingOfPlugin(TypedDict):
    """A setting of a plugin.

    :param name: its dotted path.
    :param value: its value; null if it is not set.
    :param origin: where that comes from; null if it is the default.
    """

    name: str
    value: Any
    origin: Optional[str]


class Plugin(TypedDict):
    """An installed plugin.

    :param name: its name; of one in one file, the path.
    :param distribution: where it comes from.
    :param version: the version of that; empty for one in one file.
    :param state: whether it works.
    :param reason: why it does not; empty if it does.
    :param import_seconds: how long its import took, in seconds.
    :param offers: the names of what it offers, by kind.
    :param answers: which questions it answers.
    :param steps: in which steps of each map it has a say.
    :param delivery_methods: whether its delivery methods suit the pool, by name.
    :param hooks: the hooks that it implements.
    :param settings: its settings.
    :param remedy: what repairs it; empty if it is not broken.
    :param traceback: the traceback of what went wrong; empty if nothing did.
    """

    name: str
    distribution: str
    version: str
    state: Literal["ok", "broken", "disabled"]
    reason: str
    import_seconds: float
    offers: dict[str, list[str]]
    answers: list[str]
    steps: list[str]
    delivery_methods: dict[str, Suits]
    hooks: list[str]
    settings: list[SettingOfPlugin]
    remedy: str
    traceback: str


class Fault(TypedDict):
    """A plugin that maps go without, although it should work.

    :param plugin: its name.
    :param distribution: where it comes from; empty if none is installed.
    :param reason: what is wrong, as it follows the name.
    :param advice: what to do about it.
    :param required_by: where PLUGINS.REQUIRED names it; null if it is not required.
    """

    plugin: str
    distribution: str
    reason: str
    advice: str
    required_by: Optional[str]


class Usable(TypedDict):
    """A pool, and whether it can be used.

    :param name: its name.
    :param usable: whether it can be used as it is.
    :param why_not: why not; empty if it can.
    """

    name: str
    usable: bool
    why_not: str


class Plugins(TypedDict):
    """The installed plugins.

    :param pool: the pool that delivery methods were asked about; null if none is running.
    :param plugins: the plugins, by their names.
    :param faults: those that maps go without.
    :param pools: the pools, in the order in which they are tried.
    """

    pool: Optional[str]
    plugins: list[Plugin]
    faults: list[Fault]
    pools: list[Usable]


class Named(TypedDict):
    """The plugins that have a name.

    :param plugins: one, but where two distributions bring plugins of one name.
    """

    plugins: list[Plugin]


class NewPlugin(TypedDict):
    """A plugin that was made.

    :param name: its name.
    :param kind: what it offers.
    :param files: its files.
    """

    name: str
    kind: str
    files: list[str]


class Present(TypedDict):
    """The delivery method that maps use now.

    :param pool: the pool.
    :param method: the method.
    :param by: who has chosen it.
    :param why: why, as a phrase.
    """

    pool: str
    method: str
    by: Literal["setting", "user", "site", "auto"]
    why: str


class Scope(TypedDict):
    """What a decision is for.

    :param pool: the pool.
    :param collector: its collector.
    :param python: the folder of the Python environment.
    """

    pool: str
    collector: str
    python: str


class Found(TypedDict):
    """What a delivery method said.

    :param verdict: whether it suits.
    :param reason: why.
    :param rank: how good a choice it is; a higher one is better.
    """

    verdict: Literal["yes", "no", "unknown"]
    reason: str
    rank: float


class Decision(TypedDict):
    """A decision that was written down.

    :param scope: what it is for.
    :param method: the method.
    :param by_user: whether the user has chosen it.
    :param since: since when.
    :param occasion: why it was decided then, as a phrase.
    :param found: what the methods said then, by name.
    :param settings: a checksum of each setting that they may read.
    """

    scope: Scope
    method: str
    by_user: bool
    since: datetime.datetime
    occasion: str
    found: dict[str, Found]
    settings: dict[str, str]


class Delivery(TypedDict):
    """The delivery method that maps on a pool use.

    :param present: the one that the next map uses; null if no pool can be used.
    :param decisions: what was written down, for each pool.
    """

    present: Optional[Present]
    decisions: list[Decision]
