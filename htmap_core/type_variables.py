"""The type variables of what users call: ``P`` are the parameters of a function, ``T`` is its one argument, ``R`` its result.

They stand below all packages, since classes of several are generic over them. Type checkers know ``typing_extensions`` without
an installation, and at run time nobody asks for what only checkers heed.
"""

from __future__ import annotations

import os
import sys
import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from typing_extensions import ParamSpec, Self
    from typing_extensions import TypeVar as TypeVarWithDefault

    P = ParamSpec("P", default=...)
    R = TypeVarWithDefault("R", default=Any)
    R_co = TypeVarWithDefault("R_co", covariant=True, default=Any)  # `htmap.Map` alone is a map of anything

    class LikePath(Path):
        """To checkers, a TransferPath is a Path: functions, which get one in its place, have parameters for that."""

        def __new__(
            cls, path: str | os.PathLike[str], protocol: str | None = None, location: str | None = None
        ) -> Self:
            """Return a TransferPath, which takes other arguments than a Path."""
else:
    LikePath = os.PathLike
    P = TypeVar("P") if sys.version_info < (3, 10) else typing.ParamSpec("P")
    R = TypeVar("R")
    R_co = TypeVar("R_co", covariant=True)


class OfFunction:
    """A class that is generic over ``P`` and ``R_co``: ``MappedFunction[[int], str]`` works at run time with any Python."""

    __slots__ = ()

    if not TYPE_CHECKING and sys.version_info < (3, 10):  # whose Generic takes no list of types

        def __class_getitem__(cls, types_of_function: Any) -> types.GenericAlias:
            found = tuple(tuple(each) if isinstance(each, list) else each for each in types_of_function)  # hashable
            return types.GenericAlias(cls, found)
