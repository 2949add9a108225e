"""What plugins offer: each plugin is asked once in a process, and switched off alone where its answer is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from htmap_core.contract.options import MapOptions
from htmap_core.display.short import short
from htmap_core.exceptions import HTMapException
from htmap_core.plugins.discovery import Discovery
from htmap_core.plugins.guarding.answers import names_of
from htmap_core.plugins.guarding.guard import Guard
from htmap_core.plugins.guarding.waiting import NAMED_AFTER, named_while_slow
from htmap_core.plugins.record import PluginRecord
from htmap_core.settings import core
from htmap_core.settings.chain import Settings
from htmap_core.settings.defaults import OFFERED
from htmap_core.settings.layers import Layer
from htmap_core.settings.tables import setting, table
from htmap_core.wording import describe

T = TypeVar("T")


class Offers:
    """The answers of plugins to hooks that offer something."""

    def __init__(self, discovery: Discovery, guard: Guard) -> None:
        self._discovery = discovery
        self._guard = guard
        self._answers: dict[str, dict[str, list[Any]]] = {}

    def by_name(self, hook: str, type_: type[T], key: str = "name") -> dict[str, T]:
        """Return the objects that *hook* offers, by name. A plugin that offers a name again is switched off."""
        owners: dict[str, PluginRecord] = {}
        found: dict[str, T] = {}
        kind = hook.removeprefix("htmap_").replace("_", " ")
        # Ours come first, and keep their names.
        for record, offer in sorted(self.of_each(hook, Sequence), key=lambda each: not each[0].is_first_party):
            try:
                names = names_of(offer, type_, key)
            except Exception as error:  # a property of a plugin's class may raise anything
                problem = str(error) if isinstance(error, TypeError) else f"failed: {describe(error)}"
                self._discovery.switch_off(record, f"{hook} {problem}", error)
                continue
            if taken := [name for name in names if name in owners or names.count(name) > 1]:
                owner = owners.get(taken[0], record).name
                self._discovery.switch_off(
                    record, f"its {hook} offers {taken[0]!r}, which plugin {owner!r} offers already"
                )
                continue
            record.offers[kind] = names
            owners.update(dict.fromkeys(names, record))
            found.update(zip(names, offer))
        return found

    def of_each(self, hook: str, type_: type[T]) -> Iterable[tuple[PluginRecord, T]]:
        """Yield each working plugin's answer to *hook*. One with an answer of another type is switched off."""
        for record, answers in self._answers_to(hook):
            answer = answers[0] if answers else None
            if isinstance(answer, type_) and not isinstance(answer, str):
                yield record, answer
            else:
                self._discovery.switch_off(record, f"{hook} must return a {type_.__name__}, not {short(answer)}")

    def _answers_to(self, hook: str) -> list[tuple[PluginRecord, list[Any]]]:
        """Return what each working plugin answers to *hook*: a list of one, or an empty one. One that raises is switched off."""
        answers = self._answers.setdefault(hook, {})
        with self._discovery.lock:
            if unasked := [each for each in self._discovery.working(hook) if each.name not in answers]:
                with named_while_slow(NAMED_AFTER) as waiting:
                    for record in unasked:
                        waiting.record, waiting.what = record, hook
                        try:
                            answers[record.name] = self._guard.offer(record, self._discovery.caller(hook, record))
                        except (Exception, SystemExit) as error:  # the record of the plugin keeps the traceback
                            self._discovery.switch_off(record, f"{hook} failed: {describe(error)}", error)
            return [(each, answers[each.name]) for each in self._discovery.working(hook)]


def problem_with_offer(offer: Mapping[Any, Any], tables: Mapping[str, type], plugin: str) -> str | None:
    """Return what is wrong with the settings that a plugin offers as defaults, or None.

    :param tables: the tables of all plugins.
    """
    for name, value in offer.items():
        folded = name.upper() if isinstance(name, str) else ""
        if not folded or (folded in core.names() and folded not in OFFERED):
            return f"can offer {', '.join(OFFERED)} and tables of plugins, not {name!r}"
        own = Settings(Layer({name: value}, f"plugin {plugin!r}"))
        try:
            if isinstance(value, Mapping) != (folded != OFFERED[0]):
                return f"offers {name} = {value!r}, which is {'a' if isinstance(value, Mapping) else 'no'} table"
            if folded == core.MAP_OPTIONS:
                MapOptions.from_settings(own)
            elif folded in tables:
                table(folded, tables[folded], own)
            elif folded in core.SETTINGS:
                setting(folded, own)
        except HTMapException as error:
            return f"offers what cannot be used: {error}"
    return None
