"""Pickle functions and their inputs, and unpickle inputs, results and exceptions.

To unpickle what came from the execute side can run its code. Nothing else on the submit side unpickles: the callers of this
module are the reader of results and inputs, the comparison of inputs that a script maps again, and :class:`PickledException`.
"""

from __future__ import annotations

import dis
import functools
import io
import linecache
import pickle
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple, Optional

import attrs

from htmap_core.contract import transfer_path
from htmap_core.exceptions import CannotPickle, HTMapException
from htmap_core.results import own_classes
from htmap_core.user_warnings import HTMapWarning
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


_PYTHON = ".".join(map(str, sys.version_info[:3]))

# Pickles of these types need no module on the execute side. The plain pickler writes them ten times as fast.
_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes, bytearray})

_LARGE = 64 * 1024  # bytes

_BY_NAME = (type, FunctionType, BuiltinFunctionType, ModuleType)

_MAKE_CLASSES = frozenset({"cloudpickle", "htmap_run"})  # the packages that have functions for it


@attrs.define(slots=False)
class CannotUnpickle(HTMapException):
    """A result came back, but cannot be unpickled here.

    :param is_input: whether it is not the component's result but its input, which another Python has pickled.
    """

    tag: str
    component: int
    reason: str
    is_input: bool = False

    def __str__(self) -> str:
        what = "input" if self.is_input else "result"
        return (
            f"the {what} of component {self.component} of map {self.tag!r} cannot be unpickled here: {self.reason}. "
            f"Make the modules that it needs importable, or load the map with the Python that it ran with"
        )


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


def unpickle(
    payload: bytes, tag: str, component: int, python: str, by_value: bool | None, *, is_input: bool = False
) -> Any:
    """Unpickle a component's result or input.

    :param python: the version of the Python that pickled it.
    :param by_value: whether it has code by value; None if that was not recorded, as in maps of HTMap 0.7.0.
    :param is_input: whether it is an input; the message says so.
    :raises CannotUnpickle: it needs a module that is not here, or another Python.
    """
    is_others = is_of_another(python)
    if is_others and by_value:
        # Byte code of another version raises no error: it crashes the interpreter or returns wrong values.
        reason = f"it carries code of Python {python}, and this is Python {_PYTHON}"
        raise CannotUnpickle(tag, component, reason, is_input)
    load = _DataUnpickler.loads if is_others and by_value is None else _loads
    try:
        return load(payload)
    except HTMapWarning:
        raise
    except (Exception, SystemExit) as error:
        raise CannotUnpickle(tag, component, describe(error), is_input) from error


def is_of_another(python: str) -> bool:
    """Return whether a version is of another Python than this one, which cannot run its code."""
    # The comparison of the whole versions comes first because it is fast, and this runs for each result.
    return python != _PYTHON and python.split(".")[:2] != _PYTHON.split(".")[:2]


@attrs.frozen(slots=False)
class PickledException:
    """The exception of a component as it came from the execute side. Unpickling it can run code, so it waits until it is wanted.

    :param python: the version of the Python that pickled it.
    :param by_value: whether it has code by value; None if that was not recorded, as in maps of HTMap 0.7.0.
    """

    payload: bytes = attrs.field(repr=False)
    python: str
    by_value: Optional[bool]

    def unpickled(self) -> BaseException | None:
        """Return the exception, always the same; None if it cannot be unpickled, because the report has it as text."""
        kept = vars(self)
        if "_kept" not in kept:
            kept.setdefault("_kept", self._unpickle())  # of two threads, the second takes what the first has found
        found: BaseException | None = kept["_kept"]
        return found

    def _unpickle(self) -> BaseException | None:
        try:
            found = unpickle(self.payload, "", 0, self.python, self.by_value)
        except CannotUnpickle:
            return None
        return found if isinstance(found, BaseException) else None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was unpickled: whoever unpickles an error report wants no code to run either."""
        return {"payload": self.payload, "python": self.python, "by_value": self.by_value}


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


def _loads(payload: bytes) -> Any:
    # cloudpickle makes what goes by value, so a pickle without its name has none. A small one is read faster by `loads` then; a
    # large one is read as fast by both, and would take long to be searched.
    if len(payload) < _LARGE and b"cloudpickle" not in payload:
        return pickle.loads(payload)
    return own_classes.read(lambda reading: _OwnClassesUnpickler(payload, reading).load())


class _OwnClassesUnpickler(pickle.Unpickler):
    """Unpickles objects of classes by value as objects of the program's own classes."""

    def __init__(self, payload: bytes, reading: own_classes.Reading) -> None:
        super().__init__(io.BytesIO(payload))
        self._reading = reading

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        return self._reading.instead_of(name, found) if module.partition(".")[0] in _MAKE_CLASSES else found


class _DataUnpickler(pickle.Unpickler):
    """Unpickles results for which it was not recorded whether they have code by value, and refuses any that may have."""

    @classmethod
    def loads(cls, payload: bytes) -> Any:
        return cls(io.BytesIO(payload)).load()

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] in {"cloudpickle", *pickling.MAKE_OBJECTS_OF_BYTES}:
            raise pickle.UnpicklingError(f"it may carry code of another Python, and this is Python {_PYTHON}")
        return super().find_class(module, name)
