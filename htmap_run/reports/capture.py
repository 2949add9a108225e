"""Capture what components write to standard output and error, also from subprocesses and C libraries.

The file descriptors 1 and 2 themselves lead to two files. What a component has written is what was added to them since the end of
the component before.
"""

from __future__ import annotations

import contextlib
import os
import sys

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Callable, Optional, TextIO

    from typing_extensions import Self


class Capture:
    """Leads standard output and error to two files while it is entered; a context manager.

    :param stdout: the path of the file for standard output, which is made anew.
    :param stderr: the path of the file for standard error, which is made anew.
    :param is_shown: whether the descriptors stay as they are, and text is shown and kept: in a process that is the user's own.
        What subprocesses and C libraries write is not kept then.
    :param before_output: called before text is shown.
    """

    def __init__(
        self,
        stdout: str,
        stderr: str,
        *,
        is_shown: bool = False,
        before_output: Optional[Callable[[], object]] = None,
    ) -> None:
        kind = _ShownStream if is_shown else _Stream
        self._streams = (kind(1, "stdout", stdout), kind(2, "stderr", stderr))
        for stream in self._streams:
            stream.before_output = before_output
        self._modules_seen = 0
        self._flush_c: Any = (lambda _: None) if is_shown else None

    def begin(self) -> tuple[int, int]:
        """Begin a component, and undo what the one before did to the streams; return where its output begins in the files."""
        stdout, stderr = self._streams
        return stdout.begin(), stderr.begin()

    def end(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """End a component; return for standard output and error the file's descriptor and where its output begins and ends."""
        self._flush()
        stdout, stderr = self._streams
        return stdout.end(), stderr.end()

    def resume(self, stdout: int, stderr: int) -> None:
        """Take over the component of another process, whose output begins at these bytes of the files."""
        for stream, begin in zip(self._streams, (stdout, stderr)):
            stream.resume(begin)

    def tails(self, size: int) -> tuple[str, str]:
        """Return the ends of what the present component has written, at most *size* bytes of each stream."""
        stdout, stderr = (stream.tail(size) for stream in self._streams)
        return stdout, stderr

    def show(self, stdout: bytes) -> None:
        """Put what components of an earlier run have written before what follows: it is not the next component's."""
        self._streams[0].show(stdout)

    def tell(self, text: str) -> None:
        """Write *text* to the component's standard error, even if the user has replaced ``sys.stderr``."""
        self._flush()
        self._streams[1].tell(text)

    def remove(self) -> None:
        """Remove the files, when what they hold is among the results."""
        for stream in self._streams:
            stream.remove()

    def close(self) -> None:
        """Close the files, in a process that has not entered this."""
        for stream in self._streams:
            stream.close_file()

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
        return any(is_foreign_extension(module) for module in tuple(sys.modules.values()))


class _Stream:
    """One of the two standard streams: its descriptor, its Python object, and the file to which both lead.

    :ivar before_output: called before text is shown.
    """

    before_output: Optional[Callable[[], object]] = None

    def __init__(self, descriptor: int, name: str, path: str) -> None:
        self._descriptor = descriptor
        self._name = name
        self._first_name = f"__{name}__"
        self._path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._begin = 0
        self._text: Optional[TextIO] = None

    def open(self) -> None:
        getattr(sys, self._name).flush()
        self._original = os.dup(self._descriptor)
        self.begin()

    def begin(self) -> int:
        os.dup2(self._file, self._descriptor)
        if self._text is None or self._text.closed:
            self._text = _text(self._descriptor)
        setattr(sys, self._name, self._text)
        setattr(sys, self._first_name, self._text)
        return self._begin

    def end(self) -> tuple[int, int, int]:
        begin, self._begin = self._begin, os.lseek(self._file, 0, os.SEEK_END)
        return self._file, begin, self._begin

    def resume(self, begin: int) -> None:
        self._begin = begin

    def tail(self, size: int) -> str:
        end = os.fstat(self._file).st_size
        begin = max(self._begin, end - size)
        return os.pread(self._file, end - begin, begin).decode("utf-8", "replace")

    def show(self, text: bytes) -> None:
        os.write(self._file, text)
        self._begin = os.fstat(self._file).st_size

    def flush(self) -> None:
        ours = self._text
        if ours is None:  # another process has it
            return
        theirs: Any = getattr(sys, self._name, None)
        if theirs is not ours:
            with contextlib.suppress(Exception):  # the user's object may raise anything; that must not end the job
                theirs.flush()
        if not ours.closed:
            try:
                ours.flush()
            except (
                OSError
            ):  # the user has closed the descriptor, perhaps; others that share the job must not be lost for it
                os.dup2(self._file, self._descriptor)
                ours.flush()

    def tell(self, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        with contextlib.suppress(OSError):  # on a full disk: what is told here, a component's report says, too
            while data:
                data = data[os.write(self._file, data) :]

    def remove(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # the function has deleted it
            os.unlink(self._path)

    def close_file(self) -> None:
        os.close(self._file)

    def close(self) -> None:
        os.dup2(self._original, self._descriptor)
        os.close(self._original)


class _ShownStream(_Stream):
    """One of the two standard streams, which is shown as before; its text is kept, too."""

    def open(self) -> None:
        self._shown: Any = getattr(sys, self._name)
        self._kept = _Kept(self._shown, self._file, self.before_output)
        self.begin()

    def begin(self) -> int:  # the component before may have put something else there
        setattr(sys, self._name, self._kept)
        return self._begin

    def flush(self) -> None:
        streams: tuple[Any, Any] = getattr(sys, self._name, None), self._shown
        for stream in streams:
            if stream is self._kept:  # it would flush the one that shows it
                continue
            with contextlib.suppress(Exception):  # the user's object may raise anything; that must not end the job
                stream.flush()

    def tell(self, text: str) -> None:
        super().tell(text)
        if self.before_output is not None:
            self.before_output()
        self._shown.write(text)

    def close(self) -> None:
        setattr(sys, self._name, self._shown)
        self._kept.file = -1  # a thread may still have it, and the descriptor may be another file's soon


class _Kept:
    """A stream that keeps the text which it shows.

    :param shown: the stream that shows it, which has whatever else is asked for.
    :param file: the descriptor of the file that keeps it; -1 once the job is over.
    :param before_output: called before text is shown.
    """

    def __init__(self, shown: Any, file: int, before_output: Optional[Callable[[], object]]) -> None:
        self._shown = shown
        self.file = file
        self._before_output = before_output

    def write(self, text: str) -> Any:
        if self.file >= 0:
            os.write(self.file, text.encode("utf-8", "backslashreplace"))
            if self._before_output is not None:
                self._before_output()
        return self._shown.write(text)

    def flush(self) -> None:
        if self._before_output is not None and self.file >= 0:
            self._before_output()  # a prompt is written past this stream, after a flush
        self._shown.flush()

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shown, name)


def _text(descriptor: int) -> TextIO:
    """Return a text stream on *descriptor* that writes each line at once and can encode every character."""
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def is_foreign_extension(module: Any) -> bool:
    """Return whether a module is compiled and not Python's own."""
    spec = getattr(module, "__dict__", {}).get("__spec__")  # getattr(module, "__spec__") would load lazy modules
    origin = getattr(spec, "origin", None)
    return isinstance(origin, str) and origin.endswith((".so", ".pyd")) and "lib-dynload" not in origin
