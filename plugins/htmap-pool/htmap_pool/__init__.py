"""A personal HTCondor pool for one user: HTMap's default where no other pool is there."""

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
