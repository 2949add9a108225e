"""The files of a checkpoint: packed into one file of frames, put in place again, and forgotten when another component runs."""

from __future__ import annotations

import contextlib
import json
import os

from htmap_run import frames

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from tarfile import TarFile

PREFIX = "_htmap_checkpoint."
"""How the names of files begin that this module makes in the scratch directory; a process that was killed leaves them."""

_NAMES = "_htmap_checkpoint_names"


def own_path(scratch: str) -> str:
    """Return the path of a file that no other process of this job uses."""
    return f"{scratch}/{PREFIX}{os.urandom(8).hex()}"


def pack(scratch: str, sources: list[str], names: list[str], number: int) -> str:
    """Pack files and folders under their *names*, and return the path of the packed file.

    :param number: the number of the checkpoint: a later one of the component has a higher one.
    """
    import tarfile

    path = own_path(scratch)
    packed = f"{path}_packed"
    try:
        with tarfile.open(path, "w") as archive:
            for source, name in zip(sources, names):
                archive.add(source, name)
        with open(path, "rb") as file, frames.Writer(packed) as writer:
            writer.add_from(frames.CHECKPOINT, number, file.fileno(), 0, os.fstat(file.fileno()).st_size)
    except BaseException:
        remove(packed)
        raise
    finally:
        remove(path)
    _remember(scratch, names)
    return packed


def number_of(path: str) -> int:
    """Return the number of a packed checkpoint; 0 if there is none.

    :raises CorruptFile: it is damaged.
    """
    return frames.Reader(path).only(frames.CHECKPOINT).component if os.path.exists(path) else 0


def unpack(path: str, scratch: str) -> None:
    """Put the files of a packed checkpoint in place.

    :raises CorruptFile: it is damaged; nothing was put in place.
    """
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


def _remember(scratch: str, names: list[str]) -> None:
    """Write down which files belong to this component: the job's next component must not find them."""
    with open(os.path.join(scratch, _NAMES), "a", encoding="ascii") as file:
        file.write("".join(json.dumps(name) + "\n" for name in names))


def forget(scratch: str) -> None:
    """Remove the files of the component before from the scratch directory, and what killed processes have left."""
    import shutil

    for name in os.listdir(scratch):
        if name.startswith(PREFIX):
            remove(os.path.join(scratch, name))
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
            remove(path)
    os.unlink(os.path.join(scratch, _NAMES))


def name_within(scratch: str, source: str) -> str:
    """Return *source* relative to the scratch directory, or only its last part if it lies elsewhere."""
    for root in (scratch, os.path.realpath(scratch)):
        if source.startswith(root + os.sep):
            return source[len(root) + 1 :]
    return os.path.basename(source)


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
