"""The names of things: on disk, on the execute node, in a job's ad."""

from __future__ import annotations

from htmap_run import names as on_execute_side

DISTRIBUTION = "htmap-core"
ENTRY_POINT_GROUP = "htmap"

# Below HTMAP_DIR.
TAGS = "tags"
MAPS = "maps"
REMOVED = "removed"
LOGS = "logs"
CREATING = "creating"
RERUNNING = "rerunning"
RETAGGING = "retagging"

# Below a map's directory. HTCondor transfers files by their base name, so whatever a job receives has a name that no file
# of a user is likely to have: all of ours begin with _htmap_.
MAP = "map.json"
RUNTIME = "_htmap_runtime.pyz"
FUNCTION = on_execute_side.FUNCTION
INPUTS = "inputs"
INPUT_BLOCK = "_htmap_inputs_{block}"
LAUNCHER = "_htmap_launcher"
TRANSFER_PLUGIN = "_htmap_transfer_{scheme}"
SUBMIT = "submit.json"
ITEMS = "items-{submission}"
SUBMISSIONS = "submissions.jsonl"
EVENTS = "events"
STATE = "state"
OUTPUTS = on_execute_side.OUTPUTS
FILES = "files"
STAGED = "_htmap_file_{number}"
TRANSIENT = "transient"

# What `htmap path` names the parts of a map by.
PARTS = ("map", "tag", "events", "inputs", "outputs", "logs")

# Below a job's scratch directory; its contents are put into the map's directory when the job ends.
RETURN = on_execute_side.RETURN
REMAPPED = on_execute_side.REMAPPED  # in it: files that HTCondor sends elsewhere

# What HTCondor calls the job's own standard output on the execute node; the runner has it lead to that of the components while
# they run, and leaves it empty. It comes back as the other, one file for all jobs.
LIVE_STDOUT = on_execute_side.LIVE_STDOUT
EMPTY_STDOUT = "job.stdout"

# In a job's ad.
IS_HTMAP_JOB = "IsHTMapJob"
MAP_ID = "HTMapID"
SUBMISSION_TOKEN = "HTMapSubmission"

ENTRIES_PER_DIRECTORY = 1000
ITEM_SEPARATOR = "\x1f"  # the unit separator: HTCondor's own for item data that may contain commas and blanks

# The columns of item files that every map has. Users write $(component) in options.
COMPONENT_COLUMN = "component"
INPUTS_COLUMN = "htmap_inputs"
REMAPS_COLUMN = "htmap_remaps"  # with output_remaps only: what HTCondor is told of them,
REMAPPED_COLUMN = "htmap_remapped"  # and the runner
FILES_COLUMN = "htmap_files"
COLUMNS = (COMPONENT_COLUMN, "htmap_components", INPUTS_COLUMN, "htmap_result")
