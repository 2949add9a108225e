"""The Python installation that runs this process, and why it may not be able to travel."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import site
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import attrs

# What `python -m venv .` makes in a project's folder; pip clones into src.
FOLDERS_OF_ENVIRONMENT = frozenset({"bin", "etc", "include", "lib", "lib64", "libexec", "share", "src"})
MARK_OF_ENVIRONMENT = "pyvenv.cfg"

_FILES_OF_ENVIRONMENT = frozenset({MARK_OF_ENVIRONMENT, "CACHEDIR.TAG", "pip.conf"})


@attrs.frozen
class Installation:
    """A Python, and where its parts are.

    :param prefix: the environment: a virtual one's own folder, else the same as *base*.
    :param base: the folder that the interpreter was installed to.
    :param executable: the interpreter itself, never a virtual environment's link to it.
    :param stdlib: the folder of the standard library.
    :param sites: the folders that packages are installed to, in the order in which they are searched.
    :param packages: what the folder of packages beside the standard library is called; Debian has a name of its own.
    :param description: what it is, in words for whoever cannot run it.
    """

    prefix: Path
    base: Path
    executable: Path
    stdlib: Path
    sites: tuple[Path, ...]
    packages: str
    description: str

    @property
    def is_virtual(self) -> bool:
        """True for a virtual environment."""
        return self.prefix != self.base

    @property
    def is_conda(self) -> bool:
        """True where conda made the interpreter: its folder then holds nothing else, and all of it may be needed."""
        return (self.base / "conda-meta").is_dir()

    @property
    def version(self) -> str:
        """What the interpreter's file and the folders of libraries are called after: ``python3.11``."""
        return self.stdlib.name


def running() -> Installation:
    """Return the installation that runs this process."""
    base, stdlib = Path(sys.base_prefix), Path(sysconfig.get_path("stdlib"))
    named = base / "bin" / stdlib.name
    return Installation(
        prefix=Path(sys.prefix),
        base=base,
        executable=named.resolve() if named.exists() else Path(os.path.realpath(sys.executable)),
        stdlib=stdlib,
        sites=tuple(_sites()),
        packages="dist-packages"
        if any(path.endswith("/dist-packages") for path in site.getsitepackages())
        else "site-packages",
        description=f"{platform.python_implementation()} {platform.python_version()} "
        f"for {platform.machine()} and {' '.join(platform.libc_ver()).strip() or 'an unknown C library'}",
    )


def _sites() -> Iterator[Path]:
    """Yield the folders of installed packages as they are searched; another name for one already yielded is left out."""
    wanted = [*([site.getusersitepackages()] if site.ENABLE_USER_SITE else []), *site.getsitepackages()]
    seen = set()
    for path in wanted:
        real = os.path.realpath(path)
        if os.path.isdir(real) and real not in seen:  # the same text as in sys.path
            seen.add(real)
            yield Path(path)


def refusal(installation: Installation) -> str | None:
    """Return why an installation cannot travel; None where it can."""
    if sys.platform != "linux":
        return f"it is made for {sys.platform}, and HTMap's execute nodes run Linux"
    if sys.implementation.name != "cpython":
        return f"it is {platform.python_implementation()}, and only CPython is known to run from another folder"
    if installation.base in {Path("/"), Path("/usr")} and _uses_packages_of_the_system(installation):
        return (
            f"the packages of {installation.executable} belong to the operating system and are spread over "
            f"{installation.base}. Make a virtual environment (`python3 -m venv`), without --system-site-packages, "
            f"and install HTMap and what you need there"
        )
    if "musl" in (sysconfig.get_config_var("SOABI") or ""):
        return "it is made for the C library musl, and HTCondor's execute nodes have glibc"
    if not installation.executable.is_file():
        return f"its interpreter is not to be found (sys.executable is {sys.executable!r})"
    return None


def _uses_packages_of_the_system(installation: Installation) -> bool:
    return not installation.is_virtual or any(installation.prefix not in each.parents for each in installation.sites)


def strange_names(installation: Installation) -> frozenset[str]:
    """Return the names in the folder of an environment that are neither usual there nor what a package has put there."""
    there = frozenset(path.name for path in installation.prefix.iterdir())
    found = {name for name in there - FOLDERS_OF_ENVIRONMENT - _FILES_OF_ENVIRONMENT if not name.startswith(".")}
    return frozenset(found - set(_recorded(installation))) if found else frozenset()


def _recorded(installation: Installation) -> Iterator[str]:
    """Yield the first part of the path below the environment of each file that a package has outside of its own folder."""
    for site_packages in installation.sites:
        for distribution in importlib.metadata.distributions(path=[str(site_packages)]):
            for file in distribution.files or ():
                if file.parts[0] == "..":
                    path = os.path.relpath(site_packages / file, installation.prefix)
                    yield path.partition(os.sep)[0]
