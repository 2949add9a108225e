"""Names on disk, on the execute node and in a job's ad."""

from __future__ import annotations

from typing import NamedTuple

from htmap_run import names as on_execute_side

DISTRIBUTION = "htmap-core"
ENTRY_POINT_GROUP = "htmap"
COMMANDS_GROUP = "htmap.commands"  # of entry points, too: the commands that plugins declare

# Folders below HTMAP_DIR.
TAGS = "tags"
MAPS = "maps"
REMOVED = "removed"
LOGS = "logs"
CREATING = "creating"
RERUNNING = "rerunning"
RETAGGING = "retagging"
RUNNING = "running"
MOVING = "moving.json"  # a file
SLOTS = "slots"
DELIVERY = "delivery"
DURATIONS = "durations"
PROGRAMS = "programs"
EXECUTORS = "executors"

# Below a map's directory. HTCondor transfers files by their base names. The files that jobs receive from HTMap begin with
# _htmap_, because a user's file hardly has such a name.
MAP = "map.json"
RUNTIME = "_htmap_runtime.pyz"
FUNCTION = on_execute_side.FUNCTION
SOURCE_LINES = "source-lines.json"
KEYS = "keys.json"  # of calls of executors
INPUTS = "inputs"
INPUT_BLOCK = on_execute_side.BLOCKS + "{block}"
ARGUMENTS = "arguments"
ARGUMENT = on_execute_side.ARGUMENT
LAUNCHER = "_htmap_launcher"
TRANSFER_PLUGIN = "_htmap_transfer_{scheme}"
SUBMIT = "submit.json"
ITEMS = "items-{submission}"
SUBMISSIONS = "submissions.jsonl"
EVENTS = "events"
STATE = "state"
OUTPUTS = "outputs"
FILES = "files"
ADDED = "added"  # a folder for each portion that was added to the map, by the number of its submission
STAGED = "_htmap_file_{number}"
TRANSIENT = "transient"

REMAINS = ".files"  # the ending of a folder below REMOVED: the files of a map that are being deleted


class Part(NamedTuple):
    """A part of a map's data: its path below the map's directory, or None if it is elsewhere, and what is there."""

    place: str | None
    meaning: str


# The parts of a map that `htmap path` knows.
PARTS = {
    "map": Part("", "the map's directory"),
    "tag": Part(None, "the file that makes this its tag"),
    "events": Part(EVENTS, "the event log of its jobs"),
    "inputs": Part(INPUTS, "the folder of its inputs"),
    "outputs": Part(OUTPUTS, "the folder of its results and output files"),
    "logs": Part(OUTPUTS, "the folder of its stdout and stderr: the same"),
}

TO_MAP = ".."  # from the outputs, which are the initial directory of jobs

# Below a job's scratch directory. HTCondor makes the folder the job's own one below the outputs when the job ends.
RETURN = on_execute_side.RETURN
REMAPPED = on_execute_side.REMAPPED  # a folder in RETURN: files that HTCondor sends elsewhere

RETURNED = (on_execute_side.RESULTS, on_execute_side.STDOUT, on_execute_side.STDERR, on_execute_side.FILES)
"""What comes of RETURN to the outputs; each name is the ending of the job's own file there."""

# LIVE_STDOUT is HTCondor's name for the job's standard output on the execute node. While components run, the runner makes it a
# link to their output; at the end it is empty. It comes back as EMPTY_STDOUT in the outputs, one file for all jobs.
LIVE_STDOUT = on_execute_side.LIVE_STDOUT
EMPTY_STDOUT = "job.stdout"

POOL, HERE, PROCESSES = PLACES = ("pool", "here", "processes")  # where maps run, as users say it
THIS_MACHINE = "here"  # what stands for the pool of a map whose jobs run on this machine, without HTCondor

EARLY = "_htmap_early"  # a folder in the outputs: copies of what jobs have left that have not ended

# Attributes of a job's ad.
IS_HTMAP_JOB = "IsHTMapJob"
MAP_ID = "HTMapID"
SUBMISSION_TOKEN = "HTMapSubmission"
SAVES = on_execute_side.SAVES
LEAVES = on_execute_side.LEAVES
IN_VAIN = "HTMapStartsInVain"  # an expression: whether HTCondor starts the job again and again without end

ENTRIES_PER_DIRECTORY = 1000
ITEM_SEPARATOR = "\x1f"  # the unit separator, with which HTCondor allows commas and blanks in item data

# The columns of item files. COLUMNS are in every map's. Users write $(component) in options.
COMPONENT_COLUMN = "component"
INPUTS_COLUMN = "htmap_inputs"
REMAPS_COLUMN = "htmap_remaps"  # with output_remaps only: the remaps for HTCondor
REMAPPED_COLUMN = "htmap_remapped"  # with output_remaps only: the remapped files for the runner
FILES_COLUMN = "htmap_files"
ROOT_VARIABLE = "HTMAP_DIR"  # of a submit description
ROOT_MACRO = f"$({ROOT_VARIABLE})"
WALLTIME_VARIABLE = "htmap_walltime"  # of a submit description, or a column: the seconds that the job may take
WALLTIME_MACRO = f"$({WALLTIME_VARIABLE})"
RESULT_COLUMN = "htmap_result"  # the path of the job's files below the outputs, without their endings
COLUMNS = (COMPONENT_COLUMN, "htmap_components", INPUTS_COLUMN, RESULT_COLUMN)
