"""A personal HTCondor pool for one user, HTMap's default if there is no other pool."""

from htmap_pool.errors import (
    CannotStart,
    CannotStop,
    InstallationFailed,
    InstalledAlready,
    NoSuchLog,
    NotInstalled,
    NotOnThisSystem,
    PoolError,
    RunningElsewhere,
    ToolFailed,
    UnfitTarball,
    UnsafeDirectory,
)

__all__ = [
    "CannotStart",
    "CannotStop",
    "InstallationFailed",
    "InstalledAlready",
    "NoSuchLog",
    "NotInstalled",
    "NotOnThisSystem",
    "PoolError",
    "RunningElsewhere",
    "ToolFailed",
    "UnfitTarball",
    "UnsafeDirectory",
]
