"""Pickle functions and their inputs."""

from __future__ import annotations

import dis
import functools
import linecache
import pickle
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, Optional

from htmap_core.contract import transfer_path
from htmap_core.exceptions import CannotPickle
from htmap_core.wording import describe
from htmap_run import frames, pickling


class Pickled(NamedTuple):  # not an attrs class: creation makes one for each input, a hundred thousand a second
    """A pickle for the execute side, and facts about it.

    :param payload: the pickle.
    :param sources: the sources of the TransferPaths in it.
    :param by_value: whether it has code by value.
    :param names: the names that its code uses, and the names of the objects that it has by reference.
    :param functions: the functions that it has with their code.
    :param modules: the modules that its code imports, and those of the objects that it has by reference. Of an input, known only
        where that was asked for.
    :param arguments: the files in which large arguments lie that it names.
    :param fingerprint: the digest of an input, where that is kept.
    """

    payload: bytes
    sources: Collection[str] = ()
    by_value: bool = False
    names: Collection[str] = ()
    functions: Collection[FunctionType] = ()
    modules: Collection[str] = ()
    arguments: Sequence[str] = ()
    fingerprint: Optional[str] = None


# Pickles of these types need no module on the execute side. The plain pickler writes them ten times as fast.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})

_BY_NAME = (type, FunctionType, BuiltinFunctionType, ModuleType)


def pickle_function(function: Any) -> Pickled:
    """Pickle a function: by reference if it can be imported, otherwise with its code.

    :raises CannotPickle: the function refers to an object that cannot be pickled.
    """
    return _pickled(function, _pickler_of_functions(), f"the function {getattr(function, '__qualname__', function)!r}")


def pickle_input(
    args: tuple[Any, ...], kwargs: dict[str, Any], component: int, *, looks_for_modules: bool = False
) -> Pickled:
    """Pickle the arguments of one call.

    :param looks_for_modules: whether to note the modules that it needs.
    :raises CannotPickle: the arguments contain an object that cannot be pickled.
    """
    given = (args, kwargs)
    if is_plain(args) and (not kwargs or is_plain(tuple(kwargs.values()))):
        return Pickled(pickle.dumps(given, protocol=frames.PICKLE_PROTOCOL))
    kind = _pickler_of_inputs() if looks_for_modules else pickling.pickler()
    return _pickled(given, kind, f"the input of component {component}")


def pickle_argument(value: Any, component: int) -> Pickled:
    """Pickle one of the arguments of a call by itself.

    :raises CannotPickle: it contains an object that cannot be pickled.
    """
    return _pickled(value, pickling.pickler(), f"the input of component {component}")


def held_by(value: Any, wanted: Collection[int], component: int) -> set[int]:
    """Return which objects, by their ``id``, the pickle of a value has. Objects that are immutable may be missing.

    :raises CannotPickle: it contains an object that cannot be pickled.
    """
    _, _, pickler = _dumped(value, pickling.pickler(), f"the input of component {component}")
    return {each for each in pickler.memo.copy() if each in wanted}


def modules_in(value: Any, component: int) -> Collection[str]:
    """Return the modules of what the arguments of a call have by reference, and those that code in them imports.

    :raises CannotPickle: they contain an object that cannot be pickled.
    """
    return _pickled(value, _pickler_of_functions(), f"the input of component {component}").modules


def is_plain(values: tuple[Any, ...]) -> bool:
    """Return whether values are numbers, texts, bytes and tuples of these."""
    return all(type(v) in _PLAIN or (type(v) is tuple and is_plain(v)) for v in values)


def _pickled(value: Any, kind: Any, what: str) -> Pickled:
    met, payload, pickler = _dumped(value, kind, what)
    if not hasattr(pickler, "names"):
        return Pickled(payload, met, pickler.by_value, modules=getattr(pickler, "modules", ()))
    return Pickled(payload, met, pickler.by_value, pickler.names, pickler.functions, pickler.modules)


def _dumped(value: Any, kind: Any, what: str) -> tuple[Collection[str], bytes, Any]:
    """Return the sources of the TransferPaths in a value, its pickle, and the pickler of class *kind* that has made it."""
    try:
        with transfer_path.collected() as met:
            return met, *pickling.dumped(value, kind)
    except Exception as error:
        raise CannotPickle(what, describe(error)) from error


@functools.cache
def _pickler_of_inputs() -> Any:
    class Pickler(pickling.pickler()):  # type: ignore[misc, unused-ignore]  # a base class made at run time
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.modules: set[str] = set()

        def reducer_override(self, obj: Any) -> Any:
            reduced = super().reducer_override(obj)
            if reduced is NotImplemented and isinstance(obj, _BY_NAME):  # the class of each object is one of them
                self.modules.update(modules_of(obj))
            return reduced

    return Pickler


@functools.cache
def _pickler_of_functions() -> Any:
    class Pickler(pickling.pickler()):  # type: ignore[misc, unused-ignore]  # a base class made at run time
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.names: set[str] = set()
            self.functions: list[FunctionType] = []
            self.modules: set[str] = set()

        def reducer_override(self, obj: Any) -> Any:
            reduced = super().reducer_override(obj)
            if reduced is NotImplemented or isinstance(obj, CodeType):
                self.names.update(_names_of(obj))
                self.modules.update(modules_of(obj))
            elif type(obj) is FunctionType and len(reduced) > pickling.PARTS_WITHOUT_STATE:
                self.functions.append(obj)
                linecache.lazycache(obj.__code__.co_filename, obj.__globals__)  # the source of a zip archive's module
            return reduced

    return Pickler


def _names_of(obj: Any) -> Iterable[str]:
    """Return the names that code uses, or the names by which an object is found when it is unpickled."""
    if isinstance(obj, CodeType):
        return obj.co_names
    if isinstance(obj, ModuleType):
        return (obj.__name__,)
    if isinstance(obj, (type, FunctionType, BuiltinFunctionType)):
        return (str(obj.__module__), obj.__qualname__)
    return ()


def modules_of(obj: Any) -> Iterable[str]:
    """Return the modules that code imports, or the module by which an object, or else its class, is found."""
    if isinstance(obj, CodeType):
        return _imported_by(obj)
    if isinstance(obj, ModuleType):
        module = obj.__name__
    else:
        module = (obj if isinstance(obj, (type, FunctionType, BuiltinFunctionType)) else type(obj)).__module__
    # Methods of built-in objects have no module.
    return (module,) if isinstance(module, str) and not _goes_by_value(module) else ()


def _goes_by_value(module: str) -> bool:
    """Return whether the user has registered a module, or a package that it is in, to be pickled by value."""
    import cloudpickle  # 30 ms

    packages = {module[:end] for end, each in enumerate(f"{module}.") if each == "."}
    return not packages.isdisjoint(cloudpickle.list_registry_pickle_by_value())


def _imported_by(code: CodeType) -> Iterator[str]:
    """Yield the modules that ``import`` statements in code name; those that are relative are the package's own."""
    level: Any = 0
    before: Any = 0
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME" and not level:
            yield str(step.argval)
        if step.opname != "EXTENDED_ARG":
            level, before = before, step.argval
