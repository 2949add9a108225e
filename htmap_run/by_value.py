"""Tell whether a pickle carries code by value: such code runs, rightly, only on the Python version that compiled it.

Byte code of another version crashes the interpreter, or returns wrong results without a sign, so this must never miss.
The opcodes are followed instead of searching the bytes: the name of a constructor may also be an innocent string.
"""

# ruff: noqa: SLF001 -- the table of steps stands behind the class whose methods it names
from __future__ import annotations

import pickletools

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any, Callable, Optional


# What cloudpickle's module offers and carries no code: references by name, and views of dictionaries.
_HARMLESS = frozenset(
    {
        "subimport",
        "_getobject",
        "_make_dict_keys",
        "_make_dict_values",
        "_make_dict_items",
        "_builtin_type",
        "_get_bases",
    }
)
_CODE_TYPES = frozenset({"CodeType", "FunctionType", "LambdaType", "code", "function"})
_LOADERS = frozenset({"loads", "_loads", "load", "_load"})
_PICKLERS = frozenset({"pickle", "_pickle", "cPickle", "dill", "dill._dill", "cloudpickle", "cloudpickle.cloudpickle"})


def carries_code(payload: bytes) -> bool:
    """Return whether *payload*, or a pickle that it holds as bytes and unpickles, carries code by value.

    True also where that cannot be told: a constructor that is not spelt out in the pickle.

    :param payload: one complete pickle, which is not unpickled.
    :raises ValueError: where it is not a pickle.
    """
    trail = _Trail()
    for opcode, argument, _ in pickletools.genops(payload):
        trail.follow(opcode.name, argument)
        if trail.found:
            return True
    return trail.unpickles and any(_inner_carries_code(inner) for inner in trail.bytes_seen)


def _inner_carries_code(inner: bytes) -> bool:
    if inner[:1] != b"\x80":
        return False  # not a pickle of protocol 2 or newer, which all that wrap pickles in pickles use
    try:
        return carries_code(inner)
    except ValueError:
        return False  # it only began as one


class _Trail:
    """Follows the opcodes of one pickle just far enough to know the name of each global that it asks for."""

    def __init__(self) -> None:
        self.found = False
        self.unpickles = False
        self.bytes_seen: list[bytes] = []
        self._memo: dict[int, Optional[str]] = {}
        self._pushed: list[Optional[str]] = [None, None]  # the last two things on the stack, if strings
        self._names_types = False  # cloudpickle's _builtin_type is in the pickle: "CodeType" may name a type now

    def follow(self, name: str, argument: Any) -> None:
        _STEPS.get(name, _Trail._other)(self, argument)

    def _text(self, argument: str) -> None:
        self._push_text(argument)
        if argument.startswith("\x80"):  # how bytes are spelt before protocol 3: Latin-1 text, to be encoded again
            self.bytes_seen.append(argument.encode("latin-1", "replace"))

    def _bytes(self, argument: bytes) -> None:
        self.bytes_seen.append(bytes(argument))
        self._push(None)

    def _memoize(self, _: None) -> None:
        self._memo[len(self._memo)] = self._pushed[-1]

    def _put(self, argument: Any) -> None:
        self._memo[int(argument)] = self._pushed[-1]

    def _get(self, argument: Any) -> None:
        self._push_text(self._memo.get(int(argument)))

    def _global(self, argument: str) -> None:
        self._asks_for(*argument.split(" ", 1))

    def _stack_global(self, _: None) -> None:
        self._asks_for(*self._pushed)

    def _extension(self, _: Any) -> None:
        self.found = True  # a number in a registry of the submit side: no telling what it names

    def _other(self, _: Any) -> None:
        self._push(None)

    def _nothing(self, _: Any) -> None:
        """Do nothing: the opcode leaves the stack alone."""

    def _push(self, value: Optional[str]) -> None:
        self._pushed = [self._pushed[-1], value]

    def _push_text(self, value: Optional[str]) -> None:
        self._push(value)
        self.found = self._names_types and value == "CodeType"

    def _asks_for(self, module: Optional[str], name: Optional[str]) -> None:
        self._push(None)
        if module is None or name is None:
            self.found = True
            return
        last = name.rpartition(".")[2]
        if module.partition(".")[0] in ("cloudpickle", "dill") and last not in _LOADERS:
            self.found = last not in _HARMLESS
        elif module == "marshal" or (module in ("types", "builtins", "new") and last in _CODE_TYPES):
            self.found = True
        self._names_types = self._names_types or last == "_builtin_type"
        self.unpickles = self.unpickles or (module in _PICKLERS and last in _LOADERS)


_STEPS: dict[str, Callable[[_Trail, Any], None]] = {
    **dict.fromkeys(("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"), _Trail._text),
    **dict.fromkeys(("STRING", "BINSTRING", "SHORT_BINSTRING"), _Trail._text),
    **dict.fromkeys(("SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"), _Trail._bytes),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT"), _Trail._put),
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _Trail._get),
    **dict.fromkeys(("EXT1", "EXT2", "EXT4"), _Trail._extension),
    **dict.fromkeys(("GLOBAL", "INST"), _Trail._global),
    **dict.fromkeys(("PROTO", "FRAME"), _Trail._nothing),
    "MEMOIZE": _Trail._memoize,
    "STACK_GLOBAL": _Trail._stack_global,
}
