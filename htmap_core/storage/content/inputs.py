"""The inputs of components, in blocks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

from htmap_core.exceptions import CorruptMap
from htmap_core.files.reading import open_file
from htmap_core.storage.content.formats import check_frames
from htmap_core.storage.content.packs import Pack, PackedInputs
from htmap_core.storage.faults.damage import reason
from htmap_run import frames

_LEFT = "Results that came back can still be read; components cannot run again without their inputs"


class Inputs(Protocol):
    """A block of inputs. Any number of threads may share it."""

    def __contains__(self, component: int) -> bool:
        """Return whether the block has the input of a component."""

    def payload(self, component: int) -> bytes:
        """Return the pickled input of a component."""

    def by_value(self, component: int) -> bool | None:
        """Return whether it has code by value; None if that was not recorded."""

    def fingerprint(self, component: int) -> str | None:
        """Return the digest of its fingerprint; None if that was not recorded."""


class FramedInputs:
    """A block of inputs in frames."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = frames.Reader(path)
        except frames.CorruptFile as error:
            check_frames(error)
            raise CorruptMap(path, f"is damaged: {error.problem}. {_LEFT}") from error
        self._frames = {frame.component: frame for frame in self._file.frames}

    def __contains__(self, component: int) -> bool:
        return component in self._frames

    def payload(self, component: int) -> bytes:
        """Return the pickled input of a component."""
        return self._read(component)[0]

    def by_value(self, component: int) -> bool:
        """Return whether it has code by value."""
        return bool(self._read(component)[1].get("by_value"))

    def fingerprint(self, component: int) -> str | None:
        """Return the digest of its fingerprint."""
        found = self._read(component)[1].get("fingerprint")
        return found if isinstance(found, str) else None

    def _read(self, component: int) -> tuple[bytes, dict[str, Any]]:
        frame = self._frames.get(component)
        if frame is None:
            problem = self._file.problem or f"it was cut short, and has no input of component {component}"
            raise CorruptMap(Path(self._file.path), f"is damaged: {problem}. {_LEFT}")
        try:
            record = self._file.record(frame) if frame.record_size else {}
            return self._file.payload(frame), record
        except frames.CorruptFile as error:
            check_frames(error)
            raise CorruptMap(Path(self._file.path), f"is damaged: {error.problem}. {_LEFT}") from error


def read_inputs(path: Path) -> Inputs:
    """Open a block of inputs.

    :raises CorruptMap: it is missing or damaged.
    """
    try:
        return FramedInputs(path) if _is_framed(path) else PackedInputs(path)
    except (OSError, ValueError) as error:
        raise _unopened(path, error) from error


def check_inputs(path: Path, components: Iterable[int]) -> None:
    """Check the inputs of components in a block, before they are sent again.

    :raises CorruptMap: one is missing or damaged.
    """
    inputs = read_inputs(path)
    for component in components:
        inputs.payload(component)


def check_argument(path: Path) -> None:
    """Check a large argument, which lies in a file of its own, before it is sent again.

    :raises CorruptMap: it is missing or damaged.
    """
    _check_only(path, frames.INPUT)


def is_stored(path: Path, size: int) -> bool:
    """Return whether the file of a large part is there and whole; *size* is that of its content."""
    try:
        file = frames.Reader(path)
        frame = file.only(frames.INPUT)
        return frame.size == size and all(file.pieces(frame))
    except (OSError, frames.CorruptFile):
        return False


def check_function(path: Path) -> None:
    """Check that the pickled function is undamaged, before it is sent again.

    :raises CorruptMap: it is missing or damaged.
    """
    _check_only(path, frames.FUNCTION)


def _check_only(path: Path, kind: bytes) -> None:
    """Check a file that has one frame.

    :raises CorruptMap: it is missing or damaged.
    """
    try:
        if not _is_framed(path):
            Pack(path)
            return
        file = frames.Reader(path)
        frame = file.only(kind)
        file.record(frame)
        file.payload(frame)
    except frames.CorruptFile as error:
        check_frames(error)
        raise CorruptMap(path, f"is damaged: {error.problem}. {_LEFT}") from error
    except (OSError, ValueError) as error:
        raise _unopened(path, error) from error


def function_record(path: Path) -> dict[str, Any]:
    """Return what the execute side reads before it unpickles the function; nothing where 0.7.0 has written it.

    :raises CorruptMap: it is missing or damaged.
    """
    check_function(path)
    if not _is_framed(path):
        return {}
    file = frames.Reader(path)
    return file.record(file.only(frames.FUNCTION))


def read_function(path: Path) -> bytes | None:
    """Return the pickled function; None where 0.7.0 has written it.

    :raises CorruptMap: it is missing or damaged.
    """
    check_function(path)
    if not _is_framed(path):
        return None
    file = frames.Reader(path)
    return file.payload(file.only(frames.FUNCTION))


def _unopened(path: Path, error: OSError | ValueError) -> CorruptMap:
    how = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be opened ({reason(error)})"
    return CorruptMap(path, f"{how}. {_LEFT}")


def _is_framed(path: Path) -> bool:
    with open_file(path) as file:
        return file.read(len(frames.MARK)) == frames.MARK
