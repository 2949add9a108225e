"""Finds, checks and calls plugins. Nothing else in HTMap calls a hook or an object that a plugin offered.

A plugin that is broken is switched off alone, and kept with its distribution, version and traceback for whoever asks.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import attrs
import pluggy

from htmap_core import __version__, hookspecs
from htmap_core.configfile import problem_with_tables, value
from htmap_core.delivery import DeliveryMethod, RegisteredDeliveryMethod, Suitability
from htmap_core.exceptions import HTMapException, PluginError, UnknownPythonDeliveryMethod, describe, did_you_mean
from htmap_core.names import DISTRIBUTION, ENTRY_POINT_GROUP
from htmap_core.plan import MapPlan
from htmap_core.pools import Pool, PoolAddress, PoolView
from htmap_core.settings import settings
from htmap_core.submit import SubmitDescription
from htmap_core.transfer import TransferProtocol

if sys.version_info >= (3, 10):
    from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
else:
    from importlib_metadata import Distribution, EntryPoint, distributions, entry_points

if TYPE_CHECKING:
    import click

T = TypeVar("T")

CORE = "core"
FIRST_PARTY = ("assume", "cern", "docker", "pool", "shared", "singularity", "transplant")


@attrs.define
class PluginRecord:
    """What is known of one plugin.

    :param state: ``ok``, ``broken`` (see *reason* and *traceback*) or ``disabled`` (*reason* says by what).
    :param offers: what it offers, by kind, once that has been asked.
    :param withdrawn: the delivery methods that it offered before it was found to be broken.
    """

    name: str
    distribution: str
    version: str
    state: Literal["ok", "broken", "disabled"] = "ok"
    reason: str = ""
    traceback: str = ""
    hooks: tuple[str, ...] = ()
    offers: dict[str, list[str]] = attrs.field(factory=dict)
    withdrawn: list[str] = attrs.field(factory=list)


class Plugins:
    """The installed plugins, loaded when the first of these methods needs them."""

    def __init__(self) -> None:
        self._records: list[PluginRecord] = []
        self._offered: dict[str, dict[str, list[Any]]] = {}
        self._registered: dict[str, DeliveryMethod] = {}
        self._loaded: pluggy.PluginManager | None = None

    # --- what is installed

    def records(self) -> list[PluginRecord]:
        """Return what is known of every plugin, broken and disabled ones too, after asking each what it offers."""
        self.settings_tables()
        self.delivery_methods()
        self.transfer_protocols()
        self.pools()
        self.commands()
        return list(self._records)

    def tables_of_unavailable_plugins(self) -> list[str]:
        """Return the names of settings tables that nobody can check now: their plugin is broken, disabled or not installed."""
        unavailable = [record.name for record in self._records if record.state != "ok"]
        return [name.upper() for name in (*unavailable, *FIRST_PARTY)]

    # --- offers

    def delivery_methods(self) -> dict[str, DeliveryMethod]:
        """Return all delivery methods by name; what the user's program registered wins over what plugins offer."""
        return {**self._by_name("htmap_delivery_methods", DeliveryMethod), **self._registered}

    def delivery_method(self, name: str, origin: str | None = None) -> DeliveryMethod:
        """Return the delivery method called *name*.

        :param origin: where the name comes from, for the message.
        :raises PluginError: the plugin of that name is broken or disabled.
        :raises UnknownPythonDeliveryMethod: nobody offers it.
        """
        methods = self.delivery_methods()
        if name in methods:
            return methods[name]
        for record in self._records:
            if record.state != "ok" and record.distribution and (record.name == name or name in record.withdrawn):
                raise PluginError(record.name, record.distribution, *_why_off(record))
        installed = any(record.name == name and record.distribution for record in self._records)
        hint = f"{name!r} comes with its own package: `pip install htmap-{name}`"
        raise UnknownPythonDeliveryMethod(
            name, methods, origin, hint if name in FIRST_PARTY and not installed else None
        )

    def register_delivery_method(self, method: DeliveryMethod) -> None:
        """Add a delivery method for this process, in place of any other of that name."""
        self._registered[method.name] = method

    def transfer_protocols(self) -> dict[str, TransferProtocol]:
        """Return all transfer protocols by scheme."""
        return self._by_name("htmap_transfer_protocols", TransferProtocol, key="scheme")

    def pools(self) -> list[Pool]:
        """Return all pools, the first to be tried first."""
        offered = self._by_name("htmap_pools", Pool)
        return sorted(offered.values(), key=lambda pool: (-pool.rank, pool.name))

    def settings_tables(self) -> dict[str, type]:
        """Return the settings tables of all plugins: the attrs class by the table's name."""
        tables: dict[str, type] = {}
        for record, offer in self._ask("htmap_settings", Mapping):
            if (problem := problem_with_tables(offer, tables)) is not None:
                self._disable(record, f"htmap_settings {problem}")
                continue
            tables.update({name.upper(): cls for name, cls in offer.items()})
            record.offers["settings"] = [name.upper() for name in offer]
        return tables

    def commands(self) -> dict[str, click.Command]:
        """Return the commands that plugins add to the command line, by name."""
        import click  # 40 ms, and needed by the command line only

        return self._by_name("htmap_commands", click.Command)

    # --- steps

    def setup_credentials(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Let every plugin set up the credentials that the map's jobs need."""
        self._step("htmap_setup_credentials", submit=submit, plan=plan)

    def rewrite_submit(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Let every plugin have its last word on the submit description."""
        self._step("htmap_rewrite_submit", submit=submit, plan=plan)

    # --- calls to what was offered

    def check(self, method: DeliveryMethod, pool: PoolView) -> Suitability:
        """Ask a delivery method whether it suits *pool*; what goes wrong in it makes that unknown."""
        try:
            found = method.check(pool)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- it breaks its promise, and must not stop the others
            return Suitability.unknown(f"its check failed: {describe(error)}", rank=-100)
        if isinstance(found, Suitability):
            return found
        return Suitability.unknown(f"its check returned {found!r}, which is no Suitability", rank=-100)

    def prepare(self, method: DeliveryMethod, plan: MapPlan) -> None:
        """Let a delivery method do its slow part."""
        self._guard(self._owner("delivery methods", method), method.prepare, plan)

    def describe(self, method: DeliveryMethod, submit: SubmitDescription, plan: MapPlan) -> None:
        """Let a delivery method write its part of the submit description."""
        self._guard(self._owner("delivery methods", method), method.describe, submit, plan)

    def find(self, pool: Pool) -> PoolAddress | None:
        """Ask where *pool* is, if it can be used as it is."""
        return self._guard(self._owner("pools", pool), pool.find)

    def start(self, pool: Pool) -> PoolAddress | None:
        """Let *pool* come up, if it can be started."""
        return self._guard(self._owner("pools", pool), pool.start)

    def advice(self, pool: Pool) -> str:
        """Ask why *pool* cannot be used."""
        return self._guard(self._owner("pools", pool), pool.advice)

    # --- loading

    def _manager(self) -> pluggy.PluginManager:
        if self._loaded is None:
            disabled = value("PLUGINS.DISABLED", list[str])  # raises, if at all, before anything is loaded by halves
            manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
            manager.add_hookspecs(hookspecs)
            if os.environ.get("HTMAP_TRACE_PLUGINS", "") not in {"", "0"}:
                manager.trace.root.setwriter(sys.stderr.write)
                manager.enable_tracing()
            self._loaded = manager
            core = EntryPoint(CORE, "htmap_core.builtin", ENTRY_POINT_GROUP)
            self._load(core, PluginRecord(CORE, DISTRIBUTION, __version__), ())
            for entry, record in _installed():
                self._load(entry, record, disabled)
            self._report_missing_selection()
        return self._loaded

    def _load(self, entry: EntryPoint | None, record: PluginRecord, disabled: Sequence[str]) -> None:
        twin = next((other for other in self._records if other.name == record.name), None)
        self._records.append(record)
        if entry is None:
            return  # broken already: its metadata cannot be read
        if twin is not None:
            record.state = "broken"
            record.reason = (
                f"the name {record.name!r} is taken by the plugin of {twin.distribution}; uninstall one of the two"
            )
            return
        if record.name != CORE and (switch := _switched_off_by(record.name, disabled)):
            record.state, record.reason = "disabled", f"by {switch}"
            return
        try:
            module = entry.load()
            record.hooks = self._checked_hooks(module)
            self._manager().register(module, record.name)
        except pluggy.PluginValidationError as error:  # quotes the definition, and says which argument is wrong
            self._disable(record, "; ".join(str(error).splitlines()[1:]), error)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever is wrong with it, it is wrong with it alone
            self._disable(record, describe(error), error)

    def _checked_hooks(self, module: object) -> tuple[str, ...]:
        """Return the hooks that *module* implements; pluggy checks their arguments, this their names."""
        manager = self._manager()
        known = [name for name in dir(hookspecs) if name.startswith("htmap_") and callable(getattr(hookspecs, name))]
        hooks = []
        for name in dir(module):
            implements = manager.parse_hookimpl_opts(module, name) is not None
            if implements and name not in known:
                raise LookupError(f"there is no hook {name!r}{did_you_mean(name, known)} (hooks: {', '.join(known)})")
            if name in known and not implements:
                raise LookupError(f"{name} is not marked with @htmap_core.hookimpl, so it would never be called")
            if implements:
                hooks.append(name)
        if not hooks:
            raise LookupError(f"{module!r} implements no hook; mark its functions with @htmap_core.hookimpl")
        return tuple(hooks)

    def _report_missing_selection(self) -> None:
        found = {record.name for record in self._records}
        for name in _selection() or ():
            if name not in found:
                reason = f"named by HTMAP_PLUGINS, but not installed{did_you_mean(name, found - {CORE})}"
                self._records.append(PluginRecord(name, "", "", "broken", reason))

    def _disable(self, record: PluginRecord, reason: str, error: BaseException | None = None) -> None:
        record.state, record.reason = "broken", reason
        if error is not None:
            record.traceback = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        record.withdrawn += record.offers.get("delivery methods", ())
        record.offers.clear()
        manager = self._manager()
        if manager.has_plugin(record.name):
            manager.unregister(name=record.name)

    # --- calling hooks

    def _by_name(self, hook: str, type_: type[T], key: str = "name") -> dict[str, T]:
        """Return what *hook* offers by name; a second one of the same name switches its plugin off."""
        owners: dict[str, PluginRecord] = {}
        found: dict[str, T] = {}
        kind = hook.removeprefix("htmap_").replace("_", " ")
        for record, offer in self._ask(hook, Sequence):
            try:
                names = _names_of(offer, type_, key)
            except Exception as error:  # noqa: BLE001 -- also what a plugin's own property raises
                problem = str(error) if isinstance(error, TypeError) else f"failed: {describe(error)}"
                self._disable(record, f"{hook} {problem}", error)
                continue
            if taken := [name for name in names if name in owners] or _repeated(names):
                owner = owners.get(taken[0], record).name
                self._disable(record, f"its {hook} offers {taken[0]!r}, which plugin {owner!r} offers already")
                continue
            record.offers[kind] = names
            owners.update(dict.fromkeys(names, record))
            found.update(zip(names, offer))
        return found

    def _ask(self, hook: str, type_: type[T]) -> Iterable[tuple[PluginRecord, T]]:
        """Yield what each working plugin answers to an offer hook, asking each once in a process."""
        self._manager()
        answers = self._offered.setdefault(hook, {})
        for record in list(self._records):
            if record.state != "ok" or hook not in record.hooks:
                continue
            if record.name not in answers:
                try:
                    answers[record.name] = self._caller(hook, record)()
                except (Exception, SystemExit) as error:  # noqa: BLE001 -- switched off, with the traceback kept
                    self._disable(record, f"{hook} failed: {describe(error)}", error)
                    continue
            answer = answers[record.name][0] if answers[record.name] else None
            if isinstance(answer, type_) and not isinstance(answer, str):
                yield record, answer
            else:
                self._disable(record, f"{hook} must return a {type_.__name__}, not {answer!r}")

    def _step(self, hook: str, **arguments: Any) -> None:
        self._manager()
        for record in sorted(self._records, key=lambda record: record.name):
            if record.state == "ok" and hook in record.hooks:
                self._guard(record, self._caller(hook, record), **arguments)

    def _caller(self, hook: str, record: PluginRecord) -> pluggy.HookCaller:
        """Return a caller of *hook* on one plugin alone, so that what goes wrong is known to be its doing."""
        manager = self._manager()
        others = [plugin for name, plugin in manager.list_name_plugin() if name != record.name and plugin is not None]
        return manager.subset_hook_caller(hook, others)

    def _owner(self, kind: str, offered: DeliveryMethod | Pool) -> PluginRecord:
        if offered not in self._registered.values():
            for record in self._records:
                if offered.name in record.offers.get(kind, ()):
                    return record
        return PluginRecord(offered.name, "this program", "")

    def _guard(self, record: PluginRecord, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            return call(*args, **kwargs)
        except HTMapException:
            raise  # meant for the user
        except (Exception, SystemExit) as error:
            record.traceback = traceback.format_exc()
            name = getattr(call, "name", None) or getattr(call, "__name__", "a call")
            raise PluginError(record.name, record.distribution, f"{name} failed: {describe(error)}") from error


def registered(name: str, descriptors_func: Any, setup_func: Any = None) -> DeliveryMethod:
    """Return a delivery method made of two functions, as :func:`htmap.register_delivery_method` takes them."""
    return RegisteredDeliveryMethod(name, descriptors_func, setup_func)


def _names_of(offer: Sequence[Any], type_: type, key: str) -> list[str]:
    if wrong := [each for each in offer if not isinstance(each, type_)]:
        raise TypeError(f"must return {type_.__name__} objects, not {wrong!r}")
    names = [getattr(each, key, None) for each in offer]
    if not all(isinstance(name, str) and name for name in names):
        raise TypeError(f"must return {type_.__name__} objects with a {key}, not {names!r}")
    return [str(name) for name in names]


def _repeated(names: Sequence[str]) -> list[str]:
    return [name for name in names if names.count(name) > 1]


def _why_off(record: PluginRecord) -> tuple[str, str]:
    """Return why a plugin cannot be asked, and what to do."""
    if record.state == "disabled":
        return f"is disabled {record.reason}", "Switch it on there to use it"
    return f"is broken: {record.reason}", f"`htmap plugins list --traceback {record.name}` shows the details"


def _installed() -> list[tuple[EntryPoint | None, PluginRecord]]:
    """Return the installed plugins by name; with None instead of the entry point where metadata cannot be read."""
    try:
        found: list[Any] = [(entry, _record(entry)) for entry in entry_points(group=ENTRY_POINT_GROUP)]
    except Exception:  # noqa: BLE001 -- of one distribution, whatever it is; looking at each tells of which
        found = [plugin for distribution in distributions() for plugin in _plugins_of(distribution)]
    return sorted(found, key=lambda plugin: (plugin[1].name, plugin[1].distribution))


def _record(entry: EntryPoint) -> PluginRecord:
    distribution = entry.dist
    if distribution is None:
        return PluginRecord(entry.name, "unknown distribution", "")
    return PluginRecord(entry.name, distribution.name, distribution.version)


def _plugins_of(distribution: Distribution) -> list[tuple[EntryPoint | None, PluginRecord]]:
    try:
        entries = [entry for entry in distribution.entry_points if entry.group == ENTRY_POINT_GROUP]
        return [(entry, _record(entry)) for entry in entries]
    except Exception as error:  # noqa: BLE001 -- it is told, if it is one of ours
        if f"[{ENTRY_POINT_GROUP}]" not in (distribution.read_text("entry_points.txt") or ""):
            return []
        name = str(distribution.metadata["Name"])
        reason = f"its metadata cannot be read: {describe(error)}"
        return [(None, PluginRecord(name, name, "", "broken", reason, traceback.format_exc()))]


def _selection() -> list[str] | None:
    """Return what HTMAP_PLUGINS restricts plugins to; None where it is not set."""
    given = os.environ.get("HTMAP_PLUGINS")
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]


def _switched_off_by(name: str, disabled: Sequence[str]) -> str | None:
    selection = _selection()
    if selection is not None and name not in selection:
        return f"HTMAP_PLUGINS={os.environ['HTMAP_PLUGINS']}"
    if name in disabled:
        return f"PLUGINS.DISABLED ({settings.origin('PLUGINS.DISABLED')})"
    return None


plugins = Plugins()
