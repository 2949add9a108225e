"""Where the files and folders are that the submit side had as TransferPath."""

# ruff: noqa: PTH118 -- pathlib is slow to import
from __future__ import annotations

import os

from htmap_run.names import OUTPUTS, RETURN

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    import pathlib
    from typing import Any, Optional


def transferred(text: str, protocol: Optional[str], location: Optional[str], source: str) -> pathlib.Path:
    """Return where a file or folder is, which was a TransferPath when it was pickled."""
    import pathlib

    from htmap_run.files import placing  # its name inside the archive

    del text, protocol, location
    place = placing.places.get(source)
    return pathlib.Path(os.path.join(scratch_directory(), _arrives(source)) if place is None else place)


def scratch_directory() -> str:
    """Return the job's scratch directory, wherever the function has changed to."""
    return os.environ["HTMAP_OUTPUT_FILES"].partition(os.path.join(RETURN, OUTPUTS))[0]


def _arrives(source: str) -> str:
    """Return the name under which HTCondor puts a source into the scratch directory; empty for the contents of a folder."""
    if "://" in source:
        source = source.partition("?")[0].rstrip("/")
    return source.rpartition("/")[2]


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
        return cls(os.getcwd())  # noqa: PTH109 -- pathlib is slow to import

    @classmethod
    def home(cls) -> Any:
        """Return the home folder."""
        return cls(os.path.expanduser("~"))  # noqa: PTH111 -- pathlib is slow to import
