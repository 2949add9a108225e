"""A personal HTCondor pool for one user, HTMap's default if there is no other pool."""

from htmap_pool.errors import (
    CannotStart,
    CannotStop,
    InstallationFailed,
    NoSuchLog,
    NotInstalled,
    PoolError,
    RunningElsewhere,
    ToolFailed,
    UnsafeDirectory,
)

__all__ = [
    "CannotStart",
    "CannotStop",
    "InstallationFailed",
    "NoSuchLog",
    "NotInstalled",
    "PoolError",
    "RunningElsewhere",
    "ToolFailed",
    "UnsafeDirectory",
]
