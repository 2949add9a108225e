"""What terminals are sent: the streams of the command line. What a terminal would obey is shown, not sent.

Most of what commands print comes from somewhere else: from the execute side, from HTCondor, from a log, from what the user typed.
So everything that is written to a terminal goes through a :class:`Terminal`. Only what draws by itself, as colours, tables and
bars do, writes :func:`beneath` it, and makes what it draws printable before.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from types import TracebackType
from typing import TextIO, cast

from htmap_core.wording import printable

AS_IT_CAME = "htmap.as-it-came"
"""How to encode text so that what was bytes before is the same bytes again, with ``str.encode(errors=AS_IT_CAME)``."""


class Terminal(io.TextIOBase):
    """A stream to which printable text is written, whatever it is given. It has no ``buffer``, which would be a way around it.

    :param stream: where the text goes.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str, /) -> int:
        """Write *text* so that a terminal shows all of it; characters that its encoding does not have are escaped, too."""
        shown = printable(text)
        try:
            self.stream.write(shown)
        except UnicodeEncodeError:
            encoding = self.encoding
            self.stream.write(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """Return the stream's file descriptor."""
        return self.stream.fileno()

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a property there, too, in newer stubs only
        """The stream's encoding."""
        return self.stream.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """How the stream treats characters that its encoding does not have."""
        return self.stream.errors


def beneath(stream: TextIO) -> TextIO:
    """Return what *stream* writes to, for what draws by itself; *stream* itself if it is no :class:`Terminal`."""
    return stream.stream if isinstance(stream, Terminal) else stream


def shows_colors(stream: TextIO) -> bool:
    """Return whether what goes to a stream is coloured where the user's command says nothing of it.

    As Python and pytest do: NO_COLOR wins over FORCE_COLOR, that over what the stream is, and an empty variable counts as none.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and not is_dumb()


def is_dumb() -> bool:
    """Return whether terminals are said to print only: no colours, and no line that is drawn anew."""
    return os.environ.get("TERM") == "dumb"


def guard() -> None:
    """Make the standard streams of this process safe for the rest of its life.

    Standard output becomes a :class:`Terminal` if it is one. Standard error always does: messages are for people, also those that
    read them in a log. Other output is what the user asked for, byte by byte.
    """
    sys.stdout, sys.stderr = _guarded(sys.stdout, always=False), _guarded(sys.stderr, always=True)
    sys.excepthook = _show_bug


def _guarded(stream: TextIO, *, always: bool) -> TextIO:
    if stream is None:  # as after `htmap ... 2>&-`
        return stream
    if always or stream.isatty():
        return cast("TextIO", Terminal(stream))
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=AS_IT_CAME)
    return stream


def _as_it_came(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write bytes that were no text as they came, such as those of a file name, and escape what cannot be encoded at all."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)


codecs.register_error(AS_IT_CAME, _as_it_came)


def _show_bug(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show a traceback without the colours of newer Pythons, which would be escaped."""
    import traceback  # 5 ms, for bugs only

    traceback.print_exception(kind, error, trace)
