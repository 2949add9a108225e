"""The packages that travel with a job, in one archive: unpacked once a job, before anything is unpickled.

The first file of the archive says for which Python its packages are. Compiled packages of another Python, or for a newer C
library, crash or cannot be imported, with messages that nobody connects with their cause. So that is compared before.
"""

from __future__ import annotations

import os
import sys

from htmap_run import names
from htmap_run.handshake import Refused, implementation

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator
    from typing import Any, Optional

_PIECE = 1024 * 1024  # bytes
_PROGRAM = 0o100
_LIBC = "CS_GNU_LIBC_VERSION"


def unpack(scratch: str) -> Optional[Refused]:
    """Unpack the packages that came with the job; return why this Python must not use them, None if it may.

    Without such packages nothing is done, nor where an earlier run of the job in this place has unpacked them.

    :param scratch: the job's scratch directory.
    :raises OSError: they cannot be unpacked.
    """
    archive = os.path.join(scratch, names.PACKAGES_ARCHIVE)
    if not os.path.exists(archive):
        return None
    import gzip
    import shutil
    import tarfile
    import zlib

    unfinished = os.path.join(scratch, names.UNPACKING)
    try:
        with gzip.open(archive) as file, tarfile.open(fileobj=file, mode="r|") as members:
            wanted = _wanted(members)
            refused = _refusal(wanted)
            if refused is not None:
                return refused
            _unpack(members, unfinished)
            while file.read(_PIECE):  # to the end, where the checksum is
                pass
        os.replace(unfinished, os.path.join(scratch, names.PACKAGES))
    except (OSError, EOFError, ValueError, tarfile.TarError, zlib.error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)  # what comes back needs the room
        raise OSError(
            f"the packages that came with this job could not be unpacked: {error or type(error).__name__}. If the disk is "
            "full, the option request_disk asks for more"
        ) from error
    os.unlink(archive)  # it would count as disk space of the job
    return None


def _wanted(members: tarfile.TarFile) -> dict[str, Any]:
    import json

    first = members.next()
    file = members.extractfile(first) if first is not None and first.name == names.PACKAGES_FOR else None
    if file is None:
        raise ValueError(f"its first file is not {names.PACKAGES_FOR}")
    wanted: dict[str, Any] = json.loads(file.read().decode())
    return wanted


def _unpack(members: tarfile.TarFile, folder: str) -> None:
    """Write the files, in half the time that ``tarfile`` takes, which restores times and owners, too."""
    made = set()
    for member in iter(members.next, None):
        path = os.path.join(folder, member.name)
        parent = os.path.dirname(path)
        if parent not in made:
            os.makedirs(parent, exist_ok=True)
            made.add(parent)
        content = members.extractfile(member)
        assert content is not None  # the archive has files alone
        with open(path, "wb") as file:
            file.write(content.read())
        if member.mode & _PROGRAM:
            os.chmod(path, 0o755)


def _refusal(wanted: dict[str, Any]) -> Optional[Refused]:
    """Return why packages cannot be used here, from what their archive says of the Python that they are for."""
    mismatches = [f"{have} instead of {need}" for need, have in _compared(wanted) if need != have]
    if not mismatches:
        return None
    here = f"{sys.executable or 'an unknown Python'} on {os.uname().nodename}"
    text = f"the packages that travel with this job do not fit {here}, which has {' and '.join(mismatches)}"
    return Refused(f"{text}. So nothing was run", wanted["advice"])


def _compared(wanted: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the packages need, each with what is here; two equal texts if that will do."""
    version = "{}.{}".format(*sys.version_info[:2])
    yield f"CPython {wanted['python']}", f"{implementation()} {version}"
    if wanted["machine"]:
        yield wanted["machine"], os.uname().machine
    if wanted["glibc"]:
        needed, found = tuple(wanted["glibc"]), glibc()
        has = "glibc {}.{}".format(*min(needed, found)) if any(found) else "no glibc"
        yield "glibc {}.{}".format(*needed), has


def glibc() -> tuple[int, int]:
    """Return the version of this process's C library; zeros if it is another one than glibc."""
    try:
        major, minor = (os.confstr(_LIBC) or "").rpartition(" ")[2].split(".")[:2]
        return int(major), int(minor)
    except (ValueError, OSError):
        return 0, 0


def look_in(scratch: str, place: int) -> None:
    """Have modules of the packages found, here and by other Pythons that are started.

    :param scratch: the job's scratch directory.
    :param place: where in ``sys.path`` they go. What a ``.pth`` file of theirs adds goes behind them.
    """
    folder = os.path.join(scratch, names.PACKAGES)
    if not os.path.isdir(folder):
        return
    import site

    before = list(sys.path)
    site.addsitedir(folder)
    added = [each for each in sys.path if each not in before]
    sys.path[:] = [*before[:place], *added, *before[place:]]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
