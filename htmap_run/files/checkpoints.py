"""Checkpoints: files of a component that outlive its run, because they are put to the submit side as they are written.

All files of one call travel as one archive, under a temporary name and then renamed: whatever happens in between, there is all
of one call's files or all of the previous one's. A component that is run again finds them where they were, before its function
runs. Where the submit side cannot be reached, it stays in the scratch directory, and an eviction takes it along: see
:mod:`.eviction`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Optional, Union

FOLDER = "checkpoints"
"""Where they are, below the map's directory."""

UNSENT = "_htmap_unsent_checkpoint_"
"""What the names of checkpoints begin with that could not be put to the submit side; the rest is the component's number."""

_PER_FOLDER = 1000
_OURS = "_htmap_"  # what the names of HTMap's own files in the scratch directory begin with
_ARCHIVE = f"{_OURS}checkpoint"
_NAMES = f"{_OURS}checkpoint_names"
_HINT = "HTMAP_CHECKPOINT"  # where the checkpoint of this component is kept, for checkpoint() in whatever process


def place(component: int) -> str:
    """Return the path of a component's checkpoint, below the map's directory."""
    return f"{FOLDER}/{component // _PER_FOLDER}/{component}"


def checkpoint(*paths: Union[str, os.PathLike[str]]) -> None:
    """Keep files or folders of the running component, so that it finds them again if it has to start once more.

    Call it each time they were written. The files are copied to the submit side before it returns, so that they survive also the
    loss of the execute node; they come back under the same names. All files of the last call come back, and no others.
    Outside of a component it does nothing.

    :raises FileNotFoundError: there is no such file; what was kept before is left as it is.
    :raises ValueError: a path is the scratch directory itself, or one that it lies in.
    """
    if "HTMAP_ON_EXECUTE" not in os.environ:
        return
    if _HINT not in os.environ:
        _warn("HTMap did not see that this map checkpoints. Say it: map_options=htmap.MapOptions(checkpoint=True)")
        return
    scratch = os.environ["HTMAP_SCRATCH"]
    sources = [os.path.abspath(os.fspath(path)) for path in paths]
    for source in sources:
        if not os.path.lexists(source):
            raise FileNotFoundError(f"no file or folder {source!r} to keep as a checkpoint")
        if f"{scratch}/".startswith(f"{source.rstrip('/')}/"):
            raise ValueError(f"name the files to keep, not {source!r}, which has also what HTMap and HTCondor need")
    names = [_name_within(scratch, source) for source in sources]
    try:
        with _archive(scratch) as path:
            _pack(path, sources, names)
            _remember(scratch, names)
            _send(scratch, path)
    except OSError as error:
        _warn(f"the last checkpoint could not be kept: {type(error).__name__}: {error}")


def _send(scratch: str, path: str) -> None:
    """Put a packed checkpoint to the submit side, or at least where an eviction takes it along."""
    import shutil

    try:
        _put(scratch, path, os.environ[_HINT])
    except OSError as error:
        unsent = f"{scratch}/{UNSENT}{os.environ['HTMAP_COMPONENT']}"
        shutil.copyfile(path, f"{unsent}.part")
        os.replace(f"{unsent}.part", unsent)
        problem = f"{type(error).__name__}: {error}"
        _warn(f"the last checkpoint could not be put to the submit side, so it outlives evictions only: {problem}")


def begin(scratch: str, component: int) -> Optional[str]:
    """Put a component's last checkpoint in place, and nothing of the component before it.

    :returns: why that could not be done, if it could not; then the component starts from the beginning.
    """
    os.environ["HTMAP_SCRATCH"] = scratch
    os.environ[_HINT] = place(component)
    _forget(scratch)
    problem = None
    try:
        with _archive(scratch) as path:
            if _get(scratch, place(component), path):
                _unpack(path, scratch)
                return None
    except OSError as error:
        _forget(scratch)
        problem = f"htmap: no checkpoint could be fetched: {type(error).__name__}: {error}\n"
    unsent = os.path.join(scratch, f"{UNSENT}{component}")
    if not os.path.exists(unsent):
        return problem
    _unpack(unsent, scratch)
    return None


@contextlib.contextmanager
def _archive(scratch: str) -> Iterator[str]:
    """Yield the path of a file for the archive, which no other process of this job uses meanwhile."""
    import fcntl

    path = os.path.join(scratch, _ARCHIVE)
    with open(path, "a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield path
        finally:
            os.truncate(path, 0)


def _pack(path: str, sources: list[str], names: list[str]) -> None:
    import tarfile

    with tarfile.open(path, "w") as archive:
        for source, name in zip(sources, names):
            archive.add(source, name)


def _unpack(path: str, scratch: str) -> None:
    import tarfile

    # It is what the user's own job has written; without a filter newer Pythons warn.
    trusted = {"filter": "fully_trusted"} if hasattr(tarfile, "fully_trusted_filter") else {}
    with tarfile.open(path) as archive:
        _remember(scratch, archive.getnames())
        archive.extractall(scratch, **trusted)  # type: ignore[arg-type]


def _put(scratch: str, path: str, target: str) -> None:
    from htmap_run.files.chirp import Chirp, NotTaken

    temporary = f"{target}.part"
    with Chirp(scratch) as chirp:
        # Each time: where HTCondor 25 cannot open the file that is put, starter and shadow lose each other.
        chirp.make_folder(FOLDER)
        chirp.make_folder(os.path.dirname(target))
        try:
            chirp.put(path, temporary)
        except NotTaken:
            chirp.remove(temporary)  # the disk there is full, or the quota used up
            raise
        chirp.rename(temporary, target)


def _get(scratch: str, source: str, path: str) -> bool:
    from htmap_run.files.chirp import Chirp

    with Chirp(scratch) as chirp:
        try:
            chirp.get(source, path)
        except FileNotFoundError:
            return False
    return True


def _remember(scratch: str, names: list[str]) -> None:
    """Write down what belongs to this component, for the next one of the job must not take it for its own."""
    with open(os.path.join(scratch, _NAMES), "a", encoding="ascii") as file:
        file.write("".join(json.dumps(name) + "\n" for name in names))


def _forget(scratch: str) -> None:
    """Remove from the scratch directory what the component before had as a checkpoint."""
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
    """Return *source* relative to the scratch directory, or only its last part where it lies elsewhere."""
    for root in (scratch, os.path.realpath(scratch)):
        if source.startswith(root + os.sep):
            return source[len(root) + 1 :]
    return os.path.basename(source)


_warned: set[str] = set()


def _warn(text: str) -> None:
    """Say it on standard error, once."""
    if text not in _warned:
        _warned.add(text)
        print(f"htmap: {text}", file=sys.stderr, flush=True)  # noqa: T201 -- the component's standard error


checkpoint.__module__ = "htmap"  # so that functions that hold it find it on the execute node, too
