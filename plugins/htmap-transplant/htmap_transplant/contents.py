"""Choose the files of an installation that travel, and their names in the archive.

Interpreter, standard library and environment become one folder with ``bin``, ``lib/python3.11``, and in it ``site-packages``.
Python finds its libraries relative to its own file, so such a folder runs from anywhere. A virtual environment would not: its
``pyvenv.cfg`` has the absolute path of another folder.
"""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from htmap_transplant import sources
from htmap_transplant.errors import CannotPack
from htmap_transplant.installation import Installation, strange_names
from htmap_transplant.members import Member, digest, member, tree
from htmap_transplant.sources import Site

ABOUT = "about"

# The parts of the standard library that stay: tests and their data, windows that nobody would see, tools for builds.
_NOT_OF_THE_LIBRARY = (
    "config-*",
    "dist-packages",
    "ensurepip",
    "idlelib",
    "lib-dynload/_ctypes_test.*",
    "lib-dynload/_test*",
    "lib-dynload/_tkinter.*",
    "lib-dynload/_xx*",
    "lib-dynload/xx*",
    "site-packages",
    "test",
    "turtledemo",
)
_NOT_OF_CONDA = ("conda-bld", "conda-meta", "envs", "include", "lib/lib*.a", "man", "pkgs", "share/doc", "share/man")
_NOT_OF_ENVIRONMENTS = (
    "include",
    "lib64",
    "pyvenv.cfg",
    "bin/[Aa]ctivate*",
    "bin/python",
    "bin/python[0-9]*",
    ".*",
    "CACHEDIR.TAG",
    "pip.conf",  # it may have passwords
)

# For the shell, lines two and three start the Python beside the script. For that Python, they are one string.
_SCRIPT = b"""#!/bin/sh
'''exec' "${0%/*}/python3" "$0" "$@"
' '''
"""
# The first lines of a script of some Python: one line, or three if its path is long.
_SHEBANG = re.compile(
    rb"#! *([^\n\0]*?/bin)/python[^\n]*\n|#!/bin/sh\n'''exec' \"?([^\n\0]*?/bin)/python[^\n]*\n' '''\n"
)
_LONGEST_SHEBANG = 8192


def members(installation: Installation) -> list[Member]:
    """Return all files of the archive, sorted by name.

    :raises CannotPack: some file of the installation cannot be read.
    """
    found: dict[str, Member] = {}
    try:
        for each in _everything(installation, sites_of(installation)):
            found[each.name] = each  # the environment's files win over those of its base
    except OSError as error:
        raise CannotPack(str(error)) from error
    return sorted(found.values(), key=lambda each: each.name)


def fingerprint(installation: Installation, files: Iterable[Member]) -> str:
    """Return a name for the content of the archive; it changes if a file is added, removed or changed."""
    return digest(files, f"{installation.description} {installation.prefix}")


def _everything(installation: Installation, sites: list[Site]) -> Iterator[Member]:
    strange = strange_names(installation) if installation.is_virtual else frozenset()
    yield from _base(installation)
    yield from _environment(installation, strange)
    for each in sites:
        yield from tree(each.folder, each.name)
    yield from sources.rewritten(sites, lambda path: _inside(path, installation, sites, strange))
    if more := [each.name for each in sites[1:]]:
        yield _further_sites(installation, sites[0], more)
    yield from _interpreter(installation)


def sites_of(installation: Installation) -> list[Site]:
    """Return the folders of packages with their names in the archive; the first one gets the usual name."""
    usual = f"{_library(installation)}/{installation.packages}"
    return [
        Site(folder, usual if number == 0 else f"{usual}-{number + 1}")
        for number, folder in enumerate(installation.sites)
    ]


def _library(installation: Installation) -> str:
    return os.path.relpath(installation.stdlib, installation.base)


def _inside(path: str, installation: Installation, sites: list[Site], strange: Container[str]) -> str | None:
    """Return the name of a path in the archive; None if the path is not in the installation."""
    homes = [(each.folder, each.name) for each in sites]
    below = Path(path).relative_to(installation.prefix).parts if installation.prefix in Path(path).parents else ()
    if installation.is_virtual and below and below[0] not in strange:
        homes.append((installation.prefix, ""))
    for folder, name in [*homes, (installation.stdlib, _library(installation))]:
        if Path(path) == folder or folder in Path(path).parents:
            return os.path.normpath(os.path.join(name, os.path.relpath(path, folder)))
    return None


def _base(installation: Installation) -> Iterator[Member]:
    library = _library(installation)
    without = tuple(f"{library}/{name}" for name in _NOT_OF_THE_LIBRARY)
    if installation.is_conda:
        yield from _tree(installation.base, "", (*_NOT_OF_CONDA, *without))
    yield from _tree(installation.stdlib, library, without)


def _environment(installation: Installation, strange: Iterable[str]) -> Iterator[Member]:
    folder = installation.prefix
    if installation.is_virtual:
        # Real paths are compared: on Fedora and its relatives, Python's folder lib64 is a link to lib.
        sites = (os.path.relpath(os.path.realpath(each), os.path.realpath(folder)) for each in installation.sites)
        without = (*_NOT_OF_ENVIRONMENTS, *sites, *map(glob.escape, strange))
        found = _tree(folder, "", without)
    else:
        found = tree(folder / "bin", "bin")
    ours = os.path.realpath(folder / "bin")
    for each in found:
        content = _script(each, ours) if each.name.startswith("bin/") and each.link is None else None
        if content is not None:
            yield member(each.source, each.name, content)
        elif installation.is_virtual:
            yield each


def _tree(folder: Path, name: str, without: tuple[str, ...]) -> Iterator[Member]:
    return tree(folder, name, lambda name: any(fnmatch.fnmatchcase(name, pattern) for pattern in without))


def _script(each: Member, ours: str) -> bytes | None:
    """Return the text of a script of the Python in *ours*, changed so that the one beside it runs it; None for other files."""
    with each.source.open("rb") as file:
        begin = _SHEBANG.match(file.read(_LONGEST_SHEBANG))
    # The environment may have been made by another name of its folder: on clusters, home folders have several.
    if begin is None or os.path.realpath(begin[1] or begin[2]) != os.fsencode(ours):
        return None
    return _SCRIPT + each.source.read_bytes()[begin.end() :]


def _further_sites(installation: Installation, first: Site, more: list[str]) -> Member:
    """Return a ``.pth`` file that makes Python search the other folders of packages, too."""
    lines = [
        f'import os, site; site.addsitedir(os.path.join(os.path.dirname(os.__file__), "{Path(name).name}"))\n'
        for name in more
    ]
    content = "".join(lines).encode()
    return Member(f"{first.name}/zz_htmap_transplant.pth", installation.stdlib, 0, 0, 0o644, content=content)


def _interpreter(installation: Installation) -> Iterator[Member]:
    version = installation.version
    yield member(installation.executable, f"bin/{version}")
    for name in ("python", "python3"):
        yield Member(f"bin/{name}", installation.executable, 0, 0, 0o777, link=version)
    about = f"{installation.description}\n".encode()
    yield Member(ABOUT, installation.executable, 0, 0, 0o644, content=about)
