"""The stand-in for TransferPath on the execute node, where a path is a path."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Optional


class TransferPath:
    """Makes a plain path of every TransferPath that code makes on the execute node; HTMap transfers nothing from there."""

    def __new__(cls, path: Any, protocol: Optional[str] = None, location: Optional[str] = None) -> Any:
        """Return *path* as a ``pathlib.Path``.

        :raises RuntimeError: it names a remote file, which is not here.
        """
        import pathlib

        if protocol is not None or location is not None:
            raise RuntimeError(
                f"htmap.TransferPath({path!r}, {protocol!r}, {location!r}) was made on the execute node, where HTMap cannot "
                "fetch files: make it on the submit side, and give it to the function as an argument"
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
