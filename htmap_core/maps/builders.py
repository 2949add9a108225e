"""Functions that can be mapped, and maps that are built call by call."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, overload

from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import NoMapYet
from htmap_core.maps import creating
from htmap_core.maps.map import Map


class MapBuilder:
    """Collects calls, and makes one map of them when its ``with`` block ends; an exception inside makes none.

    Made by :func:`htmap.build_map` and :meth:`MappedFunction.build_map`.
    """

    def __init__(
        self,
        func: Callable[..., Any],
        map_options: MapOptions | None = None,
        tag: str | None = None,
        *,
        quiet: bool = False,
        chunksize: int | None = None,
    ) -> None:
        self._func = func
        self._create = functools.partial(
            creating.create_map, func, map_options=map_options, tag=tag, quiet=quiet, chunksize=chunksize
        )
        self._calls: list[creating.Call] = []
        self._map: Map | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        """Add a component: the function will be called with these arguments."""
        self._calls.append((args, kwargs))

    def __len__(self) -> int:
        """Return how many components have been added."""
        return len(self._calls)

    def __enter__(self) -> MapBuilder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._map = self._create(self._calls, total=len(self._calls))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(func = {self._func}, components = {len(self)})"

    @property
    def map(self) -> Map:
        """The map.

        :raises NoMapYet: the ``with`` block has not ended, or an exception ended it.
        """
        if self._map is None:
            raise NoMapYet
        return self._map


def build_map(
    func: Callable[..., Any],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    *,
    quiet: bool = False,
    chunksize: int | None = None,
) -> MapBuilder:
    """Return a builder for a map of *func*, to be used in a ``with`` statement and called once for each component.

    The arguments are those of :func:`htmap.map`.
    """
    return MapBuilder(func, map_options, tag, quiet=quiet, chunksize=chunksize)


class MappedFunction:
    """A function with the mapping functions as its methods, and map options that its maps inherit.

    Calling it calls the function, here and now. Made by :func:`htmap.mapped`.
    """

    def __init__(self, func: Callable[..., Any], map_options: MapOptions | None = None) -> None:
        if not callable(func):
            raise TypeError(f"a function is mapped, and {func!r} is none")
        self.func = func
        self.map_options = MapOptions() if map_options is None else map_options
        functools.update_wrapper(self, func)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(func = {self.func}, map_options = {self.map_options})"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, here and now."""
        return self.func(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapped function that another one calls travels along as something that can be called there, without HTMap.
        return functools.partial, (self.func,)

    def __copy__(self) -> MappedFunction:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> MappedFunction:
        return self

    def map(
        self,
        args: Iterable[Any],
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        quiet: bool = False,
        chunksize: int | None = None,
    ) -> Map:
        """As :func:`htmap.map`, with this function."""
        options = self._merged(map_options)
        return creating.map(self.func, args, options, tag, quiet, chunksize=chunksize)

    def starmap(
        self,
        args: Iterable[tuple[Any, ...]] | None = None,
        kwargs: Iterable[Mapping[str, Any]] | None = None,
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        quiet: bool = False,
        chunksize: int | None = None,
    ) -> Map:
        """As :func:`htmap.starmap`, with this function."""
        options = self._merged(map_options)
        return creating.starmap(self.func, args, kwargs, options, tag, quiet, chunksize=chunksize)

    def build_map(
        self,
        tag: str | None = None,
        map_options: MapOptions | None = None,
        *,
        quiet: bool = False,
        chunksize: int | None = None,
    ) -> MapBuilder:
        """As :func:`htmap.build_map`, with this function."""
        return MapBuilder(self.func, self._merged(map_options), tag, quiet=quiet, chunksize=chunksize)

    def _merged(self, map_options: MapOptions | None) -> MapOptions:
        creating.check_options(map_options)
        return MapOptions.merge(map_options, self.map_options)


@overload
def mapped(func: Callable[..., Any], /) -> MappedFunction: ...


@overload
def mapped(*, map_options: MapOptions | None = None) -> Callable[[Callable[..., Any]], MappedFunction]: ...


def mapped(
    func: Callable[..., Any] | None = None, *, map_options: MapOptions | None = None
) -> MappedFunction | Callable[[Callable[..., Any]], MappedFunction]:
    """Make a function a :class:`MappedFunction`: a decorator, with or without parentheses.

    :param map_options: options that all maps of the function inherit; those given to a map win.
    :raises TypeError: what is decorated is no function, or *map_options* are none.
    """
    creating.check_options(map_options)
    if func is None:
        return functools.partial(MappedFunction, map_options=map_options)
    return MappedFunction(func, map_options)
