"""HTMap as functions see it on the execute node: what they use while they run, and stand-ins for what imports use.

A module that also submits (``@htmap.mapped``, ``htmap.MapOptions(...)``, ``htmap.settings[...] = ...``) can thus be
imported where its functions run. Whatever else is asked for raises AttributeError.
"""

from __future__ import annotations

from htmap_run.files.checkpoints import checkpoint

from .stand_ins import MapOptions, mapped, settings
from .transfer import transfer_output_files
from .transfer_path import TransferPath

__all__ = ["MapOptions", "TransferPath", "checkpoint", "mapped", "settings", "transfer_output_files"]


def __getattr__(name: str) -> object:
    raise AttributeError(
        f"htmap.{name} does not exist on the execute node, where this runs: htmap has only {', '.join(__all__)} there. "
        "Use the rest on the submit side, outside of the function that is mapped"
    )
