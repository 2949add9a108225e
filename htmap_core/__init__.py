"""The core of HTMap. Users ``import htmap``; whoever writes a plugin imports from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.7.0"

if TYPE_CHECKING:
    from htmap_core.condor import connect
    from htmap_core.configfile import table
    from htmap_core.delivery import DeliveryMethod, Suitability
    from htmap_core.exceptions import HTMapException
    from htmap_core.hookspecs import hookimpl
    from htmap_core.options import MapOptions
    from htmap_core.plan import MapPlan
    from htmap_core.pools import Pool, PoolAccess, PoolAddress, PoolView
    from htmap_core.submit import SubmitDescription
    from htmap_core.transfer import TransferProtocol
    from htmap_core.transfer_path import TransferPath

_HOMES = {
    "DeliveryMethod": "delivery",
    "HTMapException": "exceptions",
    "MapOptions": "options",
    "MapPlan": "plan",
    "Pool": "pools",
    "PoolAccess": "pools",
    "PoolAddress": "pools",
    "PoolView": "pools",
    "SubmitDescription": "submit",
    "Suitability": "delivery",
    "TransferPath": "transfer_path",
    "TransferProtocol": "transfer",
    "connect": "condor",
    "hookimpl": "hookspecs",
    "table": "configfile",
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
    "table",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that importing one module does not import all."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
