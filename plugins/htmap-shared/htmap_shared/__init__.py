"""The delivery method ``shared``: the execute nodes see the Python that submits, at the same path."""

from htmap_shared.errors import (
    NoPythonToShare,
)

__all__ = [
    "NoPythonToShare",
]
