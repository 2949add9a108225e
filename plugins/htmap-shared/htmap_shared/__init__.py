"""The delivery method ``shared``: the execute nodes have the submitting Python at the same path, on a shared file system."""

from htmap_shared.errors import (
    NoPythonToShare,
)

__all__ = [
    "NoPythonToShare",
]
