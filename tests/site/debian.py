"""Software of Debian for execute hosts, which the machine itself need not have: made once, kept below ``HTMAP_TEST_CACHE``."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from htmap_pool.errors import ToolFailed
from htmap_pool.installing.apt import Apt, Package
from htmap_pool.installing.relocate import relocate
from htmap_pool.installing.sources import Distribution, Source, candidates, read_sources
from htmap_pool.programs import run

from htmap_core import locked
from tests.site.namespaces import PATH

CACHE = Path(os.environ.get("HTMAP_TEST_CACHE") or "~/.cache/htmap-tests").expanduser().resolve() / "site"

RELEASES = {"3.9": "bullseye", "3.11": "bookworm", "3.13": "trixie"}
"""The release of Debian that has a minor version of Python."""

_MIRROR = "http://deb.debian.org/debian"
# A tree for tests need not survive a power cut, and nobody reads in it.
_LEAN = (
    '--aptopt=Acquire::Retries "3"',
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
)
_PAUSES = (5, 30)  # seconds between attempts: mirrors and networks fail for a moment


def made(name: str, make: Callable[[Path], None]) -> Path:
    """Return what has that name in the cache; where it is not there yet, *make* makes it, at the path that it is given.

    Where it cannot be made, the test is skipped with the reason, and fails with ``CI=true``.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    path, complete = CACHE / name, CACHE / f"{name}.complete"
    with locked(CACHE / f"{name}.lock"):
        if not complete.exists():
            try:
                _make_at_last(path, make)
            except (ToolFailed, OSError) as error:
                _remove(path)
                reason = f"{name} cannot be made: {error}"
                (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
            complete.touch()
    return path


def _make_at_last(path: Path, make: Callable[[Path], None]) -> None:
    for pause in _PAUSES:
        _remove(path)
        try:
            make(path)
        except (ToolFailed, OSError):
            time.sleep(pause)
        else:
            return
    _remove(path)
    make(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def programs(name: str, packages: Sequence[str], finish: Callable[[Path], None] = lambda _: None) -> Path:
    """Return a folder with Debian packages and the libraries that they need, which run from where they are.

    They come from the machine's own release of Debian where it has them, else from a newer one.

    :param finish: does what else the programs need, once, with the folder.
    """

    def make(folder: Path) -> None:
        tried: list[str] = []
        distribution = Distribution.read()
        for candidate in candidates(distribution, read_sources()):
            try:
                with tempfile.TemporaryDirectory(prefix="apt-", dir=CACHE) as state:
                    _unpack(Path(state), candidate.sources, distribution.origin, packages, folder)
            except ToolFailed as error:
                tried.append(f"{candidate.name}: {error}")
                _remove(folder)
            else:
                finish(folder)
                return
        raise ToolFailed("apt", "; ".join(tried) or "no source of Debian's own archive")

    return made(name, make)


def _unpack(state: Path, sources: Sequence[Source], origin: str, packages: Sequence[str], folder: Path) -> None:
    apt = Apt(state, sources)
    apt.update(origin, lambda _: None)
    wanted: dict[str, Package] = {found.name: found for name in packages for found in apt.resolve([name])}
    folder.mkdir()
    for file in apt.download(list(wanted.values()), state / "packages", lambda _: None):
        run(["dpkg-deb", "-x", file, folder], timeout=300)
    relocate(folder)


def tree(python: str, *packages: str) -> Path:
    """Return the root directory of a small Debian with a Python of that minor version, and with further packages."""

    def make(folder: Path) -> None:
        if python not in RELEASES:
            raise ToolFailed("mmdebstrap", f"no release of Debian has Python {python}")
        include = ",".join(["python3", *packages])
        # In namespaces, so that nothing that it starts or mounts is left when it is ended.
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        what = [
            "--quiet",
            "--variant=minbase",
            f"--include={include}",
            *_LEAN,
            RELEASES[python],
            str(folder),
            _mirror(),
        ]
        run([*alone, "mmdebstrap", *what], env={**os.environ, "PATH": PATH}, timeout=400)

    return made("-".join(["debian", python, *packages]), make)


def _mirror() -> str:
    """Return the mirror that the machine uses itself, which is near."""
    distribution = Distribution.read()
    own = candidates(distribution, read_sources()) if distribution.id == "debian" else []
    uris = [source.uri for candidate in own for source in candidate.sources if "security" not in source.uri]
    return next(iter(uris), _MIRROR)
