"""Files by URL, for jobs that run on this machine: HTCondor's transfer plugins are not asked."""

from __future__ import annotations

from collections.abc import Callable, Collection

from htmap_core.exceptions import CannotTransfer
from htmap_core.files.ownership import private_opener

_PIECE = 1024**2  # bytes
_FETCHED = frozenset({"http", "https", "ftp", "file"})
_ADVICE = "Give it a file of this machine for a trial, or run the map in the pool"


def check_schemes(inputs: Collection[str], outputs: Collection[str]) -> None:
    """Check that a map which runs on this machine can fetch its input files, and has no output files to send.

    :param inputs: the schemes of the URLs of input files.
    :param outputs: the schemes of the URLs to which output files go.
    :raises CannotTransfer: it cannot.
    """
    for scheme in sorted(set(inputs) - _FETCHED):
        reason = f"a map that runs on this machine fetches files by {', '.join(sorted(_FETCHED))} alone"
        raise CannotTransfer(f"{scheme}://", reason, _ADVICE)
    for scheme in sorted(outputs):
        raise CannotTransfer(f"{scheme}://", "a map that runs on this machine sends no files to URLs", _ADVICE)


def fetch(url: str, path: str, meanwhile: Callable[[], object]) -> None:
    """Fetch a file.

    :param meanwhile: called for each piece of it.
    :raises OSError: that is not possible.
    """
    import urllib.request  # 30 ms, and seldom needed

    target, _, _ = url.partition("#")
    try:
        with urllib.request.urlopen(target) as source, open(path, "wb", opener=private_opener) as file:
            while piece := source.read(_PIECE):
                file.write(piece)
                meanwhile()
    except ValueError as error:  # a scheme that is unknown here
        raise OSError(f"{url} cannot be fetched on this machine: {error}") from error
