"""What a map needs on the execute nodes, as the user declares it."""

from __future__ import annotations

import hashlib
import re
import urllib.parse
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Optional

import attrs

from htmap_core import MapPlan
from htmap_packages.declared import installed
from htmap_packages.errors import NoSuchFile
from htmap_packages.settings import PackagesSettings
from htmap_packages.target import Target

_PATH = re.compile(r"(?:-e\s+|--editable[ =])?(?P<path>(?:~|\.|/)[^\[]*?|[^\[\s]+\.whl)(?P<extras>\[[\w,. -]*\])?")
_OTHER_FILE = re.compile(r"\s*(?:-r|--requirement|-c|--constraint)[ =]?\s*(\S+)")
_PROJECT = "pyproject.toml"

# HTMap is in each job's own archive, and the bindings are of no use there.
NOT_SENT = ("htmap-core", "htcondor")


@attrs.frozen
class Declaration:
    """Packages that a map needs.

    :param lines: requirements, as pip takes them.
    :param constraints: what counts if something else needs it, likewise.
    :param file: a file with requirements.
    """

    lines: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    file: Optional[Path] = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is needed."""
        return not self.lines and self.file is None

    @property
    def folder(self) -> Path:
        """The folder that relative paths begin with: that of the file."""
        return Path.cwd() if self.file is None else self.file.parent

    def key(self, target: Target) -> str:
        """Return what differs for any other declaration, and for other nodes."""
        texts = [*self.lines, "", *self.constraints, "", str(target)]
        for path in _with_others(self.file) if self.file else ():
            texts += [str(path), path.read_text(encoding="utf-8", errors="replace")]
        return hashlib.blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()

    def __str__(self) -> str:
        # URLs may have passwords in them.
        named = [urllib.parse.unquote(line.partition(" @ ")[0]).removeprefix("file://") for line in self.lines]
        return ", ".join([*named, *([str(self.file)] if self.file else [])])


def declaration(plan: MapPlan, settings: PackagesSettings) -> Declaration:
    """Return what a map needs: what the settings name, or else the packages of the modules that it imports.

    :raises NoSuchFile: a setting names a file that does not exist.
    :raises FromNowhere: no installed package has a module that it imports.
    """
    if settings.require is None and settings.file is None:
        return _of_imports(plan.modules)
    file = None
    if settings.file is not None:
        file = settings.file.expanduser().absolute()
        if not file.is_file():
            raise NoSuchFile("PACKAGES.FILE", file, plan.settings.origin("PACKAGES.FILE"))
    lines = [_line(text, plan) for text in settings.require or ()]
    if file is not None and file.name == _PROJECT and _is_package(file):
        lines.append(file.parent.as_uri())
    return Declaration(tuple(lines), file=file)


def _of_imports(modules: Collection[str]) -> Declaration:
    found = installed.with_modules(modules)
    if not found:
        return Declaration()
    names = {installed.normal(name) for name in found}
    pinned = {name: line for name, line in installed.lines().items() if name not in NOT_SENT}
    return Declaration(
        tuple(sorted(line for name, line in pinned.items() if name in names)),
        tuple(sorted(line for name, line in pinned.items() if name not in names)),
    )


def _line(text: str, plan: MapPlan) -> str:
    """Return a requirement with an absolute path, if it has one: the present folder is none of uv's matters."""
    found = _PATH.fullmatch(text)
    if found is None:
        return text
    path = Path(found["path"].strip()).expanduser().absolute()
    if not path.exists():
        raise NoSuchFile("PACKAGES.REQUIRE", path, plan.settings.origin("PACKAGES.REQUIRE"))
    return f"{path}{found['extras']}" if found["extras"] else path.as_uri()


def _is_package(file: Path) -> bool:
    """Return whether a project says how it is built: then it is a package itself, and not only needs some."""
    return re.search(r"^\s*\[build-system\]", file.read_text(encoding="utf-8"), re.MULTILINE) is not None


def _with_others(file: Path, seen: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Yield a file of requirements, and those that it names."""
    if file in seen or not file.is_file():
        return
    yield file
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        if (found := _OTHER_FILE.match(line)) is not None:
            yield from _with_others(file.parent / found[1], (*seen, file))
