"""The walk over all that belongs to an object, whose trace is hashed.

An object that can change is numbered when it is met, and its number stands for it where it is met again: so cycles end, and a
list that occurs twice is told from two equal lists. Numbers follow from the way of the walk, and so are the same in each process.
"""

from __future__ import annotations

import hashlib
import marshal
import reprlib
from collections.abc import Callable, Iterator
from typing import Any, Optional

from htmap_core.fingerprints.form import ATOMS, UNCHANGING, ByName, Element, Form, Key, Part, Unknown
from htmap_core.fingerprints.objects import Forms

SIZE = 16  # bytes of a digest

# With later versions, marshal writes whether a text is interned, and whether it has met an object before.
_MARSHAL = 2

_FORM, _AGAIN, _LEAF, _VALUE = b"\0F", b"\0A", b"\0L", b"\0V"  # marshal begins nothing with a zero

_DEPTH = 50  # of tuples in tuples that count by their value
_LOOKED_AT = 300  # objects that decide the place of an element among those of its set
_SETS_IN_SETS = 2

_UNSTEADY = "its own code takes it apart in another way each time"

Path = Optional[tuple[Any, Any]]  # the path to what an object belongs to, and the step from there
Leaf = Callable[[Any], "tuple[bytes, list[tuple[Path, str, str]]] | None"]


def plain(value: Any) -> bytes:
    """Return the bytes that stand for a value of :data:`form.ATOMS` and tuples, lists and dictionaries of them."""
    return marshal.dumps(value, _MARSHAL)


def digest(trace: bytes) -> bytes:
    """Return the hash of a trace."""
    return hashlib.blake2b(trace, digest_size=SIZE).digest()


class Walk:
    """Walk over an object.

    :param leaf: gives the digest of an object that another walk has seen to, with what it could not compare; None for others.
    :param limit: how many objects to look at.
    :ivar unknown: what cannot be compared: the path to it, its type and the reason.
    """

    def __init__(self, forms: Forms, leaf: Leaf, limit: float = float("inf"), sets: int = 0) -> None:
        self.unknown: list[tuple[Path, str, str]] = []
        self._forms = forms
        self._leaf = leaf
        self._limit = limit
        self._sets = sets  # in which this one lies
        self._numbers: dict[int, int] = {}
        self._values: dict[int, bytes | None] = {}
        self._alive: list[Any] = []  # what was met stays alive, for others would get its id
        self._waiting: list[tuple[Any, Path]] = []

    def digest(self, root: Any) -> bytes:
        """Return the digest of an object and all that belongs to it."""
        trace = hashlib.blake2b(digest_size=SIZE)
        waiting = self._waiting
        waiting.append((root, None))
        while waiting and self._limit > 0:
            self._limit -= 1
            trace.update(self._next(*waiting.pop()))
        return trace.digest()

    def steps(self, root: Any) -> Iterator[tuple[Any, Path, bytes]]:
        """Yield what a walk looks at, one after the other, with the path and what that adds to the trace."""
        self._waiting.append((root, None))
        while self._waiting:
            value, path = self._waiting.pop()
            yield value, path, self._next(value, path)

    def _next(self, value: Any, path: Path) -> bytes:
        kind = type(value)
        if kind in ATOMS:
            return plain(value)
        if kind is Form:
            return self._entered(value, path)
        if (kind is tuple or kind is frozenset) and (known := self._value(value)) is not None:
            return known
        if (number := self._numbers.get(id(value))) is not None:
            return _AGAIN + number.to_bytes(8, "big")
        if kind not in UNCHANGING and kind is not ByName:
            self._numbers[id(value)] = len(self._numbers)
        self._alive.append(value)
        return self._met(value, path, kind)

    def _met(self, value: Any, path: Path, kind: type) -> bytes:
        if kind is list and ATOMS.issuperset(map(type, value)):
            return plain(value)
        if kind is dict and ATOMS.issuperset(map(type, value)) and ATOMS.issuperset(map(type, value.values())):
            return plain(value)
        if (known := self._leaf(value)) is not None:
            return _LEAF + self._taken(path, *known)
        return self._entered(self._forms.of(value), path, kind)

    def _taken(self, path: Path, known: bytes, unknown: list[tuple[Path, str, str]]) -> bytes:
        self.unknown += [(_joined(path, below), kind, reason) for below, kind, reason in unknown]
        return known

    def _entered(self, form: Form | ByName | Unknown, path: Path, kind: type = object) -> bytes:
        if type(form) is Unknown:
            self.unknown.append((path, kind.__qualname__, form.reason))
            return b""
        if type(form) is ByName:
            self._waiting.append((form, path))
            return b""
        assert type(form) is Form
        parts = form.parts if form.is_ordered else self._sorted(form.parts)
        self._waiting += [(value, (path, step) if step != "" else path) for step, value in reversed(parts)]
        return _FORM + plain((form.head, len(form.parts), form.is_ordered))

    def _value(self, value: Any, depth: int = 0) -> bytes | None:
        """Return the bytes of a tuple or frozen set that has only :data:`ATOMS` in it, and such; None of others."""
        kind = type(value)
        if kind in ATOMS:
            return plain(value)
        if (kind is not tuple and kind is not frozenset) or depth > _DEPTH:
            return None
        if id(value) not in self._values:
            found = [self._value(each, depth + 1) for each in value]
            parts = [each for each in found if each is not None]
            if len(parts) < len(found):
                self._values[id(value)] = None
            else:
                trace = b"".join(parts if kind is tuple else sorted(parts))
                self._values[id(value)] = _VALUE + digest(plain((kind.__name__, len(parts))) + trace)
            self._alive.append(value)
        return self._values[id(value)]

    def _sorted(self, parts: list[Part]) -> list[Part]:
        """Put parts into an order that is the same in each process: by what they are like, and what is near them.

        Of those that are all alike then, the order stays as it is. So such a set may differ between processes, and never is
        taken for another one.
        """
        if self._sets >= _SETS_IN_SETS:
            return []
        keys = [self._key(part.value) for part in parts]
        return [parts[index] for index in sorted(range(len(parts)), key=keys.__getitem__)]

    def _key(self, value: Any) -> bytes:
        if (known := self._value(value)) is not None:
            return known
        return _FORM + Walk(self._forms, self._leaf, _LOOKED_AT, self._sets + 1).digest(value)


def difference(forms: Forms, leaf: Leaf, root: Any) -> tuple[Path, str, str]:
    """Walk over an object twice, and return the object in it that its own code takes apart in another way each time.

    :returns: the path to it, its type and the reason, as in :attr:`Walk.unknown`.
    """
    kinds: dict[int, str] = {}
    paths: list[Path] = []  # they stay alive, for others would get their ids
    one, other = Walk(forms, leaf), Walk(forms, leaf)
    for (value, path, trace), (_, _, again) in zip(one.steps(root), other.steps(root)):
        if forms.has_own_way(type(value)):
            kinds[id(path)] = type(value).__qualname__
        paths.append(path)
        if trace != again:
            break
    path = paths[-1]
    while path is not None and id(path) not in kinds:
        path = path[0]
    return path, kinds.get(id(path), type(root).__qualname__), _UNSTEADY


def _joined(above: Path, below: Path) -> Path:
    return above if below is None else (_joined(above, below[0]), below[1])


def written(path: Path) -> str:
    """Return a path as one would write it in Python."""
    steps = []
    while path is not None:
        path, step = path
        steps.append(_step(step))
    return "".join(reversed(steps))


def _step(step: Any) -> str:
    if isinstance(step, Key):
        return f"[{reprlib.repr(step.key)}]"
    if isinstance(step, Element):
        return f".<element {reprlib.repr(step.element)}>"
    return f"[{step}]" if isinstance(step, int) else str(step)
