"""Isolation of the components that share a process: what one changes in the state of the process, the next does not see.

Modules are imported once for all components, so what their import changes stays: an environment variable, a folder on
``sys.path``, a warning filter. Python has no hook for the end of an import, so its function that loads modules is wrapped; it is
not called for those that are loaded already.
"""

from __future__ import annotations

import _frozen_importlib
import contextvars
import sys

from htmap_run.job import process_state
from htmap_run.limits import memory

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, Callable


class Isolation:
    """Knows what the state of the process is before a component, and puts it back after it.

    What cannot be put back, or is better shared, `htmap docs chunks` lists.

    To read the state is most of what a trivial component costs. So what only some modules can change is read from when they are
    imported. Those that the runner itself imports are hidden until somebody else does.

    :param before_import: called before a module is imported.
    :ivar is_spoilt: whether something could not be put back, such as a hard limit.
    """

    def __init__(self, before_import: Callable[[], None]) -> None:
        self._before_import = before_import
        self.is_spoilt = False
        self._parts = process_state.parts()
        self._reads = [part.read for part in self._parts]
        self._values = [read() for read in self._reads]
        self._modules: set[str] = set()
        self._hidden: dict[str, ModuleType] = {}
        self._context = contextvars.Context()
        self._decimal: Any = None
        self._is_importing = False
        if self._watch_imports():
            self._hide()
        self._add_modules()

    def run(self, call: Callable[..., Any], *args: Any) -> None:
        """Call *call*, and put back what it has changed. A signal handler of the user's may still raise its error meanwhile."""
        context = self._context.copy()
        if self._decimal is not None:
            context.run(sys.modules["decimal"].setcontext, self._decimal.copy())
        try:
            context.run(call, *args)
        finally:
            try:
                process_state.disarm("signal" in self._modules)
                if memory.Watch.is_there or "resource" in self._modules:
                    memory.get_room()  # for the report, or for writing the result
            finally:
                self._put_back()

    def _put_back(self) -> None:
        values = [read() for read in self._reads]
        if values != self._values:
            for part, now, value in zip(self._parts, values, self._values):
                if now != value:
                    part.write(value)
                    self.is_spoilt = self.is_spoilt or part.read() != value

    def _watch_imports(self) -> bool:
        original = getattr(_frozen_importlib, "_find_and_load", None)
        if original is None:
            return False  # another implementation of Python: what imports change is put back like everything else

        def find_and_load(name: str, import_: Any) -> Any:
            if name in self._hidden:
                self._show()
                return sys.modules[name]
            if self._is_importing:  # an import within an import, or another thread's
                return original(name, import_)
            self._is_importing = True
            try:
                self._before_import()
                before = [read() for read in self._reads]
                context, decimal = contextvars.copy_context(), _decimal_context()
                try:
                    return original(name, import_)
                finally:
                    self._keep(before)
                    self._keep_context(context, decimal)
                    self._add_modules()
            finally:
                self._is_importing = False

        vars(_frozen_importlib)["_find_and_load"] = find_and_load
        return True

    def _hide(self) -> None:
        """Hide modules that nobody but the runner has: those which are loaded before it, others may use already."""
        loaded = [*sys.modules]
        ours = loaded[loaded.index(__name__.partition(".")[0]) :]
        self._hidden = {name: sys.modules.pop(name) for name in ours if name.partition(".")[0] in process_state.HIDDEN}

    def _show(self) -> None:
        """Show them, because somebody imports one, or code that is not Python's may do what they do."""
        sys.modules.update(self._hidden)
        self._hidden = {}
        if not self._is_importing:  # what the import changes stays, so the state is read after it
            self._add_modules()

    def _keep(self, before: list[Any]) -> None:
        """Keep what an import has changed since *before*, and nothing that the component had changed by then."""
        for number, (part, old) in enumerate(zip(self._parts, before)):
            new = part.read()
            if new != old:
                self._values[number] = _merged(self._values[number], old, new)

    def _keep_context(self, before: contextvars.Context, decimal: str) -> None:
        """Keep what an import has changed in the context: of variables, and of the arithmetic of decimal numbers."""
        for variable, value in contextvars.copy_context().items():
            if before.get(variable, _MISSING) is not value:
                self._context.run(variable.set, value)
        if _decimal_context() != decimal:
            self._decimal = sys.modules["decimal"].getcontext().copy()

    def _add_modules(self) -> None:
        if self._hidden and process_state.may_act_without_them():
            self._show()
        for name in process_state.MODULES - self._modules:
            if name in sys.modules:
                self._modules.add(name)
                for part in process_state.parts_of(name):
                    self._parts.append(part)
                    self._reads.append(part.read)
                    self._values.append(part.read())


_MISSING: Any = object()


def _merged(saved: Any, before: Any, after: Any) -> Any:
    """Return *saved* with the differences between *before* and *after*."""
    if type(saved) is tuple:
        return (*(new if new is not old else kept for kept, old, new in zip(saved, before, after)),)
    if type(saved) is not dict:
        return after
    kept = {name: value for name, value in saved.items() if name in after or name not in before}
    return {**kept, **{name: value for name, value in after.items() if before.get(name, _MISSING) != value}}


def _decimal_context() -> str:
    """Return the settings of decimal numbers as text; an empty text before the module is imported."""
    return str(sys.modules["decimal"].getcontext()) if "decimal" in sys.modules else ""
