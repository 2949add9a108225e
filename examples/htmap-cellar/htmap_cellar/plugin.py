"""A transfer protocol, and the script that travels with jobs for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from htmap_core import TransferProtocol, hookimpl


@hookimpl
def htmap_transfer_protocols() -> Sequence[TransferProtocol]:
    """Offer ``cellar://``, for inputs and outputs."""
    return [TransferProtocol("cellar", script=Path(__file__).with_name("transfer.py"))]
