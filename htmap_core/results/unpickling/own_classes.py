"""The classes of the user's script: objects that are read are of these, also in a later session, and never change them.

cloudpickle pickles a class of ``__main__`` by value, with an id that only the process knows in which the class was defined. In
another process it makes a second class of that name, and in the same one it sets all attributes of the class again. So its
functions that make classes are replaced while a pickle is read: a class that the program has under that name is given instead,
if what was pickled fits it.

Whether it fits is seen when the pickle has told what the class was like, which is after the class was given. If it does not, the
pickle is read once more without that class. The verdict is kept, so this happens once for each class.
"""

from __future__ import annotations

import dataclasses
import functools
import reprlib
import sys
import types
import typing
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

import attrs

from htmap_core import user_warnings
from htmap_core.user_warnings import ForeignClass
from htmap_core.wording import describe

# Of a class that was compared with the program's: the program's, and what differs, empty if it fits. By cloudpickle's id.
_verdicts: dict[str, tuple[weakref.ref[type], str]] = {}

# Classes that were made of a pickle, and those of them that lack their attributes; by ``id``, as a metaclass may define ``==``.
_made: weakref.WeakValueDictionary[int, type] = weakref.WeakValueDictionary()
_unfinished: weakref.WeakValueDictionary[int, type] = weakref.WeakValueDictionary()

# The classes that the user was warned of, and whether the program had one of the name.
_told: set[tuple[str, bool]] = set()


class PickledClass(NamedTuple):
    """What a pickle says of a class before its attributes.

    :param tracker: cloudpickle's id of it.
    :param body: attributes that it is made with.
    """

    tracker: str
    module: str
    qualname: str
    metaclass: type
    bases: tuple[type, ...]
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its module and its name."""
        return f"{self.module}.{self.qualname}"

    @property
    def own(self) -> type | None:
        """The class that this program has under the same name. Nothing is imported, and no code is run, to find it."""
        # A process that multiprocessing has started has the script under both names.
        found: Any = sys.modules.get("__main__" if self.module == "__mp_main__" else self.module)
        for name in self.qualname.split("."):
            found = vars(found).get(name) if isinstance(found, (type, types.ModuleType)) else None
        return found if isinstance(found, type) else None

    @property
    def is_missed(self) -> bool:
        """Whether a program that lacks it can be expected to have it: a class of a script, or of a module that is not imported.

        A module that is there and lacks the class has made it in a function. A named tuple does not tell.
        """
        is_there = self.module in sys.modules and self.module not in {"__main__", "__mp_main__"}
        return not is_there and "<locals>" not in self.qualname


def read(load: Callable[[Reading], Any]) -> Any:
    """Return what *load* reads from a pickle, with the program's own classes, and warn of classes that are not among them.

    :param load: reads the pickle, and asks a :class:`Reading` for the functions of cloudpickle. It is called again where a class
        does not fit, or where an object cannot be made of one that seemed to fit, because a method was edited.
    """
    reading, found, error = _settled(load, {})
    if error is not None:
        if isinstance(error, (ImportError, MemoryError)):  # no class of the program's is to blame
            raise error
        for suspects in [*([each] for each in reversed(reading.given)), reading.given]:
            reading, found, another = _settled(load, dict.fromkeys(suspects, describe(error)))
            if another is None:
                break
        else:
            raise error
    reading.warn()
    return found


def _settled(load: Callable[[Reading], Any], refused: Mapping[str, str]) -> tuple[Reading, Any, Optional[Exception]]:
    """Read until no class that was given is found not to fit; return the last reading, what it read, or its error."""
    misfits: dict[str, tuple[type, str]] = {}
    while True:
        known = {**refused, **{tracker: difference for tracker, (_, difference) in misfits.items()}}
        reading, found, error = Reading(known), None, None
        try:
            found = load(reading)
        except Exception as raised:
            error = raised
        if not (more := reading.misfits(error)):
            break
        misfits.update(more)
    if error is None:
        for tracker, (own, difference) in {**misfits, **reading.compared}.items():
            _verdicts[tracker] = (weakref.ref(own), difference)
    return reading, found, error


@attrs.define
class Reading:
    """One reading of a pickle: the program's classes that were given to it, and those that do not fit.

    :param refused: what differs between a class and the program's of that name, by cloudpickle's id; from earlier readings.
    :ivar given: the program's classes that were given, by cloudpickle's id.
    :ivar compared: those of them that were compared, and what differs, empty if nothing does.
    :ivar _awaited: those of them that are to be compared, by the ``id`` of the program's class.
    :ivar _foreign: what differs between classes that are not the program's and those, by name; None if it has none.
    :ivar _fitting: the names of classes that are the program's. ``dataclass(slots=True)`` leaves another of the same name.
    """

    refused: Mapping[str, str]
    given: dict[str, type] = attrs.field(factory=dict)
    compared: dict[str, tuple[type, str]] = attrs.field(factory=dict)
    _awaited: dict[int, PickledClass] = attrs.field(factory=dict)
    _foreign: dict[str, Optional[str]] = attrs.field(factory=dict)
    _fitting: set[str] = attrs.field(factory=set)

    def instead_of(self, name: str, function: Any) -> Any:
        """Return what to call instead of a function of that name, cloudpickle's or of :mod:`htmap_run.remade`; mostly itself."""
        instead: dict[str, Any] = {
            "_make_skeleton_class": self._class,
            "_make_skeleton_enum": self._enum,
            "_class_setstate": self._set_state,
            "set_members": self._set_members,
        }
        return functools.partial(instead[name], function) if name in instead else function

    def misfits(self, error: Exception | None) -> dict[str, tuple[type, str]]:
        """Return the classes that were given but do not fit, and what differs, by cloudpickle's id.

        :param error: what ended the reading. If it came among the attributes of a class, they do not fit; some refer to others.
        """
        found = {tracker: verdict for tracker, verdict in self.compared.items() if verdict[1]}
        if error is not None and not found and self._awaited:
            tracker = list(self._awaited.values())[-1].tracker
            found[tracker] = self.given[tracker], describe(error)
        return found

    def warn(self) -> None:
        """Warn of each class that is not the program's, once."""
        for name, difference in self._foreign.items():
            if name not in self._fitting and (name, difference is None) not in _told:
                _told.add((name, difference is None))
                user_warnings.warn(ForeignClass(name, difference))

    def _class(
        self, make: Any, metaclass: Any, name: str, bases: Any, body: dict[str, Any], tracker: str, extra: Any
    ) -> type:
        module, qualname = body.get("__module__", ""), body.get("__qualname__", name)
        # A named tuple was written with a base that is none of its class.
        real = types.resolve_bases(tuple(tuple if each is typing.NamedTuple else each for each in bases))
        pickled = PickledClass(tracker, module, qualname, metaclass, real, body)
        return self._own_or_made(pickled, lambda: make(metaclass, name, bases, body, tracker, extra))

    def _enum(
        self, make: Any, bases: Any, name: str, qualname: str, members: dict[str, Any], module: str, *more: Any
    ) -> type:
        pickled = PickledClass(more[0], module, qualname, type(bases[-1]), bases, {"__members__": members})
        return self._own_or_made(pickled, lambda: make(bases, name, qualname, members, module, *more))

    def _set_state(self, change: Any, cls: type, state: Any) -> type:
        if id(cls) in _unfinished:
            change(cls, state)
            _unfinished.pop(id(cls), None)
        elif pickled := self._awaited.pop(id(cls), None):
            self.compared[pickled.tracker] = cls, _difference(pickled, state[0], cls)
        return cls

    def _set_members(self, change: Any, cls: type, state: Any) -> None:
        set_state, of_class, _ = state
        (change(cls, state) if id(cls) in _unfinished else set_state(cls, of_class))

    def _own_or_made(self, pickled: PickledClass, make: Callable[[], type]) -> type:
        found = self._own(pickled)
        if found is None:
            found = make()
            _made[id(found)] = _unfinished[id(found)] = found
        return found

    def _own(self, pickled: PickledClass) -> type | None:
        """Return the class to take for one in the pickle, if this process has it."""
        own, tracked = pickled.own, _tracked(pickled.tracker)
        # A decorator that derives a class from the one that it decorates leaves two of one name; both are of this session.
        if tracked is not None and id(tracked) not in _made and (own is None or tracked in own.__mro__):
            self._fitting.add(pickled.name)
            return tracked
        if own is None:
            if pickled.is_missed:
                self._foreign[pickled.name] = None
            return tracked
        if difference := self._difference(pickled, own):
            self._foreign[pickled.name] = difference
            return tracked
        self._fitting.add(pickled.name)
        return own

    def _difference(self, pickled: PickledClass, own: type) -> str:
        """Return what is known to differ between a class and the program's; note what was given to be compared."""
        if pickled.tracker in self.refused:
            return self.refused[pickled.tracker]
        compared, difference = _verdicts.get(pickled.tracker, (None, ""))
        if compared is None or compared() is not own:
            self._awaited[id(own)], difference = pickled, ""
        if not difference:
            self.given[pickled.tracker] = own
        return difference


def _tracked(tracker: str) -> type | None:
    """Return the class of that id that this process has pickled or made of a pickle, if there is still use of it."""
    # cloudpickle's own functions look only after they have made another class.
    from cloudpickle import cloudpickle as its

    found: type | None = vars(its)["_DYNAMIC_CLASS_TRACKER_BY_ID"].get(tracker)
    return found


# A class of these metaclasses is a class like others, and to derive from these classes says nothing of an object's state.
_COMMON_METACLASSES = frozenset({"type", "ABCMeta"})
_COMMON_BASES = frozenset({"object", "ABC", "Generic", "Protocol"})


def _difference(pickled: PickledClass, attributes: Mapping[str, Any], own: type) -> str:
    """Return in words why the state of objects of a pickled class does not fit the program's class; empty if it does.

    Methods and other attributes may differ. Bases are compared by name, for those by value have no other identity.
    """
    bases = dict.fromkeys(cls for base in pickled.bases for cls in base.__mro__)
    then = _shape(pickled.qualname, pickled.metaclass, bases, [{**pickled.body, **attributes}, *map(vars, bases)])
    now = _shape(pickled.qualname, type(own), own.__mro__[1:], [*map(vars, own.__mro__)])
    for what in now:
        if now[what] != then[what]:
            return f"{what}: {then[what]} when it was pickled, {now[what]} now"
    return _lacking_members(pickled.body.get("__members__", {}), own)


def _shape(
    name: str, metaclass: type, bases: Iterable[type], namespaces: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """Return what makes the state of objects of a class of that name, with these attributes of its own and of its bases."""
    # A class that a decorator has derived from one of the same name stands for both.
    found = {
        "metaclass": sorted({metaclass.__qualname__} - _COMMON_METACLASSES),
        "bases": sorted({base.__qualname__ for base in bases} - _COMMON_BASES - {name}),
        "fields": _fields(namespaces, is_tuple=tuple in bases),
        "slots": sorted(_slots(namespaces)),
    }
    return {what: ", ".join(names) or "none" for what, names in found.items()}


def _fields(namespaces: Iterable[Mapping[str, Any]], *, is_tuple: bool) -> list[str]:
    """Return the names of the fields of a dataclass, an attrs class or a named tuple, in their order."""
    for each in namespaces:
        if "__dataclass_fields__" in each:
            has_fields: Any = types.SimpleNamespace(__dataclass_fields__=each["__dataclass_fields__"])
            return [field.name for field in dataclasses.fields(has_fields)]
        if "__attrs_attrs__" in each:
            return [field.name for field in each["__attrs_attrs__"]]
        if is_tuple and "_fields" in each:
            return list(each["_fields"])
    return []


def _slots(namespaces: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the slots of an object, and whether it has a ``__dict__``, too."""
    found = set()
    for number, each in enumerate(namespaces):
        slots = each.get("__slots__", ())
        found |= {slots} if isinstance(slots, str) else set(slots)
        if "__dict__" in each or (number == 0 and "__slots__" not in each):
            found.add("__dict__")
    return found - {"__weakref__"}


def _lacking_members(members: Mapping[str, Any], own: Any) -> str:
    """Return which members of an Enum the program's has not; it may have more."""
    found = getattr(own, "__members__", {})
    for name, value in members.items():
        if name not in found or found[name]._value_ != value:
            return f"members: {name} = {reprlib.repr(value)} when it was pickled, another or none of that name now"
    return ""
