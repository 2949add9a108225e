"""The fingerprints of a function, and of the inputs of its calls."""

from __future__ import annotations

import hashlib
import platform
import secrets
import sys
from collections.abc import Collection
from types import FunctionType, ModuleType
from typing import Any

import attrs

from htmap_core.fingerprints import walk
from htmap_core.fingerprints.form import ATOMS, Form, Part
from htmap_core.fingerprints.objects import Forms
from htmap_core.fingerprints.origins import ModuleFile, Origins, OwnModule
from htmap_core.fingerprints.used import used
from htmap_core.fingerprints.walk import Leaf, Path, Walk

# Byte code means something else to another Python, and the standard library may compute something else.
_PYTHON = (platform.python_implementation(), *sys.version_info[:2])

_DEPTH = 3  # of tuples in plain arguments; the walk knows those that it meets again
_MOST = 10_000_000  # values in tuples of tuples

_FILES = (OwnModule, ModuleFile)
_CODE = (type, FunctionType, ModuleType, *_FILES)


@attrs.frozen
class Incomparable:
    """Something that cannot be compared with what there was before.

    :param where: how it is reached, as in ``args[0]['file']`` or ``function.__globals__['log']``.
    :param kind: the name of its type.
    :param reason: why it cannot be compared.
    """

    where: str
    kind: str
    reason: str


@attrs.frozen
class Fingerprint:
    """What is equal where a function or input is the same, in any process.

    :param digest: 32 hexadecimal digits. Where something is incomparable, they are random, so it equals nothing, also when it was
        written down.
    :param incomparable: what cannot be compared.
    """

    digest: str
    incomparable: tuple[Incomparable, ...] = ()


class Fingerprints:
    """The fingerprints of a function and of inputs for it.

    What was seen of functions, classes and modules holds for as long as this object: make one for each map. Since 0.7.

    >>> fingerprints = Fingerprints(abs)
    >>> fingerprints.of_input((-1,), {}) == fingerprints.of_input((-1,), {})
    True

    :param function: whatever can be mapped.
    :ivar function: the fingerprint of the function.
    """

    def __init__(self, function: Any) -> None:
        self._mapped = function
        self._origins = Origins()
        self._known: dict[int, tuple[Any, bytes, list[tuple[Path, str, str]]]] = {}
        self._forms = Forms(self._origins, with_docs=False)
        found = self._code(function)
        if self._forms.reads_docs:  # then docstrings are behaviour, those of the classes of inputs included
            self._forms = Forms(self._origins, with_docs=True)
            self._known.clear()
            found = self._code(function)
        self.function = _fingerprint("function", *found)

    def of_input(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Fingerprint:
        """Return the fingerprint of the arguments of one call."""
        if _is_plain(args) and (not kwargs or _is_plain(kwargs.values())):
            return Fingerprint(walk.digest(walk.plain((args, kwargs))).hex())
        parts = [Part("args", Form(("args",), [Part(n, each) for n, each in enumerate(args)]))]
        parts += [Part(f"kwargs[{name!r}]", each) for name, each in kwargs.items()]
        return _fingerprint("", *self._walked(Form(("input", *kwargs), parts), self._leaf))

    def of_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Fingerprint:
        """Return the fingerprint of a call: of the function, and of its arguments.

        >>> Fingerprints(abs).of_call((-1,), {}) == Fingerprints(float).of_call((-1,), {})
        False
        """
        given = self.of_input(args, kwargs)
        together = hashlib.blake2b(f"{self.function.digest} {given.digest}".encode(), digest_size=walk.SIZE)
        return Fingerprint(together.hexdigest(), self.function.incomparable + given.incomparable)

    def of_module(self, module: str) -> str | None:
        """Return the digest of the code of a module of the user's; None for all others. It is not imported.

        :param module: its dotted name.
        """
        found = self._origins.of(module)
        return self._kept(found)[0].hex() if isinstance(found, OwnModule) else None

    def of_what_is_used(self) -> dict[str, str]:
        """Return the digests of what the function uses, by the names that its author knows. Of code, they are of own modules."""
        found: dict[str, str] = {}
        for name, value in used(self._mapped):
            if isinstance(value, (type, FunctionType, ModuleType)):
                module = value.__name__ if isinstance(value, ModuleType) else value.__module__
                if (digest := self.of_module(module or "")) is not None:
                    found[f"the module {module}"] = digest
            else:
                found[name] = self.of_input((value,), {}).digest
        return found

    def _leaf(self, value: Any) -> tuple[bytes, list[tuple[Path, str, str]]] | None:
        """Return what is known of a class, function or module: inputs by the thousand have the same ones."""
        return self._kept(value) if isinstance(value, _CODE) else None

    def _leaf_of_code(self, value: Any) -> tuple[bytes, list[tuple[Path, str, str]]] | None:
        """Return what is known of a module of the user's. Functions and classes of the script are walked together."""
        return self._kept(value) if isinstance(value, _FILES) else None

    def _kept(self, value: Any) -> tuple[bytes, list[tuple[Path, str, str]]]:
        if id(value) not in self._known:
            self._known[id(value)] = (value, *self._code(self._forms.of(value) if isinstance(value, _FILES) else value))
        return self._known[id(value)][1:]

    def _code(self, value: Any) -> tuple[bytes, list[tuple[Path, str, str]]]:
        return self._walked(Form(("code", *_PYTHON), [Part("", value)]), self._leaf_of_code)

    def _walked(self, root: Form, leaf: Leaf) -> tuple[bytes, list[tuple[Path, str, str]]]:
        """Return the digest of an object, with what cannot be compared.

        Objects that somebody's own code takes apart are asked twice: a counter, a time or a random number among what they say
        would be the same in two processes by accident.
        """
        outer, self._forms.asked = self._forms.asked, False
        walking = Walk(self._forms, leaf)
        found = walking.digest(root)
        if self._forms.asked and Walk(self._forms, leaf).digest(root) != found:
            walking.unknown.append(walk.difference(self._forms, leaf, root))
        self._forms.asked = outer
        return found, walking.unknown


def _fingerprint(root: str, found: bytes, unknown: list[tuple[Path, str, str]]) -> Fingerprint:
    if not unknown:
        return Fingerprint(found.hex())
    named = tuple(Incomparable(root + walk.written(path), kind, reason) for path, kind, reason in unknown)
    return Fingerprint(secrets.token_hex(walk.SIZE), named)


def _is_plain(values: Collection[Any]) -> bool:
    """Return whether there are only values among the arguments, and tuples of them, which need no walk.

    They are written as often as they are met. So tuples in which many others are met again and again do not count as such.
    """
    level: list[Collection[Any]] = [values]
    left = _MOST
    for depth in range(_DEPTH + 1):
        inner: list[Collection[Any]] = []
        for each in level:
            left -= len(each) if depth > 1 else 0
            if left < 0:
                return False
            if not ATOMS.issuperset(map(type, each)):
                others = [one for one in each if type(one) not in ATOMS]
                if any(type(one) is not tuple for one in others):
                    return False
                inner += others
        if not inner:
            return True
        level = inner
    return False
