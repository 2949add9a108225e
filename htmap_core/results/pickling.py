"""Pickle functions and their inputs."""

from __future__ import annotations

import contextlib
import dis
import functools
import linecache
import pickle
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, Optional

from htmap_core.contract import transfer_path
from htmap_core.exceptions import CannotPickle, CannotStore
from htmap_core.storage.executors.keys import CallKey
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
    :param fingerprint: the digest of an input, where that is kept.
    :param outside: the bytes of buffers that it lacks, so that they need not be copied: then it only measures.
    :param arguments: the files of large parts that it names, by their names.
    :param parts: the content of such parts, by their names, where it is not in files yet.
    :param key: by what an executor finds a call again; None where it need not.
    """

    payload: bytes
    sources: Collection[str] = ()
    by_value: bool = False
    names: Collection[str] = ()
    functions: Collection[FunctionType] = ()
    modules: Collection[str] = ()
    fingerprint: Optional[str] = None
    outside: int = 0
    arguments: Mapping[str, str] = {}
    parts: Mapping[str, Any] = {}
    key: Optional[CallKey] = None

    @property
    def size(self) -> int:
        """How many bytes it has with all that belongs to it."""
        return len(self.payload) + self.outside + sum(map(len, self.parts.values()))


# Pickles of these types need no module on the execute side. The plain pickler writes them ten times as fast.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})

IsInside = Callable[[pickle.PickleBuffer], object]

_COPIED = 1024 * 1024  # bytes: a buffer that is smaller is quickly copied

_BY_NAME = (type, FunctionType, BuiltinFunctionType, ModuleType)


def pickle_function(function: Any) -> Pickled:
    """Pickle a function: by reference if it can be imported, otherwise with its code.

    :raises CannotPickle: the function refers to an object that cannot be pickled.
    """
    return _pickled(function, _pickler_of_functions(), f"the function {_named(function)}")


def payload_of_function(function: Any) -> bytes:
    """Return the pickle that :func:`pickle_function` makes, three times as fast: no facts are kept of it.

    :raises CannotPickle: the function refers to an object that cannot be pickled.
    """
    return _pickled(function, pickling.pickler(), f"the function {_named(function)}").payload


def pickle_input(
    args: tuple[Any, ...], kwargs: dict[str, Any], component: int, *, looks_for_modules: bool = False
) -> Pickled:
    """Pickle the arguments of one call; large buffers stay outside.

    :param looks_for_modules: whether to note the modules that it needs.
    :raises CannotPickle: the arguments contain an object that cannot be pickled.
    """
    given = (args, kwargs)
    if is_plain(args) and (not kwargs or is_plain(tuple(kwargs.values()))):
        with contextlib.suppress(RecursionError):  # tuples too deep for any pickler, which is told below
            return Pickled(pickle.dumps(given, protocol=frames.PICKLE_PROTOCOL))
    kind = _pickler_of_inputs() if looks_for_modules else pickling.pickler()
    return _measured(given, kind, component)


def pickle_call(args: tuple[Any, ...], kwargs: dict[str, Any], component: int) -> Pickled:
    """Pickle the arguments of a call of which the first one is what is called, with the facts that are kept of a function.

    :raises CannotPickle: they contain an object that cannot be pickled.
    """
    del component  # the call has no number yet
    return _pickled((args, kwargs), _pickler_of_functions(), f"the call of {_named(args[0])}", _is_inside)


def pickle_argument(value: Any, component: int) -> Pickled:
    """Pickle one of the arguments of a call by itself; large buffers stay outside.

    :raises CannotPickle: it contains an object that cannot be pickled.
    """
    return _measured(value, pickling.pickler(), component)


def pickle_apart(value: Any, what: str, looks: Mapping[type, Callable[[Any], Any]]) -> bytes:
    """Pickle a value in which some objects go apart, which the pickle names by persistent ids.

    :param what: what it is, for errors.
    :param looks: what returns the persistent id of an object, None for one that stays; by the object's type.
    :raises CannotPickle: it contains an object that cannot be pickled.
    """
    return _dumped(value, functools.partial(_pickler_with_ids(), looks), what)[1]


def input_of(component: int) -> str:
    """Return what errors call the arguments of a call."""
    return f"the input of component {component}"


def held_by(value: Any, wanted: Collection[int], component: int) -> set[int]:
    """Return which objects, by their ``id``, the pickle of a value has. Objects that are immutable may be missing.

    :raises CannotPickle: it contains an object that cannot be pickled.
    """
    _, _, pickler = _dumped(value, pickling.pickler(), input_of(component))
    return {each for each in pickler.memo.copy() if each in wanted}


def modules_in(value: Any, component: int) -> Collection[str]:
    """Return the modules of what the arguments of a call have by reference, and those that code in them imports.

    :raises CannotPickle: they contain an object that cannot be pickled.
    """
    return _pickled(value, _pickler_of_functions(), input_of(component)).modules


def is_plain(values: tuple[Any, ...]) -> bool:
    """Return whether values are numbers, texts, bytes and tuples of these. A tuple that others share is looked at once."""
    if _PLAIN.issuperset(map(type, values)):
        return True
    waiting, met = [values], set[int]()
    while waiting:
        for each in waiting.pop():
            if type(each) is tuple:
                if id(each) not in met:
                    met.add(id(each))
                    waiting.append(each)
            elif type(each) not in _PLAIN:
                return False
    return True


def _named(function: Any) -> str:
    return repr(getattr(function, "__qualname__", function))


def _pickled(value: Any, kind: Any, what: str, is_inside: IsInside | None = None) -> Pickled:
    met, payload, pickler = _dumped(value, kind, what, is_inside)
    facts = getattr(pickler, "names", ()), getattr(pickler, "functions", ()), getattr(pickler, "modules", ())
    return Pickled(payload, met, pickler.by_value, *facts, None, _left_outside())


def _measured(value: Any, kind: Any, component: int) -> Pickled:
    met, payload, pickler = _dumped(value, kind, input_of(component), _is_inside)
    modules = getattr(pickler, "modules", ())
    return Pickled(payload, met, pickler.by_value, (), (), modules, None, _left_outside())


def _left_outside() -> int:
    return _outside.__dict__.pop("bytes") if _outside.__dict__ else 0


_outside = threading.local()
"""The bytes that this thread's pickler has left outside. It is no part of the pickler: that would cost each small input time."""


def _is_inside(buffer: pickle.PickleBuffer) -> bool:
    size = buffer.raw().nbytes
    if size < _COPIED:
        return True
    _outside.bytes = getattr(_outside, "bytes", 0) + size
    return False


def _dumped(value: Any, kind: Any, what: str, is_inside: IsInside | None = None) -> tuple[Collection[str], bytes, Any]:
    """Return the sources of the TransferPaths in a value, its pickle, and the pickler of class *kind* that has made it."""
    try:
        with transfer_path.collected() as met:
            return met, *pickling.dumped(value, kind, is_inside)
    except CannotStore:  # of what goes apart meanwhile
        raise
    except Exception as error:
        _left_outside()  # what is counted is forgotten
        raise CannotPickle(what, describe(error)) from error


@functools.cache
def _pickler_with_ids() -> Any:
    class Pickler(pickling.pickler()):  # type: ignore[misc, unused-ignore]  # a base class made at run time
        def __init__(self, looks: Mapping[type, Callable[[Any], Any]], *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._looks = looks

        def persistent_id(self, obj: Any) -> Any:
            look = self._looks.get(type(obj))
            return None if look is None else look(obj)

    return Pickler


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
