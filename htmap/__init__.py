"""HTMap: map a Python function over an HTCondor pool.

    import htmap

    doubled = list(htmap.map(lambda x: 2 * x, range(10)))

Everything here is imported from :mod:`htmap_core` when it is first used; importing ``htmap`` loads neither HTCondor's bindings
nor a plugin, starts nothing and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from htmap_core import __version__, original
from htmap_core.settings import BASE_SETTINGS, USER_SETTINGS

import htmap.settings  # isort: skip  # noqa: F401 -- makes it a module in sys.modules, before the object below takes its name here

from htmap_core.settings import settings  # isort: skip

if TYPE_CHECKING:
    from htmap import exceptions, tags
    from htmap_core.components import ComponentHold, ComponentStatus
    from htmap_core.management import get_tags, load, load_maps, remove, status
    from htmap_core.mapping import map, register_delivery_method  # noqa: A004 -- the name that users know
    from htmap_core.maps import Map
    from htmap_core.options import MapOptions
    from htmap_core.version import version, version_info

_HOMES = {
    "ComponentHold": "components",
    "ComponentStatus": "components",
    "Map": "maps",
    "MapOptions": "options",
    "get_tags": "management",
    "load": "management",
    "load_maps": "management",
    "map": "mapping",
    "register_delivery_method": "mapping",
    "remove": "management",
    "status": "management",
    "version": "version",
    "version_info": "version",
}

_MODULES = ("cli", "exceptions", "tags")

__all__ = [
    "BASE_SETTINGS",
    "USER_SETTINGS",
    "ComponentHold",
    "ComponentStatus",
    "Map",
    "MapOptions",
    "__version__",
    "exceptions",
    "get_tags",
    "load",
    "load_maps",
    "map",
    "register_delivery_method",
    "remove",
    "settings",
    "status",
    "tags",
    "version",
    "version_info",
]

original.warn_if_installed()


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"htmap.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'htmap' has no attribute {name!r}")
    found = getattr(import_module(f"htmap_core.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES, *globals()})
