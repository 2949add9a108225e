"""Capture what each component writes to standard output and error, also from subprocesses and C libraries.

The file descriptors 1 and 2 themselves lead to the job's two files. A component's output is a byte range of each file.
"""

from __future__ import annotations

import contextlib
import os
import sys

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, TextIO

    from typing_extensions import Self


class Capture:
    """Appends standard output and error to two files; a context manager.

    :param stdout: the file for standard output.
    :param stderr: the file for standard error.
    """

    def __init__(self, stdout: str, stderr: str) -> None:
        self._streams = (_Stream(1, "stdout", stdout), _Stream(2, "stderr", stderr))
        self._modules_seen = 0
        self._flush_c: Any = None

    def begin(self) -> tuple[int, int]:
        """Begin a component, and undo what the one before did to the streams; return the sizes of the two files."""
        stdout, stderr = (stream.begin() for stream in self._streams)
        return stdout, stderr

    def end(self) -> tuple[list[int], list[int]]:
        """End a component; return the byte ranges ``[begin, end]`` of its standard output and error."""
        self._flush()
        stdout, stderr = (stream.written() for stream in self._streams)
        return stdout, stderr

    def tell(self, text: str) -> None:
        """Write *text* to the component's standard error, even if the user has replaced ``sys.stderr``."""
        self._flush()
        self._streams[1].tell(text)

    def __enter__(self) -> Self:
        for stream in self._streams:
            stream.open()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._flush()
        finally:
            for stream in self._streams:
                stream.close()

    def _flush(self) -> None:
        for stream in self._streams:
            stream.flush()
        if self._flush_c is None and self._may_print_from_c():
            import ctypes  # 10 ms

            self._flush_c = ctypes.CDLL(None).fflush
        if self._flush_c is not None:
            self._flush_c(None)

    def _may_print_from_c(self) -> bool:
        """Return whether an extension module is loaded that is not Python's own: it may print through C's buffer."""
        if len(sys.modules) == self._modules_seen:
            return False
        self._modules_seen = len(sys.modules)
        return any(_is_foreign_extension(module) for module in tuple(sys.modules.values()))


class _Stream:
    """One of the two standard streams: its descriptor, its Python object, and the file to which both lead."""

    def __init__(self, descriptor: int, name: str, path: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._path = path
        self._begin = 0

    def open(self) -> None:
        getattr(sys, self._name).flush()
        self._original = os.dup(self._descriptor)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        self._text = _text(self._descriptor)
        self.begin()

    def begin(self) -> int:
        os.dup2(self._file, self._descriptor)
        if self._text.closed:
            self._text = _text(self._descriptor)
        setattr(sys, self._name, self._text)
        setattr(sys, f"__{self._name}__", self._text)
        self._begin = os.fstat(self._file).st_size
        return self._begin

    def written(self) -> list[int]:
        return [self._begin, os.fstat(self._file).st_size]

    def flush(self) -> None:
        theirs = getattr(sys, self._name, None)
        if theirs is not self._text:
            with contextlib.suppress(Exception):  # the user's object may raise anything; that must not end the job
                theirs.flush()  # type: ignore[union-attr]
        if not self._text.closed:
            self._text.flush()

    def tell(self, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        while data:
            data = data[os.write(self._file, data) :]

    def close(self) -> None:
        os.dup2(self._original, self._descriptor)
        os.close(self._original)
        os.close(self._file)


def _text(descriptor: int) -> TextIO:
    """Return a text stream on *descriptor* that writes each line at once and can encode every character."""
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _is_foreign_extension(module: Any) -> bool:
    spec = getattr(module, "__dict__", {}).get("__spec__")  # getattr(module, "__spec__") would load lazy modules
    origin = getattr(spec, "origin", None)
    return isinstance(origin, str) and origin.endswith((".so", ".pyd")) and "lib-dynload" not in origin
