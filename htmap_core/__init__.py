"""The core of HTMap. Users import ``htmap``; authors of plugins import from here.

The names in ``__all__`` are the API for plugins since 0.7; all other names may change in any version.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from htmap_core.version import __version__

if sys.platform == "win32":  # before anything else is imported that Windows does not have
    raise ImportError(
        "HTMap does not run on Windows itself. It runs in the Windows Subsystem for Linux: type `wsl --install` in PowerShell, "
        "restart, open `Ubuntu`, and install HTMap there; or work on the submit node of your pool (`ssh`)"
    )

if TYPE_CHECKING:
    from htmap_core import durations, exceptions, wording
    from htmap_core.cli.machine.answer import takes_json
    from htmap_core.condor.connection import connect
    from htmap_core.contract.delivery import DeliveryMethod, Suitability
    from htmap_core.contract.hookspecs import HOOKS_VERSION, hookimpl
    from htmap_core.contract.options import MapOptions
    from htmap_core.contract.plan import MapPlan
    from htmap_core.contract.pools import Pool, PoolAccess, PoolAddress, PoolView
    from htmap_core.contract.programs import program
    from htmap_core.contract.protocol import InputFile, TransferProtocol
    from htmap_core.contract.site.checks import Check
    from htmap_core.contract.site.words import Interruption, SiteWords
    from htmap_core.contract.submit import SubmitDescription
    from htmap_core.contract.transfer_path import TransferPath
    from htmap_core.contract.walltime import Walltime
    from htmap_core.exceptions import HTMapException
    from htmap_core.files.atomic import put_in_place, write_atomically
    from htmap_core.files.locks import locked
    from htmap_core.files.ownership import make_folder, private_opener
    from htmap_core.files.package_archive import PackedFor, pack_packages, package_files
    from htmap_core.files.sealed import seal, unseal
    from htmap_core.language import amounts
    from htmap_core.language.expressions import quoted
    from htmap_core.language.submit_text import submit_path
    from htmap_core.plugins.below import delivery_method
    from htmap_core.progress.work import LongWork
    from htmap_core.settings.chain import Settings
    from htmap_core.settings.tables import setting, setting_origin, table
    from htmap_core.settings.trust import check_owner
    from htmap_core.storage.kept.users import MapUsers
    from htmap_core.storage.root import htmap_dir
    from htmap_core.user_warnings.roots import SuspiciousMap

_MODULES = {"amounts": "language.amounts", "durations": "durations", "exceptions": "exceptions", "wording": "wording"}

_HOMES = {
    "Check": "contract.site.checks",
    "HOOKS_VERSION": "contract.hookspecs",
    "DeliveryMethod": "contract.delivery",
    "HTMapException": "exceptions",
    "InputFile": "contract.protocol",
    "Interruption": "contract.site.words",
    "LongWork": "progress.work",
    "MapOptions": "contract.options",
    "MapPlan": "contract.plan",
    "MapUsers": "storage.kept.users",
    "PackedFor": "files.package_archive",
    "Pool": "contract.pools",
    "PoolAccess": "contract.pools",
    "PoolAddress": "contract.pools",
    "PoolView": "contract.pools",
    "Settings": "settings.chain",
    "SiteWords": "contract.site.words",
    "SubmitDescription": "contract.submit",
    "Suitability": "contract.delivery",
    "SuspiciousMap": "user_warnings.roots",
    "TransferPath": "contract.transfer_path",
    "TransferProtocol": "contract.protocol",
    "Walltime": "contract.walltime",
    "check_owner": "settings.trust",
    "connect": "condor.connection",
    "delivery_method": "plugins.below",
    "hookimpl": "contract.hookspecs",
    "htmap_dir": "storage.root",
    "locked": "files.locks",
    "make_folder": "files.ownership",
    "pack_packages": "files.package_archive",
    "package_files": "files.package_archive",
    "private_opener": "files.ownership",
    "program": "contract.programs",
    "put_in_place": "files.atomic",
    "quoted": "language.expressions",
    "seal": "files.sealed",
    "setting": "settings.tables",
    "setting_origin": "settings.tables",
    "submit_path": "language.submit_text",
    "table": "settings.tables",
    "takes_json": "cli.machine.answer",
    "unseal": "files.sealed",
    "write_atomically": "files.atomic",
}

__all__ = [
    "HOOKS_VERSION",
    "Check",
    "DeliveryMethod",
    "HTMapException",
    "InputFile",
    "Interruption",
    "LongWork",
    "MapOptions",
    "MapPlan",
    "MapUsers",
    "PackedFor",
    "Pool",
    "PoolAccess",
    "PoolAddress",
    "PoolView",
    "Settings",
    "SiteWords",
    "SubmitDescription",
    "Suitability",
    "SuspiciousMap",
    "TransferPath",
    "TransferProtocol",
    "Walltime",
    "__version__",
    "amounts",
    "check_owner",
    "connect",
    "delivery_method",
    "durations",
    "exceptions",
    "hookimpl",
    "htmap_dir",
    "locked",
    "make_folder",
    "pack_packages",
    "package_files",
    "private_opener",
    "program",
    "put_in_place",
    "quoted",
    "seal",
    "setting",
    "setting_origin",
    "submit_path",
    "table",
    "takes_json",
    "unseal",
    "wording",
    "write_atomically",
]


def __dir__() -> list[str]:
    """List the names that plugins may use."""
    return __all__


def __getattr__(name: str) -> Any:
    """Import a public name at its first use, so that importing one module does not import them all."""
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"{__name__}.{_MODULES[name]}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
