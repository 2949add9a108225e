"""Mapped functions: ``from htmap.mapped import MappedFunction, mapped``.

The attribute ``htmap.mapped`` is the decorator itself. Each name of this module is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from htmap_core.maps.builders import MapBuilder, MappedFunction, build_map, mapped

__all__ = ["MapBuilder", "MappedFunction", "build_map", "mapped"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'htmap.mapped' has no attribute {name!r}")
    from htmap_core.maps import builders

    return getattr(builders, name)
