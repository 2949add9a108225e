"""HTMAP_DIR: the only reader and writer of tags and of maps' directories.

Nothing here asks HTCondor; whatever needs both is in :mod:`htmap_core.recovery`.
"""

from htmap_core.storage.creation import CannotStore, Creation, submit_map
from htmap_core.storage.mapdir import Job, MapDir, MapRecord, Submission
from htmap_core.storage.store import (
    Interrupted,
    entomb,
    find,
    finish_removal,
    htmap_dir,
    interrupted_creations,
    interrupted_removals,
    tags,
    undo_creation,
    undo_entombing,
)

__all__ = [
    "CannotStore",
    "Creation",
    "Interrupted",
    "Job",
    "MapDir",
    "MapRecord",
    "Submission",
    "entomb",
    "find",
    "finish_removal",
    "htmap_dir",
    "interrupted_creations",
    "interrupted_removals",
    "submit_map",
    "tags",
    "undo_creation",
    "undo_entombing",
]
