"""The Python on the execute nodes, as far as it decides which packages run there."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
from pathlib import Path

import attrs

from htmap_core import PoolView, package_files, quoted
from htmap_core.exceptions import CondorError
from htmap_packages.errors import OtherPython, TooOldNodes
from htmap_packages.settings import PackagesSettings

Glibc = tuple[int, int]

_ASKED_FOR = re.compile(rb"GLIBC_2\.(\d+)")
_COMPILED = re.compile(r"\.so(\.[\w.]+)?$")

# The glibc of systems as slots name them (OpSysAndVer). Of others it is not known before a job is there.
_SYSTEMS: dict[int, tuple[str, ...]] = {
    17: ("CentOS7", "RedHat7", "SL7"),
    27: ("Ubuntu18",),
    28: ("AlmaLinux8", "CentOS8", "Debian10", "RedHat8", "Rocky8"),
    31: ("Debian11", "Ubuntu20"),
    34: ("AlmaLinux9", "CentOS9", "RedHat9", "Rocky9"),
    35: ("Ubuntu22",),
    36: ("Debian12",),
    39: ("AlmaLinux10", "RedHat10", "Rocky10", "Ubuntu24"),
}


@attrs.frozen
class Target:
    """What the execute nodes have.

    :param python: the version of Python.
    :param platform: the architecture and the newest glibc that packages may need, as uv names them; None for this machine's.
    """

    python: str
    platform: str | None

    @classmethod
    def of(cls, settings: PackagesSettings, *, may_differ: bool) -> Target:
        """Return what the settings say.

        :param may_differ: whether functions may run on another Python than this.
        :raises OtherPython: it is another, and they may not.
        """
        here = "{}.{}".format(*sys.version_info[:2])
        if settings.python_version != here and not may_differ:
            raise OtherPython(settings.python_version, here)
        return cls(settings.python_version, None if settings.platform == _here() else settings.platform)

    @property
    def is_foreign(self) -> bool:
        """Whether it differs from this machine: what is compiled here does not run there."""
        return self.platform is not None or self.python != "{}.{}".format(*sys.version_info[:2])

    @property
    def machine(self) -> str:
        """The architecture, as ``uname -m`` says it."""
        return platform.machine() if self.platform is None else self.platform.partition("-")[0]

    @property
    def arguments(self) -> list[str]:
        """The arguments by which uv takes packages for it."""
        of_platform = [] if self.platform is None else ["--python-platform", self.platform]
        return ["--python", sys.executable, "--python-version", self.python, *of_platform]

    def __str__(self) -> str:
        return f"Python {self.python} on {self.platform or _here()}"


def _here() -> str:
    found = (os.confstr("CS_GNU_LIBC_VERSION") or "").rpartition(" ")[2] if sys.platform == "linux" else ""
    major, _, minor = found.partition(".")
    return f"{platform.machine()}-manylinux_{major}_{minor}"


def glibc_of(folder: Path) -> Glibc | None:
    """Return the oldest glibc with which the compiled files in a folder run; None if there are none.

    What they ask the linker for tells it. Names of wheels do not: what was compiled for a new glibc often runs with older ones.
    """
    compiled = [path for path in package_files(folder) if _COMPILED.search(path.name)]
    if not compiled:
        return None
    return 2, max((int(minor) for path in compiled for minor in _ASKED_FOR.findall(path.read_bytes())), default=0)


def requirement(needed: Glibc) -> str | None:
    """Return the requirement that leaves out slots whose system is known to have an older glibc; None if none is."""
    older = [name for minor, names in sorted(_SYSTEMS.items()) if (2, minor) < needed for name in names]
    return f"stringListIMember(OpSysAndVer, {quoted(','.join(older))}) =!= true" if older else None


def check_slots(needed: Glibc, pool: PoolView) -> None:
    """Check that some slot of a pool may have the glibc that packages need.

    :raises TooOldNodes: none has.
    """
    wanted = requirement(needed)
    with contextlib.suppress(CondorError):  # the pool does not answer, but its schedd may take the map all the same
        if wanted is None or not pool.count("true")[1] or pool.count(wanted)[0]:
            return
        systems = sorted({str(slot.get("OpSysAndVer")) for slot in pool.slots(["OpSysAndVer"])})
        raise TooOldNodes("{}.{}".format(*needed), tuple(systems))
