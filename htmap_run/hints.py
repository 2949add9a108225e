"""Pickle by value what a script defines for its hints: a ``NewType``, a ``ParamSpec``, a ``TypeVarTuple``, an alias of ``type``.

Python finds them by name in their module, and the execute node has another ``__main__`` than the script. cloudpickle sends only a
``TypeVar`` by value. What is made here keeps its identity: in one process, each of them is made once. Pickles name the functions
of this module on both sides.
"""

from __future__ import annotations

import typing
import uuid
from types import FunctionType

TYPE_CHECKING = False  # typing has it, too; like the other modules, this one is read without it
if TYPE_CHECKING:
    from typing import Any, Callable

# What is known in this process, and its identity. Both grow with what scripts define, and that is little.
_KNOWN: dict[str, Any] = {}
_IDENTITIES: dict[Any, str] = {}

# The values of the aliases that were made here, by identity: functions without parameters.
_VALUES: dict[str, Callable[[], Any]] = {}

# Later Pythons have more of these.
_OF_PARAMETERS = ("bound", "covariant", "contravariant", "infer_variance", "default")


def reducers(can_be_imported: Callable[[Any], bool]) -> dict[type, Callable[[Any], Any]]:
    """Return for each type of hint that this Python has how to reduce one, as entries of a pickler's ``dispatch_table``.

    :param can_be_imported: tells whether an object is found by its name on the execute node; then its name is the reduced form.
    """
    kinds = {"NewType": _new_type, "ParamSpec": _parameter, "TypeVarTuple": _parameter, "TypeAliasType": _alias}
    # Before Python 3.10, NewType makes functions, which cloudpickle can pickle.
    found = {getattr(typing, name, FunctionType): reduce for name, reduce in kinds.items()}
    found.pop(FunctionType, None)

    def reducer(reduce: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda hint: _name(hint) if can_be_imported(hint) else reduce(hint)

    table = {kind: reducer(reduce) for kind, reduce in found.items() if isinstance(kind, type)}
    # The types of P.args and P.kwargs. Since Python 3.12 nothing else can pickle them.
    names = ("ParamSpecArgs", "ParamSpecKwargs")
    return {**table, **{getattr(typing, name): _of_origin for name in names if hasattr(typing, name)}}


def _name(hint: Any) -> str:
    name: str = getattr(hint, "__qualname__", None) or hint.__name__
    return name


def _identity(hint: Any) -> str:
    identity = _IDENTITIES.setdefault(hint, uuid.uuid4().hex)
    _KNOWN[identity] = hint
    return identity


def _once(identity: str, make: Callable[[], Any]) -> Any:
    if identity not in _KNOWN:
        _KNOWN[identity] = made = make()
        _IDENTITIES[made] = identity
    return _KNOWN[identity]


def _of_origin(hint: Any) -> Any:
    return type(hint), (hint.__origin__,)


def _new_type(hint: Any) -> Any:
    return new_type, (_identity(hint), hint.__module__, _name(hint), hint.__supertype__)


def new_type(identity: str, module: str, name: str, supertype: Any) -> Any:
    """Return the ``NewType`` of that identity."""

    def make() -> Any:
        kind: Any = typing.NewType  # mypy takes a call of it for a declaration
        made = kind(name, supertype)
        made.__module__ = module
        return made

    return _once(identity, make)


def _parameter(hint: Any) -> Any:
    options = {name: getattr(hint, f"__{name}__") for name in _OF_PARAMETERS if hasattr(hint, f"__{name}__")}
    return parameter, (_identity(hint), type(hint).__name__, hint.__module__, hint.__name__, options)


def parameter(identity: str, kind: str, module: str, name: str, options: dict[str, Any]) -> Any:
    """Return the ``ParamSpec`` or ``TypeVarTuple`` of that identity.

    :param kind: which of the two.
    :param options: the keywords that it is made with.
    """

    def make() -> Any:
        made = getattr(typing, kind)(name, **options)
        made.__module__ = module
        return made

    return _once(identity, make)


def _alias(hint: Any) -> Any:
    name = _identity(hint), hint.__module__, hint.__name__
    value, error = _value(hint)
    parameters = hint.__type_params__
    if parameters and error is None and not _is_within(hint, value):
        return generic_alias, (*name, parameters, value)
    return alias, (*name, parameters), (name[0], value, error), None, None, set_alias


def _value(hint: Any) -> tuple[Any, str | None]:
    """Return the value of an alias, or the text of the error that it raises, such as for what only a type checker imports."""
    try:
        return hint.__value__, None
    except Exception as error:  # the code of the value is the user's; it raises the same where the alias is made again
        return None, str(error)


def _is_within(hint: Any, value: Any) -> bool:
    """Return whether an alias occurs in its value."""
    found = [value]
    for each in found:  # which grows meanwhile
        if each is hint:
            return True
        arguments = getattr(each, "__args__", ())
        parts = [getattr(each, "__origin__", None), *(arguments if type(arguments) is tuple else ())]
        parts += [_value(each)[0]] if type(each) is type(hint) else []
        found += [part for part in parts if not any(part is other for other in found)]
    return False


def alias(identity: str, module: str, name: str, parameters: tuple[Any, ...]) -> Any:
    """Return the alias of that identity. Its value, in which the alias may occur, comes from :func:`set_alias`.

    If it has parameters, its value is an alias without them that has this value: nothing else makes one whose value comes later.
    """

    def make() -> Any:
        namespace: dict[str, Any] = {"__name__": module, "_values": _VALUES}
        exec(f"type {name} = _values[{identity!r}]()", namespace)  # older Pythons cannot compile it
        later = namespace[name]
        return _with_parameters(module, name, parameters, later) if parameters else later

    return _once(identity, make)


def set_alias(_: Any, state: tuple[str, Any, str | None]) -> None:
    """Give an alias that :func:`alias` made its value, or the text of the error that its value raises."""
    identity, value, error = state

    def of_alias() -> Any:
        if error is not None:
            raise NameError(error)
        return value

    _VALUES.setdefault(identity, of_alias)


def generic_alias(identity: str, module: str, name: str, parameters: tuple[Any, ...], value: Any) -> Any:
    """Return the alias of that identity, which has parameters, and does not occur in its value."""
    return _once(identity, lambda: _with_parameters(module, name, parameters, value))


def _with_parameters(module: str, name: str, parameters: tuple[Any, ...], value: Any) -> Any:
    namespace = {"__name__": module, "name": name, "value": value, "parameters": parameters, "typing": typing}
    # The module of an alias is that of the code which makes it.
    return eval("typing.TypeAliasType(name, value, type_params=parameters)", namespace)
