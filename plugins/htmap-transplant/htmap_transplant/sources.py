"""What editable installs point to: folders of sources that travel too, and the files that must find them there.

An editable install is a ``.pth`` file in site-packages with the source's folder in it, or with an ``import`` of a module beside
it that has the paths in its text. Both are rewritten: to the same path below the folder ``sources`` of the archive.
"""

from __future__ import annotations

import ast
import glob
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from htmap_transplant import meson
from htmap_transplant.installation import FOLDERS_OF_ENVIRONMENT, MARK_OF_ENVIRONMENT
from htmap_transplant.members import Member, member, tree

FOLDER = "sources"

_IMPORTED = re.compile(r"\bimport\s+(\w*editable\w*)")  # setuptools, editables (hatchling, pdm), scikit-build-core
_OF_BUILDS = frozenset({"build", "dist", "node_modules", "__pycache__"})
_METADATA = (".egg-info", ".dist-info")
_MODULES = (".py", ".so")
_SHORTEST = 3  # "/", a folder, and something in it

Place = Callable[[str], "str | None"]


@attrs.frozen
class Site:
    """A folder of packages, and what it is called in the archive."""

    folder: Path
    name: str


def place_of(path: str) -> str:
    """Return what a path of the submit side outside of the installation is called in the archive."""
    return f"{FOLDER}{os.path.abspath(path)}"  # resolve() would follow links


def rewritten(sites: list[Site], inside: Place) -> Iterator[Member]:
    """Yield the files of *sites* that name folders of the submit side, rewritten, and the sources in those folders.

    :param inside: returns what a path is called in the archive if it is there anyway.
    """
    found: list[str] = []

    def place(path: str) -> str:
        name = inside(path)
        if name is None:
            name = place_of(path)
            found.append(path)
        return name

    for each in sites:
        for path in sorted(each.folder.glob("*.pth")):
            text = path.read_text(encoding="utf-8", errors="surrogateescape")
            yield _member(each, path, relocated_lines(text, each, place))
            for module in sorted(set(_IMPORTED.findall(text))):
                finder = each.folder / f"{module}.py"
                if finder.is_file():
                    yield from _found(each, finder, place)
    for source in dict.fromkeys(found):
        yield from _sources(Path(source))


def _found(each: Site, finder: Path, place: Callable[[str], str]) -> Iterator[Member]:
    """Yield a finder that finds the sources elsewhere; or, where it would build them first, what it would find."""
    text = finder.read_text(encoding="utf-8")
    if (build := meson.build_folder(text)) is None:
        yield _member(each, finder, relocated_literals(text, place))
    else:
        yield _member(each, finder, meson.WITHOUT_BUILDING)
        yield from meson.installed(build, each.name)


def _member(each: Site, path: Path, text: str) -> Member:
    return member(path, f"{each.name}/{path.name}", text.encode("utf-8", "surrogateescape"))


def relocated_lines(text: str, each: Site, place: Callable[[str], str]) -> str:
    """Return the text of a ``.pth`` file with its paths as they are in the archive, relative to the file."""
    return "".join(f"{_relocated_line(line.rstrip(), each, place)}\n" for line in text.splitlines())


def _relocated_line(line: str, each: Site, place: Callable[[str], str]) -> str:
    path = os.path.join(each.folder, line)  # as the module site does it
    if not line or line.startswith(("#", "import ", "import\t")) or not os.path.exists(path):
        return line
    return os.path.relpath(place(os.path.normpath(path)), each.name)


def relocated_literals(text: str, place: Callable[[str], str]) -> str:
    """Return a module's source in which each literal that is the path of something is an expression for where that is then."""
    lines = text.encode().splitlines(keepends=True)
    literals = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant) and _is_path(node.value)]
    for node in sorted(literals, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        line = lines[node.lineno - 1]
        if node.lineno != node.end_lineno or line[node.col_offset : node.col_offset + 1] not in {b"'", b'"'}:
            continue  # a part of something larger
        expression = f'(__import__("sys").prefix + {"/" + place(str(node.value))!r})'
        lines[node.lineno - 1] = line[: node.col_offset] + expression.encode() + line[node.end_col_offset :]
    return b"".join(lines).decode()


def _is_path(value: object) -> bool:
    # "/" and "/usr" are words of the finder's own code: taken for sources, the whole machine would travel.
    if not isinstance(value, str) or not value.startswith("/") or "\0" in value or len(Path(value).parts) < _SHORTEST:
        return False
    return any(True for _ in _files_of(Path(value)))


def _files_of(path: Path) -> Iterator[Path]:
    """Yield *path*, or where it is a module's without its suffix, as setuptools writes it, the module's files."""
    if path.exists():
        yield path.parent if path.name == "__init__.py" else path
    else:
        yield from (each for suffix in _MODULES for each in path.parent.glob(f"{glob.escape(path.name)}.*{suffix}"))
        yield from (each for each in [path.parent / f"{path.name}.py"] if each.exists())


def _sources(path: Path) -> Iterator[Member]:
    """Yield what can be imported from a folder, or belongs to a module."""
    for each in _files_of(path):
        if each.is_dir():
            yield from _packages(each)
        else:
            yield member(each, place_of(str(each)))


def _packages(folder: Path) -> Iterator[Member]:
    """Yield a package with all that is in it; of any other folder, such as a project's, the modules and packages only.

    A link to a folder is followed where that is a package: others lead to data, or back to where one came from.
    """
    if (folder / "__init__.py").exists() or folder.name.endswith(_METADATA):
        yield from tree(folder, place_of(str(folder)), _is_hidden)
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if (path / "__init__.py").exists() or not _is_passed_over(path):
                yield from _packages(path)
        elif path.suffix in _MODULES and path.is_file():
            yield member(path, place_of(str(path)))


def _is_passed_over(folder: Path) -> bool:
    if folder.name in _OF_BUILDS or folder.is_symlink():
        return True
    of_environment = folder.name in FOLDERS_OF_ENVIRONMENT - {"src"} and (folder.parent / MARK_OF_ENVIRONMENT).exists()
    return of_environment or (folder / MARK_OF_ENVIRONMENT).exists()


def _is_hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")
