"""The choice of a map's delivery method, and what was decided for its pool.

Whoever names a method gets it: the setting DELIVERY_METHOD, then the user's choice for the pool, then the site's preference. Else
HTMap decides once for a pool, and writes that down: the shares of slots that can run a method change all the time.
"""

from __future__ import annotations

import functools
import re
import socket
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Literal

import attrs

from htmap_core import user_warnings
from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import Pool, PoolView
from htmap_core.exceptions import CondorError, NotDecided
from htmap_core.files.sealed import checksum
from htmap_core.plugins import not_installed
from htmap_core.plugins.calls import plugins
from htmap_core.settings import model
from htmap_core.settings.chain import settings
from htmap_core.storage import decisions
from htmap_core.storage.decisions import Decision, Scope, Written
from htmap_core.storage.log import logger

AUTO = "auto"


@attrs.frozen
class Choice:
    """The delivery method for the maps on a pool.

    :param method: its name.
    :param by: who has chosen it: the setting DELIVERY_METHOD, the user for this pool, the site, or HTMap.
    :param found: what methods say of the pool: as far as they were asked, or as they said when HTMap decided.
    :param written: what was written down for the pool.
    :param occasion: why HTMap decides now; empty where what was written down holds.
    """

    method: str
    by: Literal["setting", "user", "site", "auto"]
    found: Mapping[str, Suitability]
    written: Written
    occasion: str = ""


@attrs.frozen
class Chosen:
    """The delivery method of a map; who has chosen it, and why, as a phrase; what methods say of the pool, if they were asked."""

    method: DeliveryMethod
    reason: str
    found: Mapping[str, Suitability]


def choose_delivery_method(
    pool: Pool,
    view: PoolView,
    modules: Collection[str] = (),
    options: MapOptions | None = None,
    *,
    writes_down: bool = True,
) -> Chosen:
    """Return the delivery method for a map on a pool. What HTMap decides for the pool is written down.

    If somebody has named a method, HTMap uses it, and warns if it does not suit the pool or lacks modules. Where HTMap has
    decided, a map whose function needs modules that the method lacks gets the next best.

    :param modules: the modules that the map's function needs.
    :param options: the map's options.
    :param writes_down: False for a map that is only planned.
    :raises UnknownPythonDeliveryMethod: no plugin offers the method that the settings name.
    :raises PluginError: its plugin is broken or disabled.
    :raises NoSuitableDeliveryMethod: no installed method can run on the pool.
    """
    asked = Answers(view)
    choice = present_choice(pool, view, asked)
    if choice.occasion and writes_down:
        choice = _decided(pool, view, choice)
    method = plugins.delivery_method(choice.method, settings.origin("DELIVERY_METHOD"))
    if choice.by in {"setting", "user"} and (said := asked.of(choice.method)).verdict == "no":
        user_warnings.warn(user_warnings.UnsuitableDeliveryMethod(choice.method, said.reason))
    fitting = _with_modules(method, choice, asked, frozenset(modules), options or MapOptions())
    return Chosen(fitting, _reason(choice, fitting, asked), {**choice.found, **asked.found})


def _reason(choice: Choice, method: DeliveryMethod, asked: Answers) -> str:
    by_whom = why(choice)
    if choice.by == "setting":
        by_whom = f"{by_whom}: {asked.of(choice.method).reason}"
    elif choice.occasion:
        by_whom = f"DELIVERY_METHOD = auto, decided for this map, because {choice.occasion}: {choice.found[choice.method].reason}"
    is_same = method.name == choice.method
    return by_whom if is_same else f"the function needs modules that {choice.method!r} lacks ({by_whom})"


def present_choice(pool: Pool, view: PoolView, asked: Answers | None = None) -> Choice:
    """Return the choice for a pool as it is now. Nothing is written down.

    :raises NoSuitableDeliveryMethod: no installed method can run on the pool.
    """
    asked = asked or Answers(view)
    methods = plugins.delivery_methods()
    written = decisions.read(scope_of(pool, view))
    decision = written.decision
    named = str(settings["DELIVERY_METHOD"])
    if named != AUTO:
        return Choice(named, "setting", asked.found, written)
    if decision is not None and decision.by_user and decision.method in methods:
        return Choice(decision.method, "user", decision.found, written)
    if pool.delivery_method in methods:
        return Choice(str(pool.delivery_method), "site", asked.found, written)
    occasion = _occasion(written, asked, methods)
    if decision is not None and not occasion:
        return Choice(decision.method, "auto", decision.found, written)
    found = asked.of_all(methods)
    return Choice(best(found, view), "auto", found, written, occasion)


def why(choice: Choice) -> str:
    """Return by whom and why a method is used, as a phrase."""
    if choice.by == "setting":
        return f"DELIVERY_METHOD = {choice.method}, from {settings.origin('DELIVERY_METHOD')}"
    if choice.by == "site":
        return "the site of this pool prefers it"
    if choice.occasion or (decision := choice.written.decision) is None:
        return f"the next map decides anew: {choice.occasion}"
    day = time.strftime("%Y-%m-%d", time.localtime(decision.since))
    by_whom = "you chose it" if choice.by == "user" else "DELIVERY_METHOD = auto, decided"
    return f"{by_whom} on {day}: {choice.found[choice.method].reason}"


def choose_anew(pool: Pool, view: PoolView, method: str = AUTO) -> Choice:
    """Decide for a pool, whatever was decided before, and write it down; return the choice that counts from now on.

    :param method: the user's choice; ``auto`` for HTMap's.
    :raises UnknownPythonDeliveryMethod: no plugin offers the method.
    :raises NoSuitableDeliveryMethod: no installed method can run on the pool.
    :raises NotDecided: the pool cannot be asked now, or what a newer HTMap has written down would be lost.
    """
    by_user, asked, written = method != AUTO, Answers(view), decisions.read(scope_of(pool, view))
    if by_user:
        plugins.delivery_method(method)
    elif not asked.has_slots:
        raise NotDecided(pool.name, _NO_SLOTS)
    if written.is_newer:
        raise NotDecided(pool.name, _NEWER)
    found = asked.of_all(plugins.delivery_methods())
    name = method if by_user else best(found, view)
    if by_user and found[name].verdict == "no":
        user_warnings.warn(user_warnings.UnsuitableDeliveryMethod(name, found[name].reason))
    _decided(pool, view, Choice(name, "user" if by_user else "auto", found, written, _ASKED))
    return present_choice(pool, view)


def scope_of(pool: Pool, view: PoolView) -> Scope:
    """Return what a decision is for: not the schedd, for all schedds of a pool have the same slots, and a user may get any."""
    try:
        named = view.address.collector or view.parameter("COLLECTOR_HOST") or ""
    except CondorError:  # its configuration is gone: nothing can be asked, and nothing will be written down
        named = ""
    hosts = sorted(host.removesuffix(_COLLECTORS_PORT) for host in re.split(r"[,\s]+", named.casefold()) if host)
    here = f" on {socket.gethostname()}" if any(host.startswith(_LOOPBACK) for host in hosts) else ""
    return Scope(pool.name, f"{', '.join(hosts)}{here}", sys.prefix)


_COLLECTORS_PORT = ":9618"  # HTCondor's own, which need not be named
_LOOPBACK = ("127.", "localhost", "[::1]", "::1")

_FIRST = "nothing was decided before"
_DAMAGED = "what was written down is damaged"
_ASKED = "you asked for it"
_NEWER = "a newer HTMap has written down what this one cannot read"
_NO_SLOTS = "the pool has no slots now, or does not say"


def _occasion(written: Written, asked: Answers, methods: Collection[str]) -> str:
    """Return what speaks against that which was written down, or why there is nothing; empty if nothing does."""
    decision = written.decision
    if decision is None:
        return _NEWER if written.is_newer else _DAMAGED if written.is_damaged else _FIRST
    if decision.method not in methods:
        return f"{decision.method!r} is not installed any more"
    if new := [name for name in methods if name not in decision.found and not plugins.is_registered(name)]:
        return f"{', '.join(map(repr, new))} was not installed before"
    now = _settings_now()
    if changed := [name for name, value in now.items() if decision.settings.get(name, value) != value]:
        return f"{', '.join(changed)} has changed"
    said = asked.of(decision.method)
    # Without slots, none can run it, and tomorrow there are some.
    return (
        f"{decision.method!r} does not suit it now: {said.reason}" if said.verdict == "no" and asked.has_slots else ""
    )


def _settings_now() -> dict[str, str]:
    """Return a checksum of each setting that delivery methods may read, by name: values may be secrets."""
    tables = plugins.tables_of_delivery_methods().items()
    known = [setting for name, cls in tables for setting in model.settings_of(name, cls)]
    return {each.name: checksum(repr(settings.get(each.name, each.default)).encode()) for each in known}


def _decided(pool: Pool, view: PoolView, choice: Choice) -> Choice:
    """Write a choice down, and tell where it is another than before. Another process may have been first: return what counts."""
    before, was_damaged = choice.written.decision, choice.written.is_damaged
    if choice.by == "user" or _is_sound(choice, view):
        lasting = {name: said for name, said in choice.found.items() if not plugins.is_registered(name)}
        decision = Decision(
            scope_of(pool, view),
            choice.method,
            choice.by == "user",
            time.time(),
            choice.occasion,
            lasting,
            _settings_now(),
        )
        written = decisions.replace(choice.written, decision)
        if written.decision is not None:
            choice = attrs.evolve(choice, method=written.decision.method, found=written.decision.found, written=written)
    said = choice.found[choice.method].reason
    logger.info("maps on the %s pool use %r (%s), because %s", pool.name, choice.method, said, choice.occasion)
    is_other = was_damaged if before is None else before.method != choice.method
    if is_other and choice.occasion != _ASKED:
        old = None if before is None else before.method
        user_warnings.warn(user_warnings.OtherDeliveryMethod(pool.name, choice.method, said, old, choice.occasion))
    return choice


def _is_sound(choice: Choice, view: PoolView) -> bool:
    """Return whether a choice of HTMap's can last: the pool had slots to ask, and other programs have the method, too."""
    return not plugins.is_registered(choice.method) and Answers(view).has_slots


def _with_modules(
    method: DeliveryMethod, choice: Choice, asked: Answers, modules: frozenset[str], options: MapOptions
) -> DeliveryMethod:
    """Return the method for a map whose function needs modules: the next best, if the chosen one is known to lack them."""
    lacking = plugins.lacks(method, modules, options)
    if not lacking:
        return method
    methods = plugins.delivery_methods()
    for name in _in_order(choice.found) if choice.by == AUTO else ():
        other = methods.get(name, method)
        if not plugins.lacks(other, modules, options) and asked.of(name).verdict != "no":
            user_warnings.warn(user_warnings.DeliveryForModules(name, method.name, sorted(lacking), method.remedy))
            return other
    user_warnings.warn(user_warnings.LackingModules(method.name, sorted(lacking), method.remedy))
    return method


def best(found: Mapping[str, Suitability], view: PoolView) -> str:
    """Return the name of the delivery method that suits best.

    :raises NoSuitableDeliveryMethod: no method can run on the pool; it names those that could and are not installed.
    """
    for name in _in_order(found):
        return name
    raise not_installed.nothing_suits(view, found, plugins.records_for_maps())


def _in_order(found: Mapping[str, Suitability]) -> Iterator[str]:
    """Yield the names of the methods that suit or may suit, the best first."""
    for verdict in ("yes", "unknown"):
        fitting = [name for name, suitability in found.items() if suitability.verdict == verdict]
        yield from sorted(fitting, key=lambda name: (-found[name].rank, name))


class Answers:
    """What delivery methods say of a pool; each is asked once."""

    def __init__(self, view: PoolView) -> None:
        self._view = view
        self.found: dict[str, Suitability] = {}

    def of(self, name: str) -> Suitability:
        """Return what a method says."""
        if name not in self.found:
            self.found[name] = plugins.check(plugins.delivery_method(name), self._view)
        return self.found[name]

    def of_all(self, names: Collection[str]) -> dict[str, Suitability]:
        """Return what several methods say, by name."""
        return {name: self.of(name) for name in names}

    @functools.cached_property
    def has_slots(self) -> bool:
        """Whether the pool has slots now; if not, or if it does not say, methods can know little of it."""
        try:
            return self._view.count("true")[1] > 0
        except CondorError:
            return False
