"""By what calls are found again: the fingerprint of function and arguments."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from htmap_core import user_warnings
from htmap_core.fingerprints.fingerprint import Fingerprints, Incomparable
from htmap_core.maps.drafts.arguments import check_function
from htmap_core.results.pickling import payload_of_function
from htmap_core.storage.executors.keys import CallKey

_MOMENT = 1.0  # seconds for which modules are taken to be what they were; a program may edit them


class CallKeys:
    """The keys of calls. What cannot be compared with earlier ones equals nothing, which is told once for each function.

    :param tag: the executor's tag.
    """

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._known: dict[tuple[int, bytes], tuple[Callable[..., Any], Fingerprints]] = {}
        self._until = 0.0
        self._told: set[tuple[str, str]] = set()

    def of(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> CallKey:
        """Return the key of a call.

        :raises CannotMap: *func* cannot be called.
        :raises FunctionIsLazy: a call of it computes nothing.
        :raises CannotPickle: the function cannot be pickled.
        """
        check_function(func)
        found = self._fingerprints(func).of_call(args, dict(kwargs))
        if not found.incomparable:
            return CallKey(found.digest)
        self._tell(func, found.incomparable[0])
        return CallKey(None)

    def _fingerprints(self, func: Callable[..., Any]) -> Fingerprints:
        if not isinstance(func, FunctionType):  # its state may be another one at each call
            return Fingerprints(func)
        if time.monotonic() > self._until:
            self._known.clear()
            self._until = time.monotonic() + _MOMENT
        key = id(func), payload_of_function(func)  # globals that it reads may be others than a moment ago
        if key not in self._known:
            self._known[key] = func, Fingerprints(func)
        return self._known[key][1]

    def _tell(self, func: Callable[..., Any], what: Incomparable) -> None:
        name = str(getattr(func, "__qualname__", type(func).__qualname__))
        function = str(getattr(func, "__module__", "")), name
        if function not in self._told:
            self._told.add(function)
            user_warnings.warn(user_warnings.RunsEachTime(self._tag, name, what.where, what.kind, what.reason))
