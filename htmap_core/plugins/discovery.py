"""The discovery of plugins: find them by entry points, load each on its own, and check the hooks that it implements.

A broken plugin is switched off; the others go on. Its record keeps the distribution, version and traceback.
"""

from __future__ import annotations

import inspect
import os
import shlex
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from typing import Any

import pluggy

from htmap_core import __version__
from htmap_core.contract import hookspecs
from htmap_core.names import DISTRIBUTION, ENTRY_POINT_GROUP
from htmap_core.plugins.guard import trace
from htmap_core.plugins.installed import installed, is_newer, unmet_core
from htmap_core.plugins.printing import programs_to_stderr, to_stderr
from htmap_core.plugins.record import PluginRecord, how_to_get
from htmap_core.settings.chain import settings
from htmap_core.settings.tables import setting
from htmap_core.wording import describe, did_you_mean

if sys.version_info >= (3, 10):
    from importlib.metadata import EntryPoint
else:
    from importlib_metadata import EntryPoint

CORE = "core"


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
            manager = self._loaded = _manager()
            try:
                core = EntryPoint(CORE, "htmap_core.plugins.core.plugin", ENTRY_POINT_GROUP)
                self._load(core, PluginRecord(CORE, DISTRIBUTION, __version__), ())
                for entry, record in installed():
                    self._load(entry, record, disabled)
                self._report_missing_selection()
                self._is_complete = True
            except BaseException:  # Ctrl-C: the next question loads all, and does not take the first few for all
                self._loaded, self._records = None, []
                raise
            return manager
        return self._loaded

    def _load(self, entry: EntryPoint | None, record: PluginRecord, disabled: Sequence[str]) -> None:
        twin = next((other for other in self._records if other.name == record.name), None)
        self._records.append(record)
        if record.name != CORE and (switch := _switched_off_by(record.name, disabled)):
            record.state, record.reason = "disabled", f"by {switch}"
            return
        if entry is None:
            return  # broken: its metadata cannot be read
        if twin is not None:
            record.state = "broken"
            record.reason = (
                f"the name {record.name!r} is taken by the plugin of {twin.distribution}; uninstall one of the two"
            )
            record.repair = record.repair or f"`pip uninstall {shlex.quote(record.distribution)}`"
            return
        try:
            if record.name != CORE and (needed := unmet_core(entry)) is not None:
                _refuse(record, needed)
                return
            module = _imported(entry, record)
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
            options = manager.parse_hookimpl_opts(module, name)
            implements = options is not None
            if implements and name not in known:
                raise LookupError(f"there is no hook {name!r}{did_you_mean(name, known)} (hooks: {', '.join(known)})")
            if name in known and not implements:
                raise LookupError(f"{name} is not marked with @htmap_core.hookimpl, so HTMap would never call it")
            if options is not None:
                _check_that_a_call_runs(getattr(module, name), is_wrapper=options["wrapper"] or options["hookwrapper"])
                hooks.append(name)
        if not hooks:
            raise LookupError(f"{module!r} implements no hook; mark its functions with @htmap_core.hookimpl")
        return tuple(hooks)

    def _report_missing_selection(self) -> None:
        found = {record.name for record in self._records}
        for name in _selection() or ():
            if name not in found:
                reason = f"HTMAP_PLUGINS names it, but it is not installed{did_you_mean(name, found - {CORE})}"
                self._records.append(
                    PluginRecord(name, "", "", "broken", reason, repair=how_to_get(name, "HTMAP_PLUGINS"))
                )


def _manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
    manager.add_hookspecs(hookspecs)
    return manager


def _imported(entry: EntryPoint, record: PluginRecord) -> Any:
    begin = time.perf_counter()
    try:
        with programs_to_stderr(), to_stderr():
            return entry.load()
    finally:
        record.seconds = time.perf_counter() - begin
        trace(record, f"import of {entry.value}", begin, lambda: f"{record.distribution} {record.version}")


def _refuse(record: PluginRecord, needed: str) -> None:
    """Switch off a plugin before it is imported: what goes wrong in it later would not be understood."""
    record.state, record.reason = "broken", f"it needs {needed}, and this is {__version__}"
    named = shlex.quote(record.distribution)
    other = (
        f"`pip install --upgrade {DISTRIBUTION}`" if is_newer(needed) else f"install a version of {named} for this one"
    )
    record.repair = record.repair or f"{other}, or `pip uninstall {named}`"


def _check_that_a_call_runs(function: Any, *, is_wrapper: bool) -> None:
    """Check that a call of a hook does something: a call of a coroutine or generator function runs none of its lines."""
    suspends = inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
    if suspends or (inspect.isgeneratorfunction(function) and not is_wrapper):
        raise TypeError(
            f"{function.__name__} must be a plain function: HTMap would call it, and nothing of it would run"
        )


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
