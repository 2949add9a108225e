"""Checkpoints: files of a component that outlive its run.

All files of one call are one archive, which is renamed when it is complete. So there are always all files of one call, never some
of two calls. When a component is run again, its files are put where they were before its function is called.

The archive stays in the scratch directory, and an eviction takes it along: see :mod:`.eviction`. If the user lets the job reach
the submit side while it runs (the job attribute ``WantIOProxy``), it is copied there at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

from htmap_run import frames
from htmap_run.reports.host import job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from tarfile import TarFile
    from typing import Optional, Union

    from htmap_run.files.chirp import Chirp

FOLDER = "checkpoints"
"""The folder of checkpoints, below the map's directory."""

UNFINISHED = ".part"
"""How the names of checkpoints end that are not copied to the end; they are beside the whole ones."""

UNSENT = "_htmap_unsent_checkpoint_"
"""The prefix of the names of checkpoints that are not on the submit side; the component's number follows it."""

_PER_FOLDER = 1000
_OURS = "_htmap_"  # the prefix of the names of HTMap's own files in the scratch directory
_ARCHIVE = f"{_OURS}checkpoint"
_NAMES = f"{_OURS}checkpoint_names"
_TO_MAP = ".."  # chirp begins in the folder of the outputs
_HINT = "HTMAP_CHECKPOINT"  # the component's checkpoint on the submit side, or empty; child processes can call checkpoint() too


def place(component: int) -> str:
    """Return the path of a component's checkpoint, below the map's directory."""
    return f"{FOLDER}/{component // _PER_FOLDER}/{component}"


def checkpoint(*paths: Union[str, os.PathLike[str]]) -> None:
    """Keep files or folders of the running component, which finds them again if it is run again.

    Call it each time after the files are written. They survive evictions with notice; if the job may reach the submit side while
    it runs (see :doc:`/how-to/checkpoint`), also the loss of the execute node. All files of the last call come back under the
    same names, and no others. Outside of a component it does nothing. Since 0.7::

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
    if _HINT not in os.environ:
        _warn("HTMap did not notice that this function checkpoints: use map_options=htmap.MapOptions(checkpoint=True)")
        return
    scratch = os.environ["HTMAP_SCRATCH"]
    sources = [os.path.abspath(os.fspath(path)) for path in paths]
    for source in sources:
        if not os.path.lexists(source):
            raise FileNotFoundError(f"no file or folder {source!r} to keep as a checkpoint")
        if f"{scratch}/".startswith(f"{source.rstrip('/')}/"):
            raise ValueError(f"name the files to keep: {source!r} also contains files of HTMap and HTCondor")
    names = [_name_within(scratch, source) for source in sources]
    try:
        with _archive(scratch) as path:
            packed = _pack(path, sources, names)
            _remember(scratch, names)
            _send(scratch, packed)
    except OSError as error:
        _warn(f"the last checkpoint could not be written: {type(error).__name__}: {error}")


def _send(scratch: str, path: str) -> None:
    """Copy a packed checkpoint to the submit side; if the job may not or cannot, to where an eviction takes it along."""
    if not os.environ[_HINT]:
        _keep(scratch, path)
        return
    try:
        _put(scratch, path, os.environ[_HINT])
        os.unlink(path)
    except OSError as error:
        _keep(scratch, path)
        problem = f"{type(error).__name__}: {error}"
        _warn(f"the last checkpoint could not be copied to the submit side, so it survives evictions only: {problem}")


def _keep(scratch: str, path: str) -> None:
    os.replace(path, f"{scratch}/{UNSENT}{os.environ['HTMAP_COMPONENT']}")


def begin(scratch: str, component: int) -> Optional[str]:
    """Put a component's last checkpoint in place, and remove the files of the component before it.

    :returns: why no checkpoint could be fetched, or None; then the component starts from the beginning.
    """
    os.environ["HTMAP_SCRATCH"] = scratch
    os.environ[_HINT] = _on_submit_side(scratch, component)
    _forget(scratch)
    problem = None
    try:
        if os.environ[_HINT] and _fetch(scratch, os.environ[_HINT]):
            return None
    except (OSError, frames.CorruptFile) as error:
        _forget(scratch)
        problem = f"htmap: no checkpoint could be fetched: {type(error).__name__}: {error}\n"
    unsent = os.path.join(scratch, f"{UNSENT}{component}")
    if not os.path.exists(unsent):
        return problem
    try:
        _unpack(unsent, scratch)
    except frames.CorruptFile as error:
        return f"htmap: the last checkpoint cannot be used: {error}\n"
    return None


def _on_submit_side(scratch: str, component: int) -> str:
    """Return the place of a component's checkpoint for chirp; empty if the job may not reach the submit side while it runs."""
    may_reach = job_ad(scratch).get("wantioproxy", "").casefold() == "true"
    return f"{_TO_MAP}/{place(component)}" if may_reach else ""


def _fetch(scratch: str, source: str) -> bool:
    """Put a checkpoint of the submit side in place; return whether there is one."""
    with _archive(scratch) as path:
        if not _get(scratch, source, path):
            return False
        _unpack(path, scratch)
    return True


@contextlib.contextmanager
def _archive(scratch: str) -> Iterator[str]:
    """Yield the path of the file for the archive, and keep other processes of this job from using it meanwhile."""
    import fcntl

    path = os.path.join(scratch, _ARCHIVE)
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield path
        finally:
            os.truncate(path, 0)


def _pack(path: str, sources: list[str], names: list[str]) -> str:
    """Pack the sources into an archive at *path*, and that into a file of frames, whose path is returned."""
    import tarfile

    with tarfile.open(path, "w") as archive:
        for source, name in zip(sources, names):
            archive.add(source, name)
    packed = f"{path}_packed"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(packed)
    with open(path, "rb") as file, frames.Writer(packed) as writer:
        writer.add_from(frames.CHECKPOINT, frames.OF_ALL, file.fileno(), 0, os.fstat(file.fileno()).st_size)
    return packed


def _unpack(path: str, scratch: str) -> None:
    import tarfile

    reader = frames.Reader(path)
    frame = reader.only(frames.CHECKPOINT)
    for _ in reader.pieces(frame):
        pass  # all of it is whole before anything is put in place
    # The archive is trusted, because the user's own job wrote it. Newer Pythons warn if there is no filter.
    trusted = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
    with open(path, "rb") as file:
        file.seek(frame.payload_at)
        _extract(tarfile.open(fileobj=file), scratch, trusted)


def _extract(archive: TarFile, scratch: str, trusted: dict[str, str]) -> None:
    with archive:
        _remember(scratch, archive.getnames())
        archive.extractall(scratch, **trusted)  # type: ignore[arg-type]


def _put(scratch: str, path: str, target: str) -> None:
    from htmap_run.files.chirp import Chirp, NotTaken

    # A name of its own: HTCondor may start the job anew while it has lost sight of the run before, which goes on writing.
    temporary = f"{target}.{os.urandom(8).hex()}{UNFINISHED}"
    with Chirp(scratch) as chirp:
        # The folders are made each time: if HTCondor 25 cannot open the target, starter and shadow lose their connection.
        chirp.make_folder(os.path.dirname(os.path.dirname(target)))
        chirp.make_folder(os.path.dirname(target))
        _remove_unfinished(chirp, target)
        try:
            chirp.put(path, temporary)
        except NotTaken:
            chirp.remove(temporary)  # the disk is full there, or the quota is used up
            raise
        chirp.rename(temporary, target)


def _remove_unfinished(chirp: Chirp, target: str) -> None:
    """Remove what is left of copies that were cut off: each has a name of its own, so none replaces another."""
    folder, name = os.path.split(target)
    for each in chirp.names(folder):
        if each.startswith(f"{name}.") and each.endswith(UNFINISHED):
            with contextlib.suppress(FileNotFoundError):
                chirp.remove(f"{folder}/{each}")


def _get(scratch: str, source: str, path: str) -> bool:
    from htmap_run.files.chirp import Chirp

    with Chirp(scratch) as chirp:
        try:
            chirp.get(source, path)
        except FileNotFoundError:
            return False
    return True


def _remember(scratch: str, names: list[str]) -> None:
    """Write down which files belong to this component: the job's next component must not find them."""
    with open(os.path.join(scratch, _NAMES), "a", encoding="ascii") as file:
        file.write("".join(json.dumps(name) + "\n" for name in names))


def _forget(scratch: str) -> None:
    """Remove the checkpoint of the component before from the scratch directory."""
    import shutil

    try:
        with open(os.path.join(scratch, _NAMES), encoding="ascii") as file:
            names = [json.loads(line) for line in file]
    except FileNotFoundError:
        return
    for name in names:
        path = os.path.join(scratch, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
    os.unlink(os.path.join(scratch, _NAMES))


def _name_within(scratch: str, source: str) -> str:
    """Return *source* relative to the scratch directory, or only its last part if it lies elsewhere."""
    for root in (scratch, os.path.realpath(scratch)):
        if source.startswith(root + os.sep):
            return source[len(root) + 1 :]
    return os.path.basename(source)


_warned: set[str] = set()


def _warn(text: str) -> None:
    """Print *text* on standard error, once."""
    if text not in _warned:
        _warned.add(text)
        print(f"htmap: {text}", file=sys.stderr, flush=True)  # noqa: T201 -- the component's standard error


checkpoint.__module__ = "htmap"  # functions that refer to it must find it on the execute node, too
