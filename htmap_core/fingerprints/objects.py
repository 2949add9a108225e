"""The forms of all objects."""

from __future__ import annotations

import enum
import hashlib
import io
import pickle
import sys
import weakref
from collections.abc import Callable
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from htmap_core.fingerprints import classes, code, functions
from htmap_core.fingerprints.code import Named
from htmap_core.fingerprints.form import ByName, Element, Form, Part, Unknown, attributes, items
from htmap_core.fingerprints.origins import NOT_FOUND, ModuleFile, Origins, OwnModule
from htmap_core.results import own_modules
from htmap_core.wording import describe
from htmap_run import frames, pickling

_PARTS_OF_REDUCED = 6
_STANDARD_STREAMS = ("stdin", "stdout", "stderr")
_MADE_BY_CODE = 1 << 9  # the flag of a class that is no part of a program's binary
_PARTS_OF_STATE = 2  # attributes of ``__dict__`` and of ``__slots__``


# What a class may have to say of how its objects are taken apart.
_WAYS = ("__reduce_ex__", "__reduce__", "__getstate__", "__getnewargs_ex__", "__getnewargs__")
_STEADY = frozenset({"attr", "attrs", "cloudpickle", "htmap_core", "htmap_run"})  # as is Python's own code

_AT_ONCE = 1 << 16  # bytes of an array


class Forms:
    """Give the forms of objects.

    :param with_docs: whether docstrings count.
    :ivar reads_docs: whether code was met that may read docstrings.
    :ivar asked: whether an object was met that somebody's own code takes apart; whoever wants to know resets it.
    """

    def __init__(self, origins: Origins, *, with_docs: bool) -> None:
        self.with_docs = with_docs
        self.reads_docs = False
        self.asked = False
        self._own_ways: dict[type, bool] = {}
        self._origins = origins
        self._pickler = pickling.pickler()(io.BytesIO())
        self._of_type: dict[type, Callable[[Any], Any]] = {
            list: lambda them: Form(("list",), [Part(n, each) for n, each in enumerate(them)]),
            tuple: lambda them: Form(("tuple",), [Part(n, each) for n, each in enumerate(them)]),
            dict: lambda found: items(list(found.items())),
            set: lambda them: self._set(them, "set"),
            frozenset: lambda them: self._set(them, "frozenset"),
            weakref.WeakSet: lambda them: self._set(them, "weak set"),
            bytearray: lambda content: Form(("bytearray", bytes(content))),
            pickle.PickleBuffer: lambda buffer: Form(("buffer", bytes(buffer.raw()))),
            ByName: self._by_name,
            CellType: self._cell,
            CodeType: lambda found: code.form(found, with_docs=self.with_docs),
            FunctionType: self._function,
            ModuleType: self._module,
            ModuleFile: self._module_file,
            OwnModule: self._own_module,
            classmethod: lambda method: Form(("classmethod",), [Part(".__func__", method.__func__)]),
            staticmethod: lambda method: Form(("staticmethod",), [Part(".__func__", method.__func__)]),
            property: self._property,
            **dict.fromkeys(classes.HINTS, self._hint),
        }

    def of(self, obj: Any) -> Form | Unknown | ByName:
        """Return the form of an object, or what it is found by, or why it cannot be compared."""
        make = self._of_type.get(type(obj))
        try:
            if make is not None:
                found: Form | Unknown | ByName = make(obj)
                return found
            if isinstance(obj, type):
                return self._class(obj)
            return self._other(obj)
        except Exception as error:  # what objects raise that describe themselves is anything
            return Unknown(describe(error))

    def found_by_name(self, obj: Any) -> ByName | None:
        """Return the name by which the execute node finds a function, class or hint; None if that travels with its code."""
        name = getattr(obj, "__qualname__", None) or obj.__name__
        return ByName(obj.__module__ or "builtins", name) if pickling.can_be_imported(obj) else None

    def has_own_way(self, kind: type) -> bool:
        """Return whether somebody's own code takes objects of a class apart: it may do so in another way each time."""
        if kind not in self._own_ways:
            ways = [self._pickler.dispatch_table.get(kind), *(getattr(kind, name, None) for name in _WAYS)]
            self._own_ways[kind] = any(isinstance(way, FunctionType) and _is_somebodys(way) for way in ways)
        return self._own_ways[kind]

    # --- code

    def _named(self, found: CodeType) -> Named:
        named = code.named(found)
        self.reads_docs = self.reads_docs or named.reads_docs
        return named

    def _function(self, function: FunctionType) -> Any:
        found = self.found_by_name(function)
        if found is not None:
            return found
        named = self._named(function.__code__)
        return functions.of_function(function, named, self._origins, with_docs=self.with_docs)

    def _class(self, kind: type) -> Form | ByName:
        # Some classes of Python itself are found under no name, such as that of None.
        found = None if kind.__flags__ & _MADE_BY_CODE else ByName(kind.__module__, kind.__qualname__)
        return found or self.found_by_name(kind) or classes.of_class(kind, with_docs=self.with_docs)

    def _own_module(self, module: OwnModule) -> Form:
        files, facts = self._origins.reached(module)
        return Form(("own module", module.file.name, *facts), [Part("", each) for each in files])

    def _module_file(self, file: ModuleFile) -> Form:
        if file.code is None:
            return Form(("file", file.name, file.content))
        self._named(file.code)
        return Form(("file", file.name), [Part("", file.code)])

    def _module(self, module: ModuleType) -> Form | Unknown:
        if module.__name__ == "__main__":
            return Unknown("it is the script itself")
        if sys.modules.get(module.__name__) is module:
            if self._origins.of(module.__name__) == NOT_FOUND and not hasattr(module, "__path__"):
                return Unknown("it has no file")
            return Form(("module", module.__name__), [Part("", self._origins.of(module.__name__))])
        own = functions.without_place(dict(vars(module)), with_docs=self.with_docs)
        return Form(
            ("made module", module.__name__),
            [Part("", attributes({k: v for k, v in own.items() if k != "__builtins__"}))],
        )

    def _by_name(self, found: ByName) -> Form | Unknown:
        origin = self._origins.of(found.module)
        if origin == NOT_FOUND:
            return Unknown(f"the module {found.module} has no file")
        return Form(("by name", found.module, found.name), [Part("", origin)])

    def _hint(self, hint: Any) -> Any:
        return self.found_by_name(hint) or classes.of_hint(hint)

    def _property(self, found: property) -> Form:
        parts = [Part(f".{name}", getattr(found, name)) for name in ("fget", "fset", "fdel")]
        return Form(("property",), [*parts, *([Part(".__doc__", found.__doc__)] if self.with_docs else [])])

    @staticmethod
    def _cell(cell: CellType) -> Form:
        try:
            return Form(("cell",), [Part("", cell.cell_contents)])
        except ValueError:
            return Form(("empty cell",))

    # --- data

    @staticmethod
    def _set(them: Any, kind: str) -> Form:
        return Form((kind,), [Part(Element(each), each) for each in them], is_ordered=False)

    def _other(self, obj: Any) -> Form | Unknown | ByName:
        if isinstance(obj, io.IOBase) and not isinstance(obj, (io.StringIO, io.BytesIO)):
            streams = [name for name in _STANDARD_STREAMS if getattr(sys, name) is obj]
            return Form(("stream", streams[0])) if streams else Unknown("it is an open file")
        if isinstance(obj, enum.Enum) and obj.__class__.__members__.get(obj.name or "") is obj:
            return classes.of_member(obj)
        numpy: Any = sys.modules.get("numpy")
        if numpy is not None and type(obj) is numpy.ndarray and not obj.dtype.hasobject:
            return self._array(obj)
        reduced = self._reduced(obj)
        if isinstance(reduced, str):
            return ByName(pickle.whichmodule(obj, reduced), reduced)  # type: ignore[attr-defined, unused-ignore]
        return self._of_reduced(obj, reduced)

    @staticmethod
    def _array(array: Any) -> Form:
        """Return the form of an array, whose strides do not travel, but whose order of axes in memory does."""
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        return Form(("array", order, array.shape, _content(array, order)), [Part(".dtype", array.dtype)])

    def _reduced(self, obj: Any) -> Any:
        self.asked = self.asked or self.has_own_way(type(obj))
        found = self._pickler.reducer_override(obj)
        if found is not NotImplemented:
            return found
        reduce = self._pickler.dispatch_table.get(type(obj))
        return obj.__reduce_ex__(frames.PICKLE_PROTOCOL) if reduce is None else reduce(obj)

    def _of_reduced(self, obj: Any, reduced: Any) -> Form:
        whole: list[Any] = [*reduced, *[None] * (_PARTS_OF_REDUCED - len(reduced))]
        make, arguments, state, of_list, of_dict, set_state = whole
        elements: list[Any] = list(of_list or ())
        if (
            isinstance(obj, (set, frozenset)) and type(arguments) is tuple
        ):  # a class of the user's, with its elements in a list
            arguments = tuple(set(each) if type(each) is list else each for each in arguments)
        parts = [
            Part(".__reduce__()[0]", make),
            *(Part(f".__reduce__()[1][{n}]", each) for n, each in enumerate(arguments)),
            *(Part(n, each) for n, each in enumerate(elements)),
            *items(list(of_dict or ())).parts,
            *self._state(state),
            Part("", set_state),
        ]
        return Form(("object", len(arguments), len(elements)), parts)

    def _state(self, state: Any) -> list[Part]:
        """Return the state of an object; attributes in the order in which they were set, which its class may use."""
        by_slots = type(state) is tuple and len(state) == _PARTS_OF_STATE and isinstance(state[1], dict)
        found = []
        for each in state if by_slots else (state,):
            if isinstance(each, dict) and all(isinstance(name, str) for name in each):
                own = functions.without_place(each, with_docs=self.with_docs)
                found.append(Part("", Form(("state", *own), [Part(f".{name}", value) for name, value in own.items()])))
            else:
                found.append(Part(".<state>", each))
        return found


def _is_somebodys(way: FunctionType) -> bool:
    """Return whether code is neither Python's nor known to do the same each time. What is written in C is taken for that, too."""
    top = str(way.__globals__.get("__name__")).partition(".")[0]
    return top not in _STEADY and not own_modules.comes_with_python(top)


def _content(array: Any, order: Any) -> bytes:
    """Return the content of an array, or of a large one a hash of it, for which it is not copied if it lies in one piece."""
    if array.nbytes <= _AT_ONCE:
        content: bytes = array.tobytes(order)
        return content
    lying = array.T if order == "F" else array
    whole = lying if lying.flags.c_contiguous else lying.copy("C")
    return hashlib.blake2b(whole.reshape(-1).view("u1")).digest()
