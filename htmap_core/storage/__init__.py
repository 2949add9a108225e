"""HTMAP_DIR: the only reader and writer of tags and of maps' directories.

Nothing here asks HTCondor; whatever needs both is in :mod:`htmap_core.recovery`.
"""

from htmap_core.storage.by_hand import description
from htmap_core.storage.creation import Creation, submit_map
from htmap_core.storage.errors import CannotRemoveMap, CannotStore
from htmap_core.storage.jobs import Job, Submission
from htmap_core.storage.kept_checkpoints import has_checkpoints, remove_checkpoints
from htmap_core.storage.log import log_file, logger
from htmap_core.storage.mapdir import MapDir, MapRecord
from htmap_core.storage.markers import Interrupted, begun, interrupted, is_going_on
from htmap_core.storage.outputs import Outputs
from htmap_core.storage.placement import Placement
from htmap_core.storage.resubmission import submit_again
from htmap_core.storage.staging import Staging, with_true_names
from htmap_core.storage.store import (
    claim_tag,
    delete_map,
    entomb,
    find,
    forget,
    has_tag,
    htmap_dir,
    keep_after_all,
    move_tag,
    path_of,
    release_tag,
    tag_of,
    tags,
    undo_creation,
)

__all__ = [
    "CannotRemoveMap",
    "CannotStore",
    "Creation",
    "Interrupted",
    "Job",
    "MapDir",
    "MapRecord",
    "Outputs",
    "Placement",
    "Staging",
    "Submission",
    "begun",
    "claim_tag",
    "delete_map",
    "description",
    "entomb",
    "find",
    "forget",
    "has_checkpoints",
    "has_tag",
    "htmap_dir",
    "interrupted",
    "is_going_on",
    "keep_after_all",
    "log_file",
    "logger",
    "move_tag",
    "path_of",
    "release_tag",
    "remove_checkpoints",
    "submit_again",
    "submit_map",
    "tag_of",
    "tags",
    "undo_creation",
    "with_true_names",
]
