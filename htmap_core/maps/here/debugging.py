"""Run one component of a map here, with what it had, and open the debugger where it raises its exception.

Nothing of the map changes: the component runs in a scratch directory that is deleted. The function and the inputs come from the
map's directory, where this user's own program has put them; nothing that came from the execute side is unpickled.
"""

from __future__ import annotations

import bdb
import contextlib
import itertools
import os
import pdb  # noqa: T100 -- it is what the command opens
import sys
import traceback
from types import TracebackType

from htmap_core.exceptions import CannotDebug, CorruptMap, MadeByNewerHTMap
from htmap_core.files.folders import remove_tree
from htmap_core.maps.here.job import LocalJob
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.handshake import tell_runner
from htmap_core.wording import describe
from htmap_run import handshake


def debug(map_dir: MapDir, tag: str, component: int) -> bool:
    """Run a component here, and open the debugger at its exception; return whether it has raised one.

    :param component: its index, counted from the front.
    :raises CannotDebug: there is no terminal, the map is another user's, another Python has made it, or an input file or a module
        is not here.
    :raises CorruptMap: its function, its input or its description is damaged.
    """
    _check(map_dir, tag, component)
    job = _job(map_dir, component)
    try:
        scratch = job.prepare()
    except OSError as error:
        raise CannotDebug(tag, component, f"what it had cannot be put together: {error}") from error
    try:
        _run(job, scratch, tag, component)
    except bdb.BdbQuit:
        return True
    finally:
        remove_tree(scratch)
    return False


def _check(map_dir: MapDir, tag: str, component: int) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotDebug(tag, component, "a debugger needs a terminal, and this is none")
    if os.stat(map_dir.path).st_uid != os.geteuid():
        raise CannotDebug(tag, component, "the map belongs to another user, whose code would run as yours")
    map_dir.check_sources([component])


def _job(map_dir: MapDir, component: int) -> LocalJob:
    portion = map_dir.placement.portion_of(component)
    row = portion.row_of(component)
    values = next(itertools.islice(map_dir.rows(portion.submission), row, None))
    described = map_dir.files_of(portion.submission).described()
    return LocalJob(map_dir, Job(portion.submission, row), dict(zip(described.columns, values)), described.commands)


def _run(job: LocalJob, scratch: str, tag: str, component: int) -> None:
    from htmap_run.job import in_this_process  # the runner, which nobody else needs here

    def look(error: BaseException) -> None:
        if type(error) is handshake.Refused:
            raise CannotDebug(tag, component, str(error))
        trace = _of_the_user(error.__traceback__, in_this_process.OUR_FOLDER)
        if trace is None:
            raise CannotDebug(tag, component, f"its function does not begin here: {describe(error)}")
        traceback.print_exception(type(error), error, trace)
        pdb.post_mortem(trace)
        raise bdb.BdbQuit  # the user has seen it; nothing more is to be done with it

    with contextlib.suppress(CorruptMap, MadeByNewerHTMap):  # `htmap doctor` tells it; a debugger helps without
        portion = job.map_dir.placement.portion_of(component)
        job.map_dir.files_of(portion.submission).source_lines.show()
    tell_runner()
    given = os.fspath(job.map_dir.runtime), scratch, job.block, [component]
    in_this_process.run(*given, remapped=job.remapped, environment=job.environment, on_error=look)


def _of_the_user(trace: TracebackType | None, ours: str) -> TracebackType | None:
    """Return a traceback from the first frame on that is not the runner's; None if there is none."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(ours + os.sep):
        trace = trace.tb_next
    return trace
