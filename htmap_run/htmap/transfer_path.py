"""The stand-in for TransferPath on the execute node, where a path is a path."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, NoReturn, Optional


class TransferPath:
    """Makes a plain path of every TransferPath that code makes on the execute node; HTMap transfers nothing from there."""

    def __new__(cls, path: Any, protocol: Optional[str] = None, location: Optional[str] = None) -> Any:
        """Return *path* as a ``pathlib.Path``, or a :class:`Remote` for a remote file.

        :raises ValueError: there is a location, but no protocol.
        """
        import pathlib

        if location is not None and protocol is None:
            raise ValueError(f"TransferPath({path!r}, location={location!r}) needs a protocol, such as 'https'")
        if protocol is not None or isinstance(path, Remote) or "://" in os.fspath(path):
            return Remote(path, protocol, location)
        return pathlib.Path(path)

    @classmethod
    def cwd(cls) -> Any:
        """Return the current directory."""
        return cls(os.getcwd())

    @classmethod
    def home(cls) -> Any:
        """Return the home folder."""
        return cls(os.path.expanduser("~"))


class Remote:
    """A remote path that code makes on the execute node, where HTMap cannot fetch files.

    Modules make such paths when they are imported, and join names to them. Any other use raises RuntimeError.
    """

    def __init__(self, path: Any, protocol: Optional[str], location: Optional[str], *names: Any) -> None:
        self._given = path, protocol, location
        self._names = names

    def __truediv__(self, name: Any) -> Remote:
        return Remote(*self._given, *self._names, name)

    def joinpath(self, *names: Any) -> Remote:
        """Return this path with names joined to it."""
        return Remote(*self._given, *self._names, *names)

    def __repr__(self) -> str:
        return " / ".join([f"htmap.TransferPath{self._given!r}", *map(repr, self._names)])

    def __fspath__(self) -> str:
        self._refuse()

    def __reduce__(self) -> NoReturn:
        self._refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise RuntimeError(
            f"{self!r} was made on the execute node, where HTMap cannot fetch files: make it on the submit side, and give it to "
            "the function as an argument"
        )
