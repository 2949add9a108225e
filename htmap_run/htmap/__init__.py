"""The ``htmap`` of the execute node: what functions use while they run, and stand-ins for what modules use on import.

The stand-ins let a module that also submits (``@htmap.mapped``, ``htmap.MapOptions(...)``, ``htmap.settings[...] = ...``) be
imported where its functions run. Any other name raises AttributeError.
"""

from __future__ import annotations

from htmap_run.files.checkpoints import checkpoint
from htmap_run.files.transfer import transfer_output_files

from .stand_ins import MapOptions, mapped, settings
from .transfer_path import TransferPath

__all__ = ["MapOptions", "TransferPath", "checkpoint", "mapped", "settings", "transfer_output_files"]


def __getattr__(name: str) -> object:
    raise AttributeError(
        f"htmap.{name} does not exist on the execute node, where this code runs: htmap has only {', '.join(__all__)} there. "
        "Use everything else on the submit side, outside of the mapped function"
    )
