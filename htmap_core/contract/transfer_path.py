"""Paths that HTMap transfers: like :class:`pathlib.Path`, on this machine or at a URL."""

from __future__ import annotations

import contextlib
import contextvars
import functools
import io
import os
import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Union

import attrs

from htmap_core.exceptions import HTMapException
from htmap_core.type_variables import LikePath
from htmap_run.transferred import on_submit_side, transferred

AnyPath = Union[str, "os.PathLike[str]"]

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(.*)", re.DOTALL)

# The characters that RFC 3986 allows in a URL, and '%', which keeps quoted characters as they are. The comma is not among them,
# because it separates the files that HTCondor transfers.
_STAYS_IN_URL = "/:?#[]@!$&'()*+;=%~"

_met: contextvars.ContextVar[dict[str, None] | None] = contextvars.ContextVar("_met", default=None)


@attrs.define(slots=False)
class IsRemote(HTMapException, AttributeError, TypeError):
    """A remote path was used where only a path of this machine works."""

    url: str
    asked: str

    def __str__(self) -> str:
        return (
            f"{self.asked} needs a file of this machine, but {self.url} is remote. Names and `/` work with remote paths; "
            f"to read the contents, pass the path to the mapped function as an argument"
        )


@functools.total_ordering
class TransferPath(LikePath):
    """A path that HTMap transfers. The mapped function gets a ``pathlib.Path`` to the file on the execute node instead.

    HTMap finds TransferPaths anywhere in the arguments, also in containers and in attributes of objects. A TransferPath has all
    methods of :class:`pathlib.Path`; those that return paths return TransferPaths. A local path that ends in ``/`` stands for the
    contents of the folder: they are put into the scratch directory itself, and the function gets the path of that directory.
    Since 0.6 or earlier.

    >>> TransferPath("https://example.org/data") / "tide.csv"
    TransferPath(path='/data/tide.csv', protocol='https', location='example.org')

    :param path: the path, or a whole URL.
    :param protocol: the URL scheme to transfer by; None for a file or folder of this machine.
    :param location: the part of a URL between the scheme and the path, usually a server.
    :raises ValueError: there is a location, but no protocol.
    """

    __module__ = "htmap"  # which both sides have

    def __init__(self, path: AnyPath, protocol: str | None = None, location: str | None = None) -> None:
        if isinstance(path, TransferPath):
            protocol = path.protocol if protocol is None else protocol
            location = path.location if location is None else location
            text = path._text
        else:
            text = os.fspath(path)
        if not isinstance(text, str):
            raise TypeError(f"TransferPath() needs a path of text, got {text!r}")
        if protocol is None and location is None and (url := _URL.fullmatch(text)):
            protocol, location, text = url[1], url[2] or None, url[3]
        if location is not None and protocol is None:
            raise ValueError(f"TransferPath({text!r}, location={location!r}) needs a protocol, such as 'https'")
        self._protocol: str | None = protocol
        self._location: str | None = location
        self._path = PurePosixPath(text) if self.is_remote else Path(text)
        slash = "/" if text.endswith("/") and self._path.name else ""
        self._text: str = text if self.is_remote else f"{self._path}{slash}"

    @classmethod
    def cwd(cls) -> TransferPath:
        """Return the current directory.

        ::

            here = TransferPath.cwd()
        """
        return cls(Path.cwd())

    @classmethod
    def home(cls) -> TransferPath:
        """Return the user's home folder.

        ::

            data = TransferPath.home() / "data"
        """
        return cls(Path.home())

    # --- where it is

    @property
    def protocol(self) -> str | None:
        """The URL scheme to transfer by; None for a path of this machine."""
        return self._protocol

    @property
    def location(self) -> str | None:
        """The part of the URL between the scheme and the path; None if it has none."""
        return self._location

    @property
    def is_remote(self) -> bool:
        """Whether the path is not on this machine."""
        return self._protocol is not None

    @property
    def is_contents(self) -> bool:
        """Whether the path stands for the contents of a folder: it ends in a slash."""
        return self._text.endswith("/") and bool(self._path.name)

    def as_url(self) -> str:
        """Return where HTCondor finds the file: the URL of a remote path, the absolute path of another.

        Characters that a URL cannot have are quoted, and commas too. The current directory of the call counts.

        >>> TransferPath("https://example.org/high tide.csv").as_url()
        'https://example.org/high%20tide.csv'
        """
        return source(self) if self._protocol is None else self._url(self._protocol)

    def as_uri(self) -> str:
        """Return the path as a URI, which begins with ``file://`` if it is on this machine.

        >>> TransferPath("/data/high tide.csv").as_uri()
        'file:///data/high%20tide.csv'
        """
        if self._protocol is not None:
            return self._url(self._protocol)
        return Path(os.path.abspath(self._path)).as_uri() + ("/" if self.is_contents else "")  # follows no links

    def _url(self, protocol: str) -> str:
        path = urllib.parse.quote(self._text.lstrip("/"), safe=_STAYS_IN_URL)
        return f"{protocol}://{self._location or ''}/{path}"

    # --- as pathlib.Path

    def __truediv__(self, other: AnyPath) -> TransferPath:
        try:
            text = os.fspath(other)
        except TypeError:
            return NotImplemented
        slash = "/" if text.endswith("/") else ""
        return self._made(f"{self._path / text}{slash}")

    def __rtruediv__(self, other: AnyPath) -> TransferPath:
        return TransferPath(other) / self

    @property
    def parents(self) -> tuple[TransferPath, ...]:
        """The folders that contain the path, the innermost first."""
        return tuple(self._made(str(parent)) for parent in self._path.parents)

    def joinpath(self, *others: AnyPath) -> TransferPath:
        """Return the path with *others* appended.

        >>> TransferPath("data").joinpath("2026", "tide.csv")
        TransferPath(path='data/2026/tide.csv')
        """
        return functools.reduce(TransferPath.__truediv__, others, self)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Return the attribute of :class:`pathlib.Path` of that name, with TransferPaths in place of its paths."""
            if name.startswith("_"):
                raise AttributeError(name)
            if self.is_remote and hasattr(Path, name) and not hasattr(PurePosixPath, name):
                raise IsRemote(self.as_url(), name)
            found = getattr(self._path, name)
            if not callable(found):
                return self._converted(found)

            @functools.wraps(found)
            def method(*args: Any, **kwargs: Any) -> Any:
                plain = [self._plain(arg) for arg in args]
                return self._converted(found(*plain, **{key: self._plain(arg) for key, arg in kwargs.items()}))

            return method

    def __dir__(self) -> list[str]:
        public = [name for name in dir(self._path) if not name.startswith("_")]
        return sorted({*super().__dir__(), *public})

    def _plain(self, argument: Any) -> Any:
        """Return *argument* for pathlib: a TransferPath of the same place becomes a plain path."""
        if not isinstance(argument, TransferPath):
            return argument
        if (argument.protocol, argument.location) != (self.protocol, self.location):
            raise ValueError(f"{argument!r} and {self!r} are not in the same place")
        return argument._path

    def _converted(self, found: Any) -> Any:
        """Return the result of pathlib, with TransferPaths in place of its paths."""
        if isinstance(found, (Path, PurePosixPath)):
            return self._made(str(found))
        if type(found) is tuple:  # as walk() yields
            return tuple(self._converted(each) for each in found)
        is_lazy = isinstance(found, Iterator) and not isinstance(found, io.IOBase)  # as glob() returns
        return (self._converted(each) for each in found) if is_lazy else found

    def _made(self, text: str) -> TransferPath:
        return TransferPath(text, self._protocol, self._location)

    def __fspath__(self) -> str:
        if self.is_remote:
            raise IsRemote(self.as_url(), "os.fspath()")
        return self._text

    def __bytes__(self) -> bytes:
        return os.fsencode(self)

    def __str__(self) -> str:
        return repr(self) if self.is_remote else self._text

    def __repr__(self) -> str:
        place = f", protocol={self._protocol!r}, location={self._location!r}" if self.is_remote else ""
        return f"TransferPath(path={self._text!r}{place})"

    def _state(self) -> tuple[str, str | None, str | None]:
        return self._text, self._protocol, self._location

    def __eq__(self, other: object) -> bool:
        return self._state() == other._state() if isinstance(other, TransferPath) else NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._order() < other._order() if isinstance(other, TransferPath) else NotImplemented

    def _order(self) -> tuple[Any, ...]:
        return self._protocol or "", self._location or "", self._path.parts, self._text

    def __hash__(self) -> int:
        return hash(self._state())

    def __reduce__(self) -> tuple[Any, ...]:
        met = _met.get()
        if met is None:
            return TransferPath, self._state()  # for this machine
        where = source(self)
        met[where] = None
        return transferred, (*self._state(), where)


@on_submit_side
def _transferred(text: str, protocol: str | None, location: str | None, _source: str) -> TransferPath:
    """Return the path that was pickled. Pickles of HTMap 0.7.0 name this function ``htmap._transferred``."""
    return TransferPath(text, protocol, location)


@contextlib.contextmanager
def collected() -> Iterator[dict[str, None]]:
    """Collect the sources of all TransferPaths that are pickled inside the block, by any pickler, as the keys of a dictionary."""
    met: dict[str, None] = {}
    token = _met.set(met)
    try:
        yield met
    finally:
        _met.reset(token)


def source(path: AnyPath) -> str:
    """Return where HTCondor finds a file or folder: a URL, or an absolute path, with a slash at the end for a folder's contents.

    Links are not followed, so files arrive under the names that the user knows.
    """
    if isinstance(path, TransferPath) and path.is_remote:
        return path.as_url()
    text = os.fspath(path)
    if _URL.fullmatch(text):
        return text
    slash = "/" if text.endswith("/") and text.strip("/") else ""
    return os.path.abspath(text) + slash  # resolve() would follow links


def scheme_of(where: str) -> str | None:
    """Return the scheme of a URL in lower case; None for a path.

    The scheme of ``token+https://`` is ``https``: HTCondor reads the part before ``+`` as the name of a token of the user.
    """
    found = _URL.match(where)
    return None if found is None else re.split(r"[+.-]", found[1].lower())[-1]
