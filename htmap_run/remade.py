"""Make objects again that cloudpickle cannot make. Pickles name the functions of this module on both sides."""

from __future__ import annotations

import contextlib
import functools
import weakref

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Callable, Optional

# Enums whose members have all their attributes in this process, where they were defined or have been made again.
COMPLETE: weakref.WeakSet[Any] = weakref.WeakSet()

_MARK = "_htmap_has_state"

# What the enum module itself keeps at each member, beside its value.
_OF_EVERY_MEMBER = frozenset({"_name_", "__objclass__", "_sort_order_", "_inverted_"})


def slotted(make: Callable[..., Any], arguments: tuple[Any, ...], slots: Any) -> Any:
    """Return the class that cloudpickle makes of *arguments*, with its ``__slots__``, which cloudpickle drops.

    :param make: cloudpickle's function that makes classes.
    :param slots: the class's ``__slots__``.
    """
    *before, begin, tracker, extra = arguments
    try:
        return make(*before, {**begin, "__slots__": slots}, tracker, extra)
    except Exception:  # NamedTuple makes the slots itself and refuses others; so may any metaclass, in its own way
        return make(*arguments)


def attributes(member: Any) -> dict[str, Any]:
    """Return the value of an Enum's member, and what its own ``__init__`` gave to it."""
    return {name: value for name, value in vars(member).items() if name not in _OF_EVERY_MEMBER}


def set_members(made: Any, state: tuple[Callable[..., Any], Any, dict[str, dict[str, Any]]]) -> None:
    """Give an Enum the state that cloudpickle gives it, and its members their attributes.

    The members of a class that was there before, in this process or in the user's script, stay as they are.
    """
    set_state, (of_class, more), of_members = state
    set_state(made, ({**of_class, _MARK: None}, more))
    if _MARK not in vars(made):
        return  # who reads the pickle has taken another class, and given it no state
    delattr(made, _MARK)
    if made in COMPLETE:
        return
    COMPLETE.add(made)
    for name, own in of_members.items():
        member = made.__members__[name]
        vars(member).update(own)
        with contextlib.suppress(TypeError):  # an Enum compares with each of its values that cannot be hashed
            made._value2member_map_.setdefault(own["_value_"], member)


def cached(function: Callable[..., Any], maxsize: Optional[int], typed: bool) -> Any:
    """Return *function* as ``functools.lru_cache`` wraps it, with an empty cache."""
    return functools.lru_cache(maxsize, typed)(function)


def dispatching(name: str) -> Any:
    """Return a new ``functools.singledispatch`` function, which :func:`set_dispatching` fills.

    :param name: what its errors call it.
    """

    def unknown(*_: Any) -> Any: ...

    unknown.__name__ = name
    return functools.singledispatch(unknown)


def set_dispatching(made: Any, state: tuple[dict[type, Callable[..., Any]], dict[str, Any], dict[str, Any]]) -> None:
    """Give a function that :func:`dispatching` made its implementations, its ``__dict__``, and its other attributes."""
    registry, own, attributes = state
    for kind, function in registry.items():
        made.register(kind, function)
    vars(made).update(own)
    for name, value in attributes.items():
        setattr(made, name, value)


def set_sharing(made: Any, state: tuple[Any, ...]) -> None:
    """Give a wrapper its own state, and what ``functools.update_wrapper`` copies into it from a function that dispatches.

    :param state: its own state; the function that dispatches; the names of what they share; cloudpickle's function that sets the
        state of a function, if it is one.
    """
    own, dispatches, shared, *set_state = state
    if set_state:
        set_state[0](made, own)
    else:
        vars(made).update(own)
    vars(made).update({name: vars(dispatches)[name] for name in shared})


def set_rest(made: Any, state: tuple[dict[str, Any], list[str]]) -> None:
    """Give a descriptor of ``functools`` its state but for what is in :data:`NEW`, which it gets anew.

    :param state: the rest of its state, and which names of :data:`NEW` it has.
    """
    rest, new = state
    vars(made).update(rest, **{name: NEW[name]() for name in new})


def _lock() -> Any:
    from threading import RLock

    return RLock()


def _cache() -> Any:
    from weakref import WeakKeyDictionary

    return WeakKeyDictionary()


NEW = {"lock": _lock, "_method_cache": _cache}
