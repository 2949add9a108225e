"""The discovery of plugins: find them by entry points and as one-off files, load each on its own, and check its hooks.

A broken plugin is switched off; the others go on. Its record keeps the distribution, version and traceback.
"""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import os
import sys
import threading
import traceback
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pluggy

from htmap_core.contract import hookspecs
from htmap_core.names import DISTRIBUTION, ENTRY_POINT_GROUP
from htmap_core.plugins.record import PluginRecord, how_to_get
from htmap_core.plugins.sources import one_off
from htmap_core.plugins.sources.importing import imported
from htmap_core.plugins.sources.installed import installed
from htmap_core.plugins.sources.one_off import Entry, OneOffFile
from htmap_core.plugins.sources.requirements import HOOKS, Unmet, unmet_core, unmet_hooks
from htmap_core.settings.chain import settings
from htmap_core.settings.tables import setting
from htmap_core.settings.toml.reading import split_list
from htmap_core.version import __version__
from htmap_core.wording import describe, did_you_mean, in_shell

if sys.version_info >= (3, 10):
    from importlib.metadata import EntryPoint
else:
    from importlib_metadata import EntryPoint

CORE = "core"

# The one-off files of the map that something is done for; None while it is for none, or for one that is being made.
_files_of_map: contextvars.ContextVar[frozenset[str] | None] = contextvars.ContextVar("_files_of_map", default=None)


class Discovery:
    """The installed plugins. The first question loads them; threads that ask meanwhile wait until all are loaded.

    :ivar lock: held while plugins are loaded, asked for their offers, or switched off.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()  # a plugin that is being loaded may ask, too
        self._records: list[PluginRecord] = []
        self._loaded: pluggy.PluginManager | None = None
        self._is_complete = False
        self._disabled: Sequence[str] = ()
        self._named: frozenset[str] = frozenset()
        self._beside: frozenset[str] = frozenset()

    def records(self) -> list[PluginRecord]:
        """Return the records of all plugins: the core's own, the installed ones by name, then one-off files.

        Of these, only those that settings name and the one beside the script, or those of a map (:meth:`of_map`).
        """
        self._manager()
        of_map = _files_of_map.get()
        files = self._named | (self._beside if of_map is None else of_map)
        return [record for record in self._records if not record.is_one_off or record.name in files]

    @contextlib.contextmanager
    def of_map(self, files: Collection[str]) -> Iterator[None]:
        """Have inside the block the plugins that are for a map: its own one-off files, and not the one beside the script.

        :param files: the one-off files that the map remembers.
        """
        with self.lock:
            self._manager()
            before = list(self._records)
            try:
                for file in map(one_off.of_map, sorted(set(files) - {record.name for record in before})):
                    self._load(file, file.record())
            except BaseException:  # Ctrl-C: the next question loads them
                self._records = before
                raise
        token = _files_of_map.set(frozenset(files))
        try:
            yield
        finally:
            _files_of_map.reset(token)

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
            self._disabled = setting("PLUGINS.DISABLED")  # both may raise, so they come before anything is loaded
            named = one_off.named_files()
            manager = self._loaded = _manager()
            try:
                core = EntryPoint(CORE, "htmap_core.plugins.core.plugin", ENTRY_POINT_GROUP)
                self._load(core, PluginRecord(CORE, DISTRIBUTION, __version__))
                for entry, record in installed():
                    self._load(entry, record)
                self._load_files(named, one_off.beside_script())
                self._report_missing_selection()
                self._is_complete = True
            except BaseException:  # Ctrl-C: the next question loads all, and does not take the first few for all
                self._loaded, self._records = None, []
                raise
            return manager
        return self._loaded

    def _load_files(self, named: Sequence[OneOffFile], beside: OneOffFile | None) -> None:
        """Load the files that settings name, and the one beside the script, unless it is one of these by whatever path."""
        known = {os.path.realpath(file.path) for file in named}
        others = [beside] if beside is not None and os.path.realpath(beside.path) not in known else []
        self._named, self._beside = (frozenset(str(file.path) for file in files) for files in (named, others))
        for file in (*named, *others):
            self._load(file, file.record())

    def _load(self, entry: Entry | None, record: PluginRecord) -> None:
        twin = next((other for other in self._records if other.name == record.name), None)
        self._records.append(record)
        if record.name != CORE and (switch := _switched_off_by(record.name, self._disabled)):
            record.state, record.reason = "disabled", f"by {switch}"
            return
        if entry is None:
            return  # broken: its metadata cannot be read
        if twin is not None:
            record.state = "broken"
            record.reason = (
                f"the name {record.name!r} is taken by the plugin of {twin.distribution}; uninstall one of the two"
            )
            record.repair = record.repair or f"`pip uninstall {in_shell(record.distribution)}`"
            return
        if isinstance(entry, OneOffFile) and (refusal := entry.refusal()) is not None:
            reason, _, record.repair = str(refusal).partition("\n")
            record.state, record.reason = "broken", reason.rstrip(".")
            return
        try:
            stated = entry.hooks() if isinstance(entry, OneOffFile) else None
            unmet = None if record.name == CORE else unmet_core(entry.dist) or unmet_hooks(stated)
            if unmet is None:
                module = imported(entry, record)
                unmet = unmet_hooks(getattr(module, HOOKS, None))
            if unmet is not None:
                _refuse(record, unmet)
                return
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
            if options is None:
                if name in known:
                    raise LookupError(f"{name} is not marked with @htmap_core.hookimpl, so HTMap would never call it")
                continue
            hook = options["specname"] or name
            if hook in known:
                _check_that_a_call_runs(getattr(module, name), is_wrapper=options["wrapper"] or options["hookwrapper"])
                hooks.append(hook)
            elif not options["optionalhook"]:  # that is for a newer core, says a plugin that works with this one, too
                raise LookupError(f"there is no hook {hook!r}{did_you_mean(hook, known)} (hooks: {', '.join(known)})")
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


def _refuse(record: PluginRecord, unmet: Unmet) -> None:
    """Switch off a plugin before it is used: what goes wrong in it later would not be understood."""
    record.state, record.reason = "broken", f"it needs {unmet.needed}, and this is {unmet.present}"
    upgrade = f"`pip install --upgrade {DISTRIBUTION}`"
    if record.is_one_off:
        record.repair = f"{upgrade}, or {record.repair}" if unmet.is_newer else record.repair
        return
    named = in_shell(record.distribution)
    other = upgrade if unmet.is_newer else f"install a version of {named} for this one"
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
    try:
        return None if given is None else [str(name) for name in split_list(given)]
    except ValueError:  # the record of a plugin of that name tells it
        return [str(given)]


def _switched_off_by(name: str, disabled: Sequence[str]) -> str | None:
    selection = _selection()
    if selection is not None and name not in selection:
        return f"HTMAP_PLUGINS={os.environ['HTMAP_PLUGINS']}"
    if name in disabled:
        return f"PLUGINS.DISABLED ({settings.origin('PLUGINS.DISABLED')})"
    return None
