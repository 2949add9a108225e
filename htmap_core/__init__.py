"""The core of HTMap. Users import ``htmap``; authors of plugins import from here.

The names in ``__all__`` are the API for plugins since 0.7; all other names may change in any version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from htmap_core.version import __version__

if TYPE_CHECKING:
    from htmap_core.atomic import locked, put_in_place, write_atomically
    from htmap_core.condor.connection import connect
    from htmap_core.contract.delivery import DeliveryMethod, Suitability
    from htmap_core.contract.hookspecs import hookimpl
    from htmap_core.contract.options import MapOptions
    from htmap_core.contract.plan import MapPlan
    from htmap_core.contract.pools import Pool, PoolAccess, PoolAddress, PoolView
    from htmap_core.contract.protocol import TransferProtocol
    from htmap_core.contract.submit import SubmitDescription
    from htmap_core.contract.transfer_path import TransferPath
    from htmap_core.exceptions import HTMapException
    from htmap_core.language.expressions import quoted
    from htmap_core.progress import progress_bar
    from htmap_core.settings.tables import table

_HOMES = {
    "DeliveryMethod": "contract.delivery",
    "HTMapException": "exceptions",
    "MapOptions": "contract.options",
    "MapPlan": "contract.plan",
    "Pool": "contract.pools",
    "PoolAccess": "contract.pools",
    "PoolAddress": "contract.pools",
    "PoolView": "contract.pools",
    "SubmitDescription": "contract.submit",
    "Suitability": "contract.delivery",
    "TransferPath": "contract.transfer_path",
    "TransferProtocol": "contract.protocol",
    "connect": "condor.connection",
    "hookimpl": "contract.hookspecs",
    "locked": "atomic",
    "progress_bar": "progress",
    "put_in_place": "atomic",
    "quoted": "language.expressions",
    "table": "settings.tables",
    "write_atomically": "atomic",
}

__all__ = [
    "DeliveryMethod",
    "HTMapException",
    "MapOptions",
    "MapPlan",
    "Pool",
    "PoolAccess",
    "PoolAddress",
    "PoolView",
    "SubmitDescription",
    "Suitability",
    "TransferPath",
    "TransferProtocol",
    "__version__",
    "connect",
    "hookimpl",
    "locked",
    "progress_bar",
    "put_in_place",
    "quoted",
    "table",
    "write_atomically",
]


def __dir__() -> list[str]:
    """List the names that plugins may use."""
    return __all__


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that importing one module does not import them all."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
