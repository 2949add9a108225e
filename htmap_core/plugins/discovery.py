"""The discovery of plugins: find them by entry points, load each on its own, and check the hooks that it implements.

A broken plugin is switched off; the others go on. Its record keeps the distribution, version and traceback.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any, Literal

import attrs
import pluggy

from htmap_core import __version__
from htmap_core.contract import hookspecs
from htmap_core.names import DISTRIBUTION, ENTRY_POINT_GROUP
from htmap_core.settings.chain import settings
from htmap_core.settings.tables import setting
from htmap_core.wording import describe, did_you_mean

if sys.version_info >= (3, 10):
    from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
else:
    from importlib_metadata import Distribution, EntryPoint, distributions, entry_points

CORE = "core"


@attrs.define
class PluginRecord:
    """The record of one plugin.

    :param state: ``ok``, ``broken`` (see *reason* and *traceback*) or ``disabled`` (*reason* says by what).
    :param offers: the names of its offers by kind, after HTMap has asked for them.
    :param withdrawn: the delivery methods that it offered before HTMap switched it off.
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


class Discovery:
    """The installed plugins. The first question loads them; threads that ask meanwhile wait until all are loaded.

    :ivar lock: held while plugins are loaded, asked for their offers, or switched off.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a plugin that is being loaded may ask, too
        self._records: list[PluginRecord] = []
        self._loaded: pluggy.PluginManager | None = None
        self._is_complete = False

    def records(self) -> list[PluginRecord]:
        """Return the records of all plugins, by name; the core's own comes first."""
        self._manager()
        return list(self._records)

    def working(self, hook: str) -> list[PluginRecord]:
        """Return the records of the working plugins that implement *hook*."""
        return [record for record in self.records() if record.state == "ok" and hook in record.hooks]

    def caller(self, hook: str, record: PluginRecord) -> pluggy.HookCaller:
        """Return a caller of *hook* for one plugin, so that a failure can be blamed on that plugin."""
        manager = self._manager()
        others = [plugin for name, plugin in manager.list_name_plugin() if name != record.name and plugin is not None]
        return manager.subset_hook_caller(hook, others)

    def switch_off(self, record: PluginRecord, reason: str, error: BaseException | None = None) -> None:
        """Never call a plugin again, and record the reason."""
        with self.lock:
            record.state, record.reason = "broken", reason
            if error is not None:
                record.traceback = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            record.withdrawn += record.offers.get("delivery methods", ())
            record.offers.clear()
            manager = self._manager()
            if manager.has_plugin(record.name):
                manager.unregister(name=record.name)

    def _manager(self) -> pluggy.PluginManager:
        if self._is_complete and self._loaded is not None:
            return self._loaded
        with self.lock:
            return self._load_all()

    def _load_all(self) -> pluggy.PluginManager:
        """Load the plugins unless that was done, or is being done by this thread, whose plugins ask for something."""
        if self._loaded is None:
            disabled: list[str] = setting("PLUGINS.DISABLED")  # may raise, so it comes before anything is loaded
            manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
            manager.add_hookspecs(hookspecs)
            if os.environ.get("HTMAP_TRACE_PLUGINS", "") not in {"", "0"}:
                manager.trace.root.setwriter(sys.stderr.write)
                manager.enable_tracing()
            self._loaded = manager
            core = EntryPoint(CORE, "htmap_core.plugins.core", ENTRY_POINT_GROUP)
            self._load(core, PluginRecord(CORE, DISTRIBUTION, __version__), ())
            for entry, record in _installed():
                self._load(entry, record, disabled)
            self._report_missing_selection()
            self._is_complete = True
        return self._loaded

    def _load(self, entry: EntryPoint | None, record: PluginRecord, disabled: Sequence[str]) -> None:
        twin = next((other for other in self._records if other.name == record.name), None)
        self._records.append(record)
        if entry is None:
            return  # broken: its metadata cannot be read
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
        except pluggy.PluginValidationError as error:  # its text quotes the definition and names the wrong argument
            self.switch_off(record, "; ".join(str(error).splitlines()[1:]), error)
        except (Exception, SystemExit) as error:  # any failure of one plugin switches off only that plugin
            self.switch_off(record, describe(error), error)

    def _checked_hooks(self, module: object) -> tuple[str, ...]:
        """Return the hooks that *module* implements, after checking their names; pluggy checks their arguments."""
        manager = self._manager()
        known = [name for name in dir(hookspecs) if name.startswith("htmap_") and callable(getattr(hookspecs, name))]
        hooks = []
        for name in dir(module):
            implements = manager.parse_hookimpl_opts(module, name) is not None
            if implements and name not in known:
                raise LookupError(f"there is no hook {name!r}{did_you_mean(name, known)} (hooks: {', '.join(known)})")
            if name in known and not implements:
                raise LookupError(f"{name} is not marked with @htmap_core.hookimpl, so HTMap would never call it")
            if implements:
                hooks.append(name)
        if not hooks:
            raise LookupError(f"{module!r} implements no hook; mark its functions with @htmap_core.hookimpl")
        return tuple(hooks)

    def _report_missing_selection(self) -> None:
        found = {record.name for record in self._records}
        for name in _selection() or ():
            if name not in found:
                reason = f"HTMAP_PLUGINS names it, but it is not installed{did_you_mean(name, found - {CORE})}"
                self._records.append(PluginRecord(name, "", "", "broken", reason))


def _installed() -> list[tuple[EntryPoint | None, PluginRecord]]:
    """Return the installed plugins, by name; the entry point is None if the metadata cannot be read."""
    try:
        found: list[Any] = [(entry, _record(entry)) for entry in entry_points(group=ENTRY_POINT_GROUP)]
    except Exception:  # one distribution has damaged metadata; the loop finds out which
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
    except Exception as error:  # the record of a plugin tells it; other distributions do not matter
        if f"[{ENTRY_POINT_GROUP}]" not in (distribution.read_text("entry_points.txt") or ""):
            return []
        name = str(distribution.metadata["Name"])
        reason = f"its metadata cannot be read: {describe(error)}"
        return [(None, PluginRecord(name, name, "", "broken", reason, traceback.format_exc()))]


def _selection() -> list[str] | None:
    """Return the plugins in HTMAP_PLUGINS; None if it is not set."""
    given = os.environ.get("HTMAP_PLUGINS")
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]


def _switched_off_by(name: str, disabled: Sequence[str]) -> str | None:
    selection = _selection()
    if selection is not None and name not in selection:
        return f"HTMAP_PLUGINS={os.environ['HTMAP_PLUGINS']}"
    if name in disabled:
        return f"PLUGINS.DISABLED ({settings.origin('PLUGINS.DISABLED')})"
    return None
