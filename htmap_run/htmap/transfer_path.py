"""Stand-in for paths that are transferred: on the execute node they are where they are."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any, Optional


class TransferPath:
    """Gives a plain path where code that runs here makes a TransferPath; nothing is transferred from here."""

    def __new__(cls, path: Any, protocol: Optional[str] = None, location: Optional[str] = None) -> Any:
        """Return *path* as a ``pathlib.Path``.

        :raises RuntimeError: it is a remote path: what it names is not here.
        """
        import pathlib

        if protocol is not None or location is not None:
            raise RuntimeError(
                f"htmap.TransferPath({path!r}, {protocol!r}, {location!r}) was made where components run, and nothing is "
                "fetched from there: make it on the submit side, and give it to the function as an argument"
            )
        return pathlib.Path(path)

    @classmethod
    def cwd(cls) -> Any:
        """Return the current directory."""
        return cls(os.getcwd())

    @classmethod
    def home(cls) -> Any:
        """Return the home folder."""
        return cls(os.path.expanduser("~"))
