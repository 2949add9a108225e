"""Classes with their code, and what scripts define for hints."""

from __future__ import annotations

import abc
import enum
import typing
from types import FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from htmap_core.fingerprints.form import Form, Part, attributes
from htmap_core.fingerprints.functions import without_place
from htmap_run import remade

# Python itself makes these: of the slots, of abstract methods, and as caches.
_MADE = frozenset({"__dict__", "__weakref__", "_abc_impl", "__annotations_cache__"})

# What the module enum keeps at a class, all of it made of the members.
_OF_ENUM = frozenset(
    {
        *("_member_map_", "_member_names_", "_value2member_map_", "_member_type_", "_new_member_", "_use_args_"),
        *("_unhashable_values_", "_unhashable_values_map_", "_hashable_values_", "_value_repr_", "__new_member__"),
        *("_inverted_", "_singles_mask_", "_flag_mask_", "_all_bits_", "_boundary_", "__new__", "__reduce_ex__"),
    }
)

_METHODS = (FunctionType, classmethod, staticmethod, property)

_HINTS = ("TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "TypeAliasType")
HINTS = frozenset(
    kind for kind in (getattr(typing, name, None) for name in _HINTS) if isinstance(kind, type)
)  # before Python 3.10, NewType is a function

_OF_HINT = (
    *("__bound__", "__constraints__", "__covariant__", "__contravariant__", "__infer_variance__", "__default__"),
    *("__supertype__", "__type_params__", "__value__"),
)


def of_class(kind: type, *, with_docs: bool) -> Form:
    """Return the form of a class that travels with its code.

    :param with_docs: whether docstrings count.
    """
    own = {
        name: each
        for name, each in without_place(dict(vars(kind)), with_docs=with_docs).items()
        if name not in _MADE and not isinstance(each, (MemberDescriptorType, GetSetDescriptorType))
    }
    if _is_hash_of_attrs(own.get("__hash__")):
        own["__hash__"] = True
    parts = [Part(".__class__", type(kind)), *(Part(f".__bases__[{n}]", each) for n, each in enumerate(kind.__bases__))]
    count = len(kind.__bases__)
    if isinstance(kind, abc.ABCMeta):
        parts.append(Part("", Form(("registered",), [Part("", each) for each in _registered(kind)], is_ordered=False)))
    if isinstance(kind, enum.EnumMeta):
        members: dict[str, Any] = dict(kind.__members__)
        made = {*_OF_ENUM, *members} - ({"__new__"} if "__new_member__" in vars(kind) else set())
        own = {name: each for name, each in own.items() if name not in made}
        if "__new_member__" in vars(kind):
            own["__new__"] = vars(kind)["__new_member__"]
        parts += [Part(f".{name}", _member(name, each)) for name, each in members.items()]
    return Form(("class", kind.__name__, count, _in_order(own)), [*parts, Part("", attributes(own))])


def _in_order(own: dict[str, Any]) -> tuple[str, ...]:
    """Return the names of the attributes that are no methods: ``vars()`` of a class that holds settings shows their order."""
    return tuple(name for name, each in own.items() if not isinstance(each, _METHODS))


def _is_hash_of_attrs(method: Any) -> bool:
    """Return whether attrs has made a method, into which it writes the hash of a text, which differs between processes."""
    return isinstance(method, FunctionType) and method.__code__.co_filename.startswith("<attrs generated")


def _registered(kind: Any) -> list[type]:
    """Return the classes that were registered with an abstract class, which holds weak references to them."""
    dump = getattr(abc, "_get_dump", None)  # PyPy has a registry that can be looked at
    found = dump(kind)[0] if dump else vars(kind)["_abc_registry"]
    return [each for each in (reference() for reference in found) if each is not None]


def _member(name: str, member: Any) -> Form:
    return Form(("member", name, member.name), [Part("", attributes(remade.attributes(member)))])


def of_member(member: enum.Enum) -> Form:
    """Return the form of a member of an Enum that has a name: its class has the rest."""
    return Form(("member", member.name), [Part(".__class__", type(member))])


def of_hint(hint: Any) -> Form:
    """Return the form of what a script has defined for its hints. An alias of ``type`` that cannot be read has its error."""
    parts = []
    for name in _OF_HINT:
        try:
            parts.append(Part(f".{name}", getattr(hint, name)))
        except AttributeError:  # another kind of hint, or an older Python
            continue
        except Exception as error:  # the value of an alias is the user's code
            parts.append(Part(f".{name}", ("error", type(error).__name__, str(error))))
    names = tuple(part.step for part in parts)
    return Form(("hint", type(hint).__name__, hint.__name__, names), parts)
