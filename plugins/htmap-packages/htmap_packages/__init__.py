"""The delivery method ``packages``: the execute node has the right Python, and the packages travel with each job."""

from htmap_packages.errors import (
    ArchiveInUse,
    CannotBuild,
    CompiledHere,
    FromNowhere,
    NoSuchArchive,
    NoSuchFile,
    NoUv,
    OtherPython,
    TooOldNodes,
    WithoutBase,
)

__all__ = [
    "ArchiveInUse",
    "CannotBuild",
    "CompiledHere",
    "FromNowhere",
    "NoSuchArchive",
    "NoSuchFile",
    "NoUv",
    "OtherPython",
    "TooOldNodes",
    "WithoutBase",
]
