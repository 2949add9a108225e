"""Mapped functions, and builders, which collect the calls of a map one by one."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, MethodType, TracebackType
from typing import TYPE_CHECKING, Any, Generic, Literal, cast, overload

from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import NoMapYet
from htmap_core.maps import creating
from htmap_core.maps.drafts import ahead
from htmap_core.maps.drafts.arguments import explaining
from htmap_core.maps.drafts.options import check_options
from htmap_core.maps.drafts.plan import Plan
from htmap_core.maps.map import Map
from htmap_core.maps.resuming.rule import rule_for
from htmap_core.settings import tables
from htmap_core.submission.mistakes.calls import Call, Calls
from htmap_core.type_variables import OfFunction, P, R, R_co, T
from htmap_core.user_warnings import MappedMethod, warn

if TYPE_CHECKING:
    from typing_extensions import Self


class MapBuilder(OfFunction, Generic[P, R_co]):
    """Collect calls, and create one map of them when the ``with`` block ends.

    An exception inside the block creates no map. :func:`htmap.build_map` and :meth:`MappedFunction.build_map` return
    builders. Since 0.6 or earlier::

        with htmap.build_map(pow) as builder:
            builder(2, 3)
            builder(3, 2)
        print(list(builder.map))  #> [8, 9]
    """

    def __init__(
        self,
        func: Callable[P, R_co],
        map_options: MapOptions | None = None,
        tag: str | None = None,
        *,
        quiet: bool = False,
        chunksize: int | Literal["auto"] | None = None,
        where: str | None = None,
        if_exists: str | None = None,
    ) -> None:
        check_options(map_options)
        rule_for(if_exists, tag)
        options = MapOptions.merge(map_options)  # a copy: what becomes of the user's own in the block does not count
        self._func = func
        self._create = functools.partial(
            creating.create_map,
            func,
            map_options=options,
            tag=tag,
            quiet=quiet,
            chunksize=chunksize,
            where=where,
            if_exists=if_exists,
        )
        self._fitting = Calls(func, "build_map")
        self._calls: list[Call] = []
        self._map: Map[R_co] | None = None

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> None:
        """Add a component, which calls the function with these arguments.

        :raises ArgumentsDoNotFit: the function cannot be called with them.
        """
        self._calls.append(self._fitting.checked(args, kwargs, len(self)))

    def __len__(self) -> int:
        """Return how many components have been added."""
        return len(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._map = self._create(self._calls, total=len(self._calls))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(func = {self._func}, components = {len(self)})"

    @property
    def map(self) -> Map[R_co]:
        """The map that the builder has created.

        :raises NoMapYet: the ``with`` block has not ended, or an exception ended it.
        """
        if self._map is None:
            raise NoMapYet
        return self._map


@explaining
def build_map(
    func: Callable[P, R],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    *,
    quiet: bool = False,
    chunksize: int | Literal["auto"] | None = None,
    where: str | None = None,
    if_exists: str | None = None,
) -> MapBuilder[P, R]:
    """Return a builder for a map of *func*.

    Use it in a ``with`` statement, and call it once for each component. The arguments are those of :func:`htmap.map`.
    Since 0.6 or earlier::

        with htmap.build_map(pow, tag="powers") as builder:
            for base in range(3):
                builder(base, 2)
        print(list(builder.map))  #> [0, 1, 4]
    """
    return MapBuilder(func, map_options, tag, quiet=quiet, chunksize=chunksize, where=where, if_exists=if_exists)


class MappedFunction(OfFunction, Generic[P, R_co]):
    """A function with the mapping functions as methods, and with map options that its maps inherit.

    Calling it calls the function in this process. :func:`htmap.mapped` returns such functions. Since 0.6 or earlier::

        double = htmap.mapped(lambda x: 2 * x)
        print(double(21), list(double.map(range(3))))  #> 42 [0, 2, 4]
    """

    def __init__(self, func: Callable[P, R_co], map_options: MapOptions | None = None) -> None:
        if not callable(func):
            raise TypeError(f"mapped() needs a function, got {func!r}")
        check_options(map_options)
        functools.update_wrapper(self, func)
        self.func = func  # after the attributes of func, which may be a mapped function itself
        self.map_options: MapOptions = MapOptions.merge(map_options)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(func = {self.func}, map_options = {self.map_options})"

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function in this process."""
        return self.func(*args, **kwargs)

    @overload
    def __get__(self, owner: None, of_class: type | None = None) -> Self: ...
    @overload
    def __get__(self, owner: object, of_class: type | None = None) -> MappedFunction[..., R_co]: ...
    def __get__(self, owner: object, of_class: type | None = None) -> MappedFunction[..., R_co]:
        """Return the mapped method of an object, where the function is a method: its first parameter is ``self``."""
        if owner is None or not _is_method(self.func):
            return self
        return MappedFunction(MethodType(self.func, owner), self.map_options)

    def __reduce__(self) -> tuple[Any, ...]:
        # The execute node has no HTMap: a mapped function that another function calls must work there without it.
        return (copy.copy if _is_method(self.func) else functools.partial), (self.func,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    @explaining
    def map(
        self: Callable[[T], R],  # as which checkers know what the one argument may be
        args: Iterable[T],
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        quiet: bool = False,
        chunksize: int | Literal["auto"] | None = None,
        where: str | None = None,
        if_exists: str | None = None,
    ) -> Map[R]:
        """Map the function; see :func:`htmap.map`."""
        own = cast("MappedFunction[[T], R]", self)
        options = _merged(own, map_options)
        return creating.map(own.func, args, options, tag, quiet, chunksize=chunksize, where=where, if_exists=if_exists)

    @explaining
    def starmap(
        self,
        args: Iterable[Iterable[Any]] | None = None,
        kwargs: Iterable[Mapping[str, Any]] | None = None,
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        quiet: bool = False,
        chunksize: int | Literal["auto"] | None = None,
        where: str | None = None,
        if_exists: str | None = None,
    ) -> Map[R_co]:
        """Map the function over positional and keyword arguments; see :func:`htmap.starmap`."""
        options = _merged(self, map_options)
        return creating.starmap(
            self.func, args, kwargs, options, tag, quiet, chunksize=chunksize, where=where, if_exists=if_exists
        )

    @explaining
    def plan(
        self,
        args: Iterable[Any],
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        chunksize: int | Literal["auto"] | None = None,
        where: str | None = None,
        if_exists: str | None = None,
        starmap: bool = False,
    ) -> Plan:
        """Return what :meth:`map` would do; see :func:`htmap.plan`. Since 0.7."""
        how: dict[str, Any] = {"chunksize": chunksize, "where": where, "if_exists": if_exists, "starmap": starmap}
        return ahead.plan(self.func, args, _merged(self, map_options), tag, **how)

    @explaining
    def build_map(
        self,
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        quiet: bool = False,
        chunksize: int | Literal["auto"] | None = None,
        where: str | None = None,
        if_exists: str | None = None,
    ) -> MapBuilder[P, R_co]:
        """Return a builder for a map of the function; see :func:`htmap.build_map`."""
        options = _merged(self, map_options)
        return MapBuilder(self.func, options, tag, quiet=quiet, chunksize=chunksize, where=where, if_exists=if_exists)


def _merged(function: MappedFunction[..., Any], map_options: MapOptions | None) -> MapOptions:
    """Return the options of a map of a function."""
    check_options(map_options)
    func = function.func
    if isinstance(func, MethodType) and _is_method(func.__func__) and tables.setting("TELL_MISTAKES"):
        warn(MappedMethod(func.__qualname__, type(func.__self__).__name__))
    return MapOptions.merge(map_options, function.map_options)


def _is_method(func: Any) -> bool:
    return type(func) is FunctionType and func.__code__.co_varnames[: func.__code__.co_argcount][:1] == ("self",)


@overload
def mapped(func: Callable[P, R], *, map_options: MapOptions | None = None) -> MappedFunction[P, R]: ...


@overload
def mapped(
    func: MapOptions | None = None, *, map_options: MapOptions | None = None
) -> Callable[[Callable[P, R]], MappedFunction[P, R]]: ...


def mapped(
    func: Callable[..., Any] | MapOptions | None = None, *, map_options: MapOptions | None = None
) -> MappedFunction | Callable[[Callable[..., Any]], MappedFunction]:
    """Turn a function into a :class:`MappedFunction`; a decorator, with or without parentheses.

    The options alone may also be given by position. Since 0.6 or earlier::

        @htmap.mapped(map_options=htmap.MapOptions(request_memory="200MB"))
        def double(x):
            return 2 * x

        print(list(double.map(range(3))))  #> [0, 2, 4]

    :param map_options: options that all maps of the function inherit. Options given to a map win.
    :raises TypeError: *func* cannot be called, or *map_options* is not a :class:`~htmap.MapOptions`.
    """
    check_options(map_options)
    if isinstance(func, MapOptions):
        if map_options is not None:
            raise TypeError(f"mapped() needs a function beside map_options, got {func!r}")
        func, map_options = None, func
    if func is None:
        return functools.partial(MappedFunction, map_options=map_options)
    return MappedFunction(func, map_options)
