"""Checkpoints: files of a component that outlive its run.

All files of one call are one archive, which is renamed when it is complete. So there are always all files of one call, never some
of two calls. When a component is run again, its files are put where they were before its function is called.

The archive stays in the scratch directory, and an eviction takes it along: see :mod:`.eviction`. It gets farther in two ways,
which the user asks for, and neither more often than once in an interval, so that many calls do no harm to the submit side:

- the job may reach the submit side while it runs (the job attribute ``WantIOProxy``): the archive is copied there;
- the map checkpoints by exit: the job ends, HTCondor fetches the archive, and starts the job again in the same place.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time

from htmap_run import frames, names
from htmap_run.files import checkpoint_files
from htmap_run.reports.host import job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import NoReturn, Optional, Union

FOLDER = "checkpoints"
"""The folder of checkpoints, below the map's directory."""

UNSENT = "_htmap_unsent_checkpoint_"
"""The prefix of the names of checkpoints in the scratch directory; the component's number follows it."""

_PER_FOLDER = 1000
_TO_MAP = ".."  # chirp begins in the folder of the outputs
_STATE = "_htmap_checkpoint_state"  # the number of the last checkpoint, and when the next one may leave this host
_BYTES_PER_SECOND = 1_000_000  # on average: what is copied goes past HTCondor's queue of transfers

# In the environment, because child processes can call checkpoint(), too:
_PLACE = "HTMAP_CHECKPOINT"  # the component's checkpoint on the submit side, or empty
_EXITING = "HTMAP_CHECKPOINT_EXIT"  # the process to end where the map checkpoints by exit, or empty
_INTERVAL = "HTMAP_CHECKPOINT_INTERVAL"  # seconds


def place(component: int) -> str:
    """Return the path of a component's checkpoint, below the map's directory."""
    return f"{FOLDER}/{component // _PER_FOLDER}/{component}"


def checkpoint(*paths: Union[str, os.PathLike[str]]) -> None:
    """Keep files or folders of the running component, which finds them again if it is run again.

    Call it each time after the files are written. They survive evictions with notice. The loss of the execute node they survive
    only if the job has the attribute ``WantIOProxy`` or the map the option ``checkpoint="exit"``; with the latter the function
    begins anew from time to time, and a call may not return. All files of the last call come back under the same names, and no
    others. Outside of a component it does nothing. Since 0.7::

        def count(limit):
            state = Path("state.txt")
            start = int(state.read_text()) if state.exists() else 0
            for number in range(start, limit):
                state.write_text(str(number + 1))
                htmap.checkpoint(state)
            return limit

    :raises FileNotFoundError: there is no such file; the previous checkpoint is kept.
    :raises ValueError: a path is the scratch directory itself, or a directory that contains it.
    """
    if "HTMAP_ON_EXECUTE" not in os.environ:
        return
    if _PLACE not in os.environ:
        _warn("HTMap did not notice that this function checkpoints: use map_options=htmap.MapOptions(checkpoint=True)")
        return
    scratch = os.environ["HTMAP_SCRATCH"]
    sources = [os.path.abspath(os.fspath(path)) for path in paths]
    for source in sources:
        if not os.path.lexists(source):
            raise FileNotFoundError(f"no file or folder {source!r} to keep as a checkpoint")
        if f"{scratch}/".startswith(f"{source.rstrip('/')}/"):
            raise ValueError(f"name the files to keep: {source!r} also contains files of HTMap and HTCondor")
    try:
        is_due = _keep(scratch, sources)
    except OSError as error:
        _warn(f"the last checkpoint could not be written: {type(error).__name__}: {error}")
        return
    if is_due and os.environ[_EXITING]:
        _exit(scratch)


def _keep(scratch: str, sources: list[str]) -> bool:
    """Keep files where the next run finds them, and return whether it was time for them to leave this host."""
    number, due = _state(scratch)
    is_due = time.monotonic() >= due
    within = [checkpoint_files.name_within(scratch, source) for source in sources]
    packed = checkpoint_files.pack(scratch, sources, within, number + 1)
    size, kept = os.path.getsize(packed), _kept(scratch, os.environ["HTMAP_COMPONENT"])
    if is_due and os.environ[_PLACE]:
        is_copied = _copy(scratch, packed)
        due = _next(size)
    else:
        is_copied = False
    if is_copied:
        checkpoint_files.remove(packed)
        checkpoint_files.remove(kept)  # an earlier one
    else:
        os.replace(packed, kept)
    _write_state(scratch, number + 1, due)
    return is_due


def _copy(scratch: str, path: str) -> bool:
    """Copy a packed checkpoint to the submit side, and return whether that was possible."""
    from htmap_run.files import checkpoint_copies

    try:
        checkpoint_copies.put(scratch, path, os.environ[_PLACE])
    except OSError as error:
        problem = f"{type(error).__name__}: {error}"
        _warn(f"the last checkpoint could not be copied to the submit side, so it survives evictions only: {problem}")
        return False
    return True


def _exit(scratch: str) -> NoReturn:
    """End the job for HTCondor to fetch the checkpoint; the supervising process sees the mark that is left for it."""
    open(os.path.join(scratch, names.SAVING), "wb").close()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # closed by the user, or a full disk
            stream.flush()
    worker = int(os.environ[_EXITING])
    if os.getpid() != worker:
        import signal

        os.kill(worker, signal.SIGKILL)
    os._exit(0)


def begin(scratch: str, component: int, *, interval: int = 0, by_exit: bool = False) -> Optional[str]:
    """Put a component's last checkpoint in place, and remove the files of the component before it.

    :param interval: the seconds that lie at least between two checkpoints that leave this host, more if they are large; 0 if each
        leaves it.
    :param by_exit: whether the job ends for HTCondor to fetch a checkpoint.
    :returns: why no checkpoint could be fetched, or None; then the component starts from the beginning.
    """
    os.environ["HTMAP_SCRATCH"] = scratch
    os.environ[_PLACE] = "" if by_exit else _on_submit_side(scratch, component)
    os.environ[_EXITING] = str(os.getpid()) if by_exit else ""
    os.environ[_INTERVAL] = str(interval)
    checkpoint_files.forget(scratch)
    kept = _kept(scratch, component)
    problem = _fetch(scratch, kept) if os.environ[_PLACE] else None
    number, size = 0, 0
    if os.path.exists(kept):
        size = os.path.getsize(kept)
        try:
            number = checkpoint_files.number_of(kept)
            checkpoint_files.unpack(kept, scratch)
        except frames.CorruptFile as error:
            checkpoint_files.forget(scratch)
            problem = f"htmap: the last checkpoint cannot be used: {error}\n"
    _write_state(scratch, number, _next(size) if by_exit else 0.0)
    return problem


def _on_submit_side(scratch: str, component: int) -> str:
    """Return the place of a component's checkpoint for chirp; empty if the job may not reach the submit side while it runs."""
    may_reach = job_ad(scratch).get("wantioproxy", "").casefold() == "true"
    return f"{_TO_MAP}/{place(component)}" if may_reach else ""


def _fetch(scratch: str, kept: str) -> Optional[str]:
    """Fetch the submit side's copy in place of what an eviction has brought, if it is later; return what went wrong."""
    from htmap_run.files import checkpoint_copies

    path = checkpoint_files.own_path(scratch)
    try:
        if checkpoint_copies.get(scratch, os.environ[_PLACE], path) and _is_later(path, kept):
            os.replace(path, kept)
    except (OSError, frames.CorruptFile) as error:
        return f"htmap: no checkpoint could be fetched: {type(error).__name__}: {error}\n"
    finally:
        checkpoint_files.remove(path)
    return None


def _is_later(path: str, kept: str) -> bool:
    """Return whether the checkpoint at *path* is later than the one that is kept, or that one is damaged."""
    number = checkpoint_files.number_of(path)
    try:
        return number >= checkpoint_files.number_of(kept)
    except frames.CorruptFile:
        return True


def _kept(scratch: str, component: Union[int, str]) -> str:
    return f"{scratch}/{UNSENT}{component}"


def _next(size: int) -> float:
    """Return when a checkpoint may leave this host again, on the clock of :func:`time.monotonic`.

    :param size: the size of the last one, in bytes.
    """
    interval = float(os.environ[_INTERVAL])
    return time.monotonic() + max(interval, size / _BYTES_PER_SECOND) if interval else 0.0


def _state(scratch: str) -> tuple[int, float]:
    try:
        with open(os.path.join(scratch, _STATE), encoding="ascii") as file:
            number, due = json.load(file)
        return int(number), float(due)
    except (OSError, ValueError, TypeError):
        return 0, 0.0  # the function has removed it


def _write_state(scratch: str, number: int, due: float) -> None:
    temporary = checkpoint_files.own_path(scratch)
    with open(temporary, "w", encoding="ascii") as file:
        json.dump([number, due], file)
    os.replace(temporary, os.path.join(scratch, _STATE))


_warned: set[str] = set()


def _warn(text: str) -> None:
    """Print *text* on standard error, once."""
    if text not in _warned:
        _warned.add(text)
        print(f"htmap: {text}", file=sys.stderr, flush=True)  # noqa: T201 -- the component's standard error


checkpoint.__module__ = "htmap"  # functions that refer to it must find it on the execute node, too
