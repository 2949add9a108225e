"""Resolve what is declared to a lock, and make a folder of packages of that."""

from __future__ import annotations

import email.parser
import hashlib
import json
import re
import shutil
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import attrs

from htmap_core import write_atomically
from htmap_packages import sources
from htmap_packages.declared.declaration import NOT_SENT, Declaration
from htmap_packages.errors import CannotBuild, CompiledHere
from htmap_packages.target import Target
from htmap_packages.uv import uv

Look = Callable[[], None]  # called now and then, for who shows that work goes on

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_COMPILED_HERE = re.compile(r"(^|\.)linux_\w+$")  # the platform of a wheel that was made for one machine alone
_NOT_ASKED = re.compile(r"Building source distributions (for .*)?is disabled")
_PROGRAMS = "bin"
_OF_UV = ("direct_url.json", "uv_build.json", "uv_cache.json")


@attrs.frozen
class Lock:
    """Which packages are taken.

    :param lines: a requirement for each, with the checksums of its files.
    :param local: the paths of projects and wheels of this machine, each with what changes with it.
    """

    lines: tuple[str, ...]
    local: dict[str, str]

    @property
    def id(self) -> str:
        """Return a name that any other lock does not have."""
        text = json.dumps([self.lines, sorted(self.local.items())])
        return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def resolve(wanted: Declaration, target: Target, scratch: Path, look: Look) -> Lock:
    """Return the lock of a declaration.

    :param scratch: a folder for files on the way.
    :raises CannotBuild: nothing fulfils it, or no index can be reached.
    """
    given = _written(scratch / "require.txt", wanted.lines)
    constraints = _written(scratch / "constraints.txt", wanted.constraints)
    excluded = _written(scratch / "excluded.txt", NOT_SENT)
    files = [str(given), *([str(wanted.file)] if wanted.file else [])]
    quiet = ["--quiet", "--no-header", "--no-annotate", "--generate-hashes"]
    told = ["pip", "compile", *files, "--constraints", str(constraints), "--excludes", str(excluded)]
    told += [*quiet, *target.arguments]
    try:
        wheels_alone = ["--only-binary", ":all:"] if target.is_foreign else []  # an older version may have a wheel
        text = uv([*told, *wheels_alone], str(wanted), wanted.folder, look)
    except CannotBuild as error:
        if not _NOT_ASKED.search(error.said):
            raise
        text = uv(told, str(wanted), wanted.folder, look)  # a project must be asked what it needs
    lines = tuple(_absolute(line, wanted.folder) for line in _joined(text))
    local = {str(path): sources.fingerprint(path) for path in filter(None, map(_path_of, lines))}
    return Lock((str(target), *lines), local)


def install(lock: Lock, wanted: str, target: Target, folder: Path, scratch: Path, look: Look) -> None:
    """Make a folder of the packages in a lock.

    :param wanted: what was declared, for messages.
    :raises CannotBuild: one cannot be had, or not be built.
    :raises CompiledHere: one was compiled here, and is no package of an index for machines like this one.
    """
    lines = [_built(line, wanted, scratch, look) for line in lock.lines[1:]]
    locked = _written(scratch / "lock.txt", lines)
    told = ["pip", "install", "--quiet", "--no-deps", "--target", str(folder), "--requirements", str(locked)]
    if target.is_foreign:
        of_indexes = [name[0] for line in lines if "://" not in line and (name := _NAME.match(line)) is not None]
        told += [argument for name in of_indexes for argument in ("--only-binary", name)]
    uv([*told, *target.arguments], wanted, scratch, look)
    shutil.rmtree(folder / _PROGRAMS, ignore_errors=True)  # they begin with the path of this Python
    for metadata in sorted(folder.glob("*.dist-info")):
        _check(metadata, target)


def _built(line: str, wanted: str, scratch: Path, look: Look) -> str:
    """Return a line of a lock with a wheel in place of a project's folder.

    uv's own cache of local projects does not do: it looks at a project's metadata alone, and not at its code.
    """
    source = _path_of(line)
    if source is None:
        return line
    wheel = source
    if source.is_dir():
        made = scratch / f"wheel-{hashlib.blake2b(bytes(source), digest_size=8).hexdigest()}"
        # Whatever Python it is for: what is compiled is refused.
        uv(["build", "--wheel", "--quiet", "--out-dir", str(made), str(source)], wanted, scratch, look)
        (wheel,) = made.glob("*.whl")
    if any(map(_COMPILED_HERE.search, wheel.stem.rpartition("-")[2].split("."))):
        raise CompiledHere(wheel.name.partition("-")[0], str(source))
    return wheel.as_uri()


def packages_in(folder: Path) -> Iterator[str]:
    """Yield the packages in a folder, each as ``name==version``."""
    for path in sorted(folder.glob("*.dist-info/METADATA"), key=lambda each: each.parent.name.lower()):
        found = _headers(path)
        yield f"{found['Name'][0]}=={found['Version'][0]}"


def _check(metadata: Path, target: Target) -> None:
    origin = metadata / "direct_url.json"
    found = json.loads(origin.read_text(encoding="utf-8")) if origin.exists() else {}
    platforms = [tag.rpartition("-")[2] for tag in _headers(metadata / "WHEEL").get("Tag", ())]
    if found and target.is_foreign and any(map(_COMPILED_HERE.search, platforms)):
        raise CompiledHere(metadata.name.partition("-")[0], found["url"])
    for name in _OF_UV:  # they have paths of this machine
        (metadata / name).unlink(missing_ok=True)


def _headers(path: Path) -> dict[str, list[str]]:
    message = email.parser.HeaderParser().parsestr(path.read_text(encoding="utf-8", errors="replace"))
    return {name: list(map(str, message.get_all(name, []))) for name in message}


def _written(path: Path, lines: Iterable[str]) -> Path:
    write_atomically(path, "".join(f"{line}\n" for line in lines))
    return path


def _joined(text: str) -> list[str]:
    """Return the lines of a lock, each with its continuations."""
    whole = re.sub(r"\s*\\\n\s*", " ", text).splitlines()
    return [line.strip() for line in whole if line.strip() and not line.startswith("#")]


def _absolute(line: str, folder: Path) -> str:
    """Return a line of a lock that installs, and does not link, and that has an absolute path if it has one."""
    plain = re.sub(r"^(-e|--editable)\s+", "", line)
    if not plain.startswith(("./", "../")) and plain not in {".", ".."}:
        return plain
    path, extras, more = plain.partition("[")
    return f"{(folder / path).resolve()}{extras}{more}"


def _path_of(line: str) -> Path | None:
    """Return the path of the project or wheel that a line of a lock names; None if it names none."""
    _, at, url = line.partition(" @ ")
    named = (url if at else line).split(" ;")[0].split(" --hash")[0].strip()
    if named.startswith("file:"):
        return Path(urllib.parse.unquote(urllib.parse.urlsplit(named).path))
    return Path(named.partition("[")[0]) if named.startswith("/") else None
