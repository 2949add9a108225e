"""What plugins may answer: whether an answer is of the kind that was asked for, and what is wrong with it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolAddress
from htmap_core.display.short import short
from htmap_core.exceptions import PluginError
from htmap_core.plugins.record import PluginRecord

if TYPE_CHECKING:
    import pluggy

T = TypeVar("T")


def name_of(call: Any) -> str:
    """Return what messages call a function or a caller of a hook."""
    return str(getattr(call, "name", None) or getattr(call, "__name__", "a call"))


def only_answer(hook: pluggy.HookCaller) -> Callable[..., Any]:
    """Return what calls a hook of one plugin and returns its answer. A caller of a hook returns a list, without any None."""

    def answer(**given: Any) -> Any:
        return next(iter(hook(**given)), None)

    answer.__name__ = hook.name
    return answer


def of_kind(record: PluginRecord, kinds: Mapping[type, str], call: Callable[..., Any], answer: T) -> T:
    """Return an answer of one of some kinds.

    :param kinds: the types that the answer may have, each as messages call it.
    :raises PluginError: it is of another kind. True and False are no numbers.
    """
    if isinstance(answer, tuple(kinds)) and (not isinstance(answer, bool) or bool in kinds):
        return answer
    reason = f"{name_of(call)} must return {' or '.join(kinds.values())}, not {short(answer)}"
    raise PluginError(record.name, record.distribution, reason)


def check_nothing(record: PluginRecord, call: Callable[..., Any], returned: Any) -> None:
    """Check that what edits its arguments has returned nothing.

    :raises PluginError: it returned something, or is a coroutine or a generator.
    """
    for each in returned if isinstance(returned, list) else [returned]:  # the caller of a hook returns a list
        if inspect.iscoroutine(each):
            each.close()  # or else Python warns of it, too
        if inspect.iscoroutine(each) or inspect.isgenerator(each) or inspect.isasyncgen(each):
            reason = f"{name_of(call)} must be a plain function: it returned {each!r}, and nothing of it has run"
            raise PluginError(record.name, record.distribution, reason)
        if each is not None:
            reason = f"{name_of(call)} must edit what it is given and return nothing, but it returned {short(each)}"
            raise PluginError(record.name, record.distribution, reason)


def options_among(given: Sequence[Any]) -> MapOptions | None:
    """Return the options of the map that a call is about; None if it is about none."""
    plans = (each.options if isinstance(each, MapPlan) else each for each in given)
    return next((each for each in plans if isinstance(each, MapOptions)), None)


def is_of_user(option: str, given: Sequence[Any]) -> bool:
    """Return whether the map that a call is about was given an option: then not the plugin has set what it refuses."""
    return option.casefold() in {name.casefold().removeprefix("my.") for name in options_among(given) or ()}


def values_of(options: MapOptions | None) -> dict[str, int]:
    """Return which objects options have as their values, to notice a change: they may be large, and not all compare."""
    return {} if options is None else {name: id(value) for name, value in options.items()}


def names_of(offer: Sequence[Any], type_: type, key: str) -> list[str]:
    """Return the names of what a hook offers.

    :raises TypeError: it offers something else, or what could not be used; whatever a property of the plugin's class raises.
    """
    if wrong := [each for each in offer if not isinstance(each, type_)]:
        raise TypeError(f"must return {type_.__name__} objects, not {short(wrong)}")
    names = [getattr(each, key, None) for each in offer]
    if not all(isinstance(name, str) and name for name in names):
        raise TypeError(f"must return {type_.__name__} objects with a {key}, not {short(names)}")
    odd: list[Any]
    pools = [each for each in offer if isinstance(each, Pool)]
    if odd := [each.rank for each in pools if not (isinstance(each.rank, (int, float)) and math.isfinite(each.rank))]:
        raise TypeError(f"must return {type_.__name__} objects whose rank is a number, not {odd!r}")
    if odd := [each.delivery_method for each in pools if not isinstance(each.delivery_method, (str, type(None)))]:
        raise TypeError(f"must return {type_.__name__} objects whose delivery_method is a name or None, not {odd!r}")
    return [str(name) for name in names]


def problem_with_address(address: PoolAddress | None, pool: str) -> str | None:
    """Return what is wrong with the address that *pool* has given, as it follows the name of what gave it; None if nothing is."""
    if address is None:
        return None
    if address.pool != pool or not all(
        isinstance(each, (str, type(None))) for each in (address.schedd, address.collector)
    ):
        return f"must return an address of the pool {pool!r}, with a schedd and a collector of text or none, not {address!r}"
    if (path := address.configuration) is not None and not (path.is_absolute() and path.is_file()):
        return f"must return an address whose configuration is a file, by its absolute path, not {str(path)!r}"
    if address.collector is not None and len(address.collector.split()) != 1:
        return (
            f"must return an address with one host, and perhaps its port, as the collector, not {address.collector!r}"
        )
    return None
