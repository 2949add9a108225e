"""The user's script as the ``__main__`` of the processes in which the function runs, so that pickle finds its names there.

pickle writes functions and classes as names in their modules, and those of a script as names in ``__main__``; so do Pools,
Queues, ``shelve`` and ``torch.save``. But here, ``__main__`` is the runner. So a module takes its place that has the names that
came along with the function and the inputs. As its file, it names the archive: multiprocessing runs the file of ``__main__``
again, as ``__mp_main__``, in each process that it starts anew (spawn, forkserver), and there the archive finds the same names
again (:func:`in_child`).

The user's modules that go by value (``cloudpickle.register_pickle_by_value``) can be imported in the same way, if there are no
real ones.
"""

from __future__ import annotations

import os
import sys
from types import FunctionType, ModuleType

from htmap_run import arguments, frames, names
from htmap_run.by_value import quick_functions

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from typing import Any, Optional

_MAIN = "__main__"


class Script:
    """What came by value with the function and the inputs: functions and classes of the script, and of modules of the user.

    :param archive: the path of the archive.
    """

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._of_function: list[Any] = []
        self._of_inputs: list[Any] = []

    def load_function(self, payload: bytes) -> Any:
        """Unpickle the function; what came with it can be found from now on."""
        function, self._of_function = _load(payload)
        return function

    def load_inputs(self, payload: bytes) -> Any:
        """Unpickle the inputs of one component; what came with those of another cannot be found any more."""
        inputs, self._of_inputs = _load(payload)
        return inputs

    def take_place(self) -> None:
        """Put a module with the names of the script in the place of this process's ``__main__``."""
        main = ModuleType(_MAIN)
        self.fill(vars(main))
        sys.modules[_MAIN] = main

    def fill(self, namespace: dict[str, Any]) -> None:
        """Make a module's *namespace* that of the script."""

        def of_script(name: str) -> Any:
            return self.found(_MAIN, name)

        # Without a specification, multiprocessing takes the file, also where such a process starts another.
        namespace.update(__file__=self._archive, __spec__=None, __getattr__=of_script)
        sys.meta_path.append(self)

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> Optional[ModuleSpec]:
        """Find a module, or a package of one, that went by value; Python asks after all that find real modules."""
        if not any((each.__module__ + ".").startswith(name + ".") for each in self._importable()):
            return None
        from importlib.machinery import ModuleSpec

        is_package = any(each.__module__.startswith(name + ".") for each in self._importable())
        return ModuleSpec(name, self, is_package=is_package)  # type: ignore[arg-type]  # importlib.abc.Loader costs time

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave it to Python to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Give *module* the names that came by value; about others, say that the module is missing."""
        import cloudpickle

        def of_module(name: str) -> Any:
            try:
                return self.found(module.__name__, name)
            except AttributeError:
                if name.startswith("__"):
                    raise
            text = f"No module named {module.__name__!r}; of what is in it, {name!r} did not come along"
            raise ModuleNotFoundError(text, name=module.__name__)

        vars(module)["__getattr__"] = of_module
        cloudpickle.register_pickle_by_value(module)  # results have it by value, as if the module were not here

    def found(self, module: str, name: str) -> Any:
        """Return what *name* is in *module*.

        :raises AttributeError: nothing of that name came along.
        """
        for met in (self._of_function, self._of_inputs):
            for each in met:
                its_globals = each.__globals__ if type(each) is FunctionType else {}
                if its_globals.get("__name__") == module and name in its_globals:
                    return its_globals[name]
            for each in met:  # the first one: a decorated function comes before the one in it
                if each.__module__ == module and each.__qualname__ == name:
                    return each
            if any(each.__module__ == module and each.__qualname__.startswith(name + ".") for each in met):
                return _Outer(self, module, name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    def _importable(self) -> Iterator[Any]:
        for each in (*self._of_function, *self._of_inputs):
            if each.__module__ not in (_MAIN, None) and "<locals>" not in each.__qualname__:
                yield each


class _Outer:
    """Stands for a class that did not come along itself, but a function in it."""

    def __init__(self, script: Script, module: str, name: str) -> None:
        self._script, self._module, self._name = script, module, name

    def __getattr__(self, name: str) -> Any:
        return self._script.found(self._module, f"{self._name}.{name}")


def in_child(archive: str, namespace: dict[str, Any]) -> None:
    """Make *namespace* that of the script in a process that multiprocessing starts anew.

    :param archive: the path of the archive.
    :param namespace: that of the archive's main file.
    """
    from htmap_run.files.placing import scratch_directory

    script = Script(archive)
    for name in [name for name in namespace if not name.startswith("__")]:
        del namespace[name]  # the runner's: the script may have the same
    script.fill(namespace)
    forget_others()
    scratch = scratch_directory()
    function = frames.Reader(os.path.join(scratch, names.FUNCTION))
    frame = function.only(frames.FUNCTION)
    if function.record(frame).get("by_value"):
        script.load_function(function.payload(frame))
    component = int(os.environ["HTMAP_COMPONENT"])
    for block in [name for name in os.listdir(scratch) if name.startswith(names.BLOCKS)]:
        inputs = frames.Reader(os.path.join(scratch, block))
        for frame in inputs.frames:
            if frame.component == component and inputs.record(frame).get("by_value"):
                script.load_inputs(inputs.payload(frame))


def forget_others() -> None:
    """Forget modules that a .pth file of this Python may have imported at its start: the archive's must be used."""
    for name in [name for name in sys.modules if name.partition(".")[0] in ("cloudpickle", "htmap")]:
        del sys.modules[name]


def _load(payload: bytes) -> tuple[Any, list[Any]]:
    """Unpickle *payload*, and return also the functions and classes that it has by value, in their order."""
    unpickler = _Unpickler(payload)  # a job exists to run its user's code
    return unpickler.load(), unpickler.met


class _Unpickler(arguments.Unpickler):
    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        self.met: list[Any] = []

    def find_class(self, module: str, name: str) -> Any:
        found = quick_functions.found(module, name) or super().find_class(module, name)
        if name.startswith("_make_") and module.partition(".")[0] in ("cloudpickle", "htmap_run"):
            return self._noting(found)
        return found

    def _noting(self, make: Any) -> Any:
        def noting(*arguments: Any) -> Any:
            made = make(*arguments)
            if isinstance(made, (FunctionType, type)):
                self.met.append(made)
            return made

        return noting
