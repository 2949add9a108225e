"""The exceptions of this plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class NoUv(HTMapException):
    """The program that resolves and builds packages is not there."""

    def __str__(self) -> str:
        return "there is no uv, which builds packages for execute nodes: `pip install uv`"


@attrs.define(slots=False)
class CannotBuild(HTMapException):
    """The packages that a map needs could not be built.

    :param wanted: what was declared, as a phrase.
    :param said: what uv, or the system, said.
    :param advice: what to do.
    """

    wanted: str
    said: str
    advice: str

    def __str__(self) -> str:
        return f"the packages for execute nodes ({self.wanted}) cannot be built:\n{self.said}\n{self.advice}"


@attrs.define(slots=False)
class CompiledHere(HTMapException):
    """A package was compiled on this machine, with its libraries, so nobody knows whether it runs on others.

    :param package: its name.
    :param source: where its source is.
    """

    package: str
    source: str

    def __str__(self) -> str:
        return (
            f"the package {self.package!r} from {self.source} was compiled on this machine, with the libraries of this machine, "
            f"so it cannot be sent to others.\n"
            f"Build a wheel that runs elsewhere (`auditwheel repair`, or `cibuildwheel`) and name the wheel's path in "
            f"PACKAGES.REQUIRE, or send this whole Python: `htmap set DELIVERY_METHOD transplant`"
        )


@attrs.define(slots=False)
class OtherPython(HTMapException):
    """The packages are for another Python than the one that pickles the function, which would refuse to run it.

    :param wanted: the version that the setting names.
    :param here: the version of this Python.
    """

    wanted: str
    here: str

    def __str__(self) -> str:
        return (
            f"PACKAGES.PYTHON_VERSION is {self.wanted!r}, and this is Python {self.here}: the code of one does not run on the "
            f"other. Submit from Python {self.wanted}, or `htmap unset PACKAGES.PYTHON_VERSION` if the nodes have {self.here}. "
            f"For functions of modules that are installed on both sides, `htmap set ALLOW_PYTHON_MISMATCH true`"
        )


@attrs.define(slots=False)
class TooOldNodes(HTMapException):
    """All slots have a C library that is older than what the packages need.

    :param needed: the oldest glibc that they run with.
    :param systems: the systems of the slots.
    """

    needed: str
    systems: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"the packages need glibc {self.needed} or newer, and all slots of the pool have an older one "
            f"({', '.join(self.systems)}). Name the nodes' glibc in PACKAGES.PLATFORM, such as "
            f"`htmap set PACKAGES.PLATFORM x86_64-manylinux_2_17`: then older builds of the packages are taken, if there are any"
        )


@attrs.define(slots=False)
class FromNowhere(HTMapException):
    """The function imports modules that can be imported here and belong to no installed package.

    :param modules: the modules.
    """

    modules: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"no installed package has {', '.join(map(repr, self.modules))}, so there is none to send. Name in PACKAGES.REQUIRE "
            f"what the function needs, or send files of your own with the map (`htmap docs own-modules`)"
        )


@attrs.define(slots=False)
class NoSuchFile(HTMapException):
    """A setting names a file that does not exist, or is no list of packages.

    :param setting: the setting.
    :param path: the path.
    :param origin: where the setting was found.
    """

    setting: str
    path: Path
    origin: Optional[str]

    def __str__(self) -> str:
        return (
            f"{self.setting} (from {self.origin or 'the default'}) names {self.path}, and there is no such file. "
            f"`htmap settings` shows what is set"
        )


@attrs.define(slots=False)
class WithoutBase(HTMapException):
    """The setting PACKAGES.ON_TOP_OF names the method itself."""

    def __str__(self) -> str:
        return (
            "PACKAGES.ON_TOP_OF names 'packages' itself. It names the method that brings Python, such as 'docker', or is empty "
            "for the Python of the node: `htmap unset PACKAGES.ON_TOP_OF`"
        )


@attrs.define(slots=False)
class NoSuchArchive(HTMapException, LookupError):
    """There is no archive of packages where one was expected.

    :param path: where it was expected.
    """

    path: Path

    def __str__(self) -> str:
        return f"there is no archive of packages in {self.path}. `htmap packages info` lists the existing ones"


@attrs.define(slots=False)
class ArchiveInUse(HTMapException):
    """Existing maps need the archive of packages.

    :param id: the archive.
    :param tags: the tags of the maps.
    """

    id: str
    tags: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"archive {self.id} is used by {', '.join(map(repr, self.tags))}: without it, jobs that have not begun or are run "
            f"again would be held. Remove the maps first (`htmap remove`), or use --force"
        )
