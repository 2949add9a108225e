"""What must hold of an HTMAP_DIR and its pool, whatever was killed: nothing dangles, and jobs belong to maps."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections import Counter
from pathlib import Path

import htmap
from htmap.exceptions import HTMapException
from htmap_core import names
from htmap_core.condor.connection import Connection
from htmap_core.language.expressions import quoted
from htmap_core.plugins.pools import find_pool
from htmap_core.storage import operations
from htmap_core.storage.tags import find_map
from htmap_core.testing import eventually, run_htmap

_FOLDERS = (names.TAGS, names.MAPS, names.PROGRAMS, names.DURATIONS, names.DELIVERY, names.SLOTS, *operations.KINDS)

# Names that are given to files for a moment: `.state.<uuid>`, `:<uuid>`, `<id>.files`, locks beside files.
_TEMPORARY = re.compile(r"^[:.].*[0-9a-f]{32}$|^:|^\..*\.lock$|\.files$")


def finish_what_was_interrupted() -> None:
    """Give the commands that a user would give next. They must work, and finish or undo what a killed process has begun."""
    given = run_htmap("status")
    assert given.exit_code == 0, f"{given.output}\n{given.stderr}\n{given.exception!r}"
    eventually(_settles, says="`htmap settle` leaves nothing", within=180)


def _settles() -> bool:
    """Give `htmap settle`, and return whether it leaves nothing; a removal is left until its jobs have left the queue."""
    given = run_htmap("settle")
    assert given.exception is None or isinstance(given.exception, SystemExit), f"{given.output}\n{given.exception!r}"
    return given.exit_code == 0


def check(root: Path) -> None:
    """Check that each map has one tag and each tag a map, that nothing is unfinished, and that each queued job is of a map."""
    maps = {path.name for path in (root / names.MAPS).glob("*")}
    tagged = Counter(find_map(tag).id for tag in htmap.get_tags())
    assert tagged == Counter(maps), f"maps {maps}, but tags lead to {tagged}"
    eventually(lambda: not unfinished(root), says="no operation is unfinished", within=180)
    owners = owners_of_jobs(root)
    assert owners <= maps, f"jobs of {owners - maps} are in the queue"


def temporary(root: Path) -> list[Path]:
    """Return the files that processes were writing under names that nobody looks for."""
    return sorted(path for kind in _FOLDERS for path in (root / kind).rglob("*") if _TEMPORARY.search(path.name))


def unfinished(root: Path) -> list[str]:
    """Return the markers that are left of operations, once the next command was given."""
    run_htmap("settle")  # a removal ends when the queue has none of its jobs
    return [str(path.relative_to(root)) for path in operations.markers(root)]


def owners_of_jobs(root: Path) -> set[str]:
    """Return the ids of the maps of this HTMAP_DIR that have jobs in the queue."""
    connection: Connection = find_pool()[1]
    ads = connection.query_jobs(f"{names.IS_HTMAP_JOB} =?= true && JobStatus < 3", [names.MAP_ID, "Iwd"])
    return {str(ad[names.MAP_ID]) for ad in ads if str(ad["Iwd"]).startswith(str(root))}


def clear(root: Path) -> None:
    """Leave no map for the next case, whatever this one has left."""
    for tag in htmap.get_tags():
        with contextlib.suppress(HTMapException):
            htmap.load(tag).remove(force=True)
    if any(path for folder in (names.TAGS, names.MAPS) for path in (root / folder).glob("*")):
        _forget(root)
        ours = f"strcmp(substr(Iwd, 0, {len(str(root))}), {quoted(str(root))}) == 0"
        connection: Connection = find_pool()[1]
        connection.remove(ours, "left by a drill")
        eventually(lambda: not connection.query_jobs(ours, ["ClusterId"]), says="no job is left", within=180)
        _forget(root)  # HTCondor makes the directory of a map again for its last event


def _forget(root: Path) -> None:
    for folder in _FOLDERS:
        shutil.rmtree(root / folder, ignore_errors=True)
