"""HTMap: map a Python function over an HTCondor pool.

    import htmap

    doubled = list(htmap.map(lambda x: 2 * x, range(10)))

Each name is imported from :mod:`htmap_core` when it is first used. Importing ``htmap`` itself loads no plugin and none of
HTCondor's bindings, starts no process and writes no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from htmap_core import __version__, conflicting_install
from htmap_core.plugins import defaults as _defaults_of_plugins
from htmap_core.settings.chain import BASE_SETTINGS, USER_SETTINGS

# The modules have the names of the objects below. They are imported first, so that `from htmap.settings import ...` works.
import htmap.mapped  # isort: skip
import htmap.settings  # isort: skip

from htmap_core.settings.chain import settings  # isort: skip

del htmap.mapped  # the attribute is the decorator, imported on first use; the module can still be imported

if TYPE_CHECKING:
    from htmap import exceptions, tags
    from htmap_core.components import ComponentHold, ComponentStatus, JobStatus
    from htmap_core.contract.options import MapOptions
    from htmap_core.contract.transfer_path import TransferPath
    from htmap_core.diagnosis.usage.advice import Advice
    from htmap_core.executor.executor import Executor
    from htmap_core.futures.future import Future
    from htmap_core.maps.builders import MapBuilder, MappedFunction, build_map, mapped
    from htmap_core.maps.collecting.collected import Collected
    from htmap_core.maps.creating import map, register_delivery_method, starmap
    from htmap_core.maps.drafts.ahead import plan
    from htmap_core.maps.drafts.plan import Plan
    from htmap_core.maps.management import clean, get_tags, load, load_maps, remove, status, status_csv, status_json
    from htmap_core.maps.map import Map
    from htmap_core.results.errors import ComponentError
    from htmap_core.results.outcome import Outcome
    from htmap_core.results.outputs import MapOutputFiles, MapStdErr, MapStdOut
    from htmap_core.version import version, version_info
    from htmap_run.files.checkpoints import checkpoint
    from htmap_run.files.transfer import transfer_output_files

    Transplant: Any
    transplant_info: Any
    transplants: Any

_HOMES = {
    "Advice": "htmap_core.diagnosis.usage.advice",
    "Collected": "htmap_core.maps.collecting.collected",
    "ComponentError": "htmap_core.results.errors",
    "ComponentHold": "htmap_core.components",
    "ComponentStatus": "htmap_core.components",
    "Executor": "htmap_core.executor.executor",
    "Future": "htmap_core.futures.future",
    "JobStatus": "htmap_core.components",
    "Map": "htmap_core.maps.map",
    "MapBuilder": "htmap_core.maps.builders",
    "MapOptions": "htmap_core.contract.options",
    "MapOutputFiles": "htmap_core.results.outputs",
    "MapStdErr": "htmap_core.results.outputs",
    "MapStdOut": "htmap_core.results.outputs",
    "MappedFunction": "htmap_core.maps.builders",
    "Outcome": "htmap_core.results.outcome",
    "Plan": "htmap_core.maps.drafts.plan",
    "TransferPath": "htmap_core.contract.transfer_path",
    "build_map": "htmap_core.maps.builders",
    "checkpoint": "htmap_run.files.checkpoints",
    "clean": "htmap_core.maps.management",
    "get_tags": "htmap_core.maps.management",
    "load": "htmap_core.maps.management",
    "load_maps": "htmap_core.maps.management",
    "map": "htmap_core.maps.creating",
    "mapped": "htmap_core.maps.builders",
    "plan": "htmap_core.maps.drafts.ahead",
    "register_delivery_method": "htmap_core.maps.creating",
    "remove": "htmap_core.maps.management",
    "starmap": "htmap_core.maps.creating",
    "status": "htmap_core.maps.management",
    "status_csv": "htmap_core.maps.management",
    "status_json": "htmap_core.maps.management",
    "transfer_output_files": "htmap_run.files.transfer",
    "version": "htmap_core.version",
    "version_info": "htmap_core.version",
}

# The pickled inputs of maps that HTMap 0.7.0 made name this class.
_HOMES["_transferred"] = "htmap_core.contract.transfer_path"

_MODULES = ("cli", "exceptions", "tags")

# Names that users know from htmap, and the packages that have them now.
_OF_PLUGINS = {
    "Transplant": "htmap-transplant",
    "transplant_info": "htmap-transplant",
    "transplants": "htmap-transplant",
}

__all__ = [
    "BASE_SETTINGS",
    "USER_SETTINGS",
    "Advice",
    "Collected",
    "ComponentError",
    "ComponentHold",
    "ComponentStatus",
    "Executor",
    "Future",
    "JobStatus",
    "Map",
    "MapBuilder",
    "MapOptions",
    "MapOutputFiles",
    "MapStdErr",
    "MapStdOut",
    "MappedFunction",
    "Outcome",
    "Plan",
    "TransferPath",
    "__version__",
    "build_map",
    "checkpoint",
    "clean",
    "exceptions",
    "get_tags",
    "load",
    "load_maps",
    "map",
    "mapped",
    "plan",
    "register_delivery_method",
    "remove",
    "settings",
    "starmap",
    "status",
    "status_csv",
    "status_json",
    "tags",
    "transfer_output_files",
    "version",
    "version_info",
]

_defaults_of_plugins.register()
conflicting_install.warn_if_installed()


if not TYPE_CHECKING:  # else any name would be one of HTMap

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used."""
        from importlib import import_module
        from importlib.util import find_spec

        if name in _MODULES:
            return import_module(f"htmap.{name}")
        if name in _HOMES:
            home = _HOMES[name]
        elif name in _OF_PLUGINS and find_spec(_OF_PLUGINS[name].replace("-", "_")) is not None:
            home = _OF_PLUGINS[name].replace("-", "_")
        else:
            from htmap_core.wording import did_you_mean

            comes = f"; it comes with its own package: `pip install {_OF_PLUGINS.get(name)}`"
            hint = comes if name in _OF_PLUGINS else did_you_mean(name, __all__)
            raise AttributeError(f"module 'htmap' has no attribute {name!r}{hint}")
        found = getattr(import_module(home), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    """Return the public names, and nothing else."""
    from importlib.util import find_spec

    installed = (name for name, package in _OF_PLUGINS.items() if find_spec(package.replace("-", "_")) is not None)
    return sorted({*__all__, *_MODULES, *installed})
