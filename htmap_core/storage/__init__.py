"""HTMAP_DIR: the only reader and writer of tags and of maps' directories.

Nothing here asks HTCondor; whatever needs both is in :mod:`htmap_core.recovery`.
"""

from htmap_core.storage.creation import CannotStore, Creation, submit_map
from htmap_core.storage.mapdir import Job, MapDir, MapRecord, Submission
from htmap_core.storage.store import (
    Interrupted,
    delete_map,
    entomb,
    find,
    forget,
    htmap_dir,
    interrupted_creations,
    interrupted_removals,
    keep_after_all,
    tags,
    undo_creation,
)

__all__ = [
    "CannotStore",
    "Creation",
    "Interrupted",
    "Job",
    "MapDir",
    "MapRecord",
    "Submission",
    "delete_map",
    "entomb",
    "find",
    "forget",
    "htmap_dir",
    "interrupted_creations",
    "interrupted_removals",
    "keep_after_all",
    "submit_map",
    "tags",
    "undo_creation",
]
