"""The packages that are installed here: which has a module, and how another machine gets the same."""

from __future__ import annotations

import importlib.util
import json
import sys
import urllib.parse
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from htmap_packages.errors import FromNowhere

if sys.version_info >= (3, 10):
    from importlib import metadata
else:
    import importlib_metadata as metadata


def with_modules(modules: Collection[str]) -> frozenset[str]:
    """Return the names of the packages that have some modules. What cannot be imported here either is passed over.

    :raises FromNowhere: no package has a module that can be imported here.
    """
    if not modules:
        return frozenset()
    by_module = metadata.packages_distributions()
    found = {name: by_module.get(name) or _edited(name) for name in modules}
    lost = [name for name, packages in found.items() if not packages and _is_here(name)]
    if lost:
        raise FromNowhere(tuple(sorted(lost)))
    return frozenset(name for packages in found.values() for name in packages)


def lines() -> dict[str, str]:
    """Return a requirement for each installed package, by its normal name: the same version, or the same source."""
    found: dict[str, str] = {}
    for each in metadata.distributions():
        name = each.metadata["Name"]
        if name and _is_version(each.version):
            found.setdefault(normal(name), _line(name, each.version, _origin(each)))
    return found


def normal(name: str) -> str:
    """Return the name of a package as indexes know it."""
    return str(canonicalize_name(name))


def _line(name: str, version: str, origin: dict[str, Any]) -> str:
    url = str(origin.get("url", ""))
    if "vcs_info" in origin:
        return f"{name} @ {origin['vcs_info']['vcs']}+{url}@{origin['vcs_info']['commit_id']}"
    is_gone = (
        url.startswith("file:") and not _path(url).exists()
    )  # as of a wheel that was deleted: an index may have it
    return f"{name} @ {url}" if url and not is_gone else f"{name}=={version}"


def _edited(module: str) -> list[str]:
    """Return the packages, installed to be edited, in whose source a module is: their metadata do not tell its name."""
    places = _places(module)
    return [
        each.metadata["Name"]
        for each in metadata.distributions()
        if (origin := _origin(each)).get("dir_info", {}).get("editable") and _is_in(places, _path(origin["url"]))
    ]


def _origin(distribution: Any) -> dict[str, Any]:
    """Return where a package was installed from (PEP 610); empty for one of an index."""
    found: dict[str, Any] = json.loads(distribution.read_text("direct_url.json") or "{}")
    return found


def _path(url: str) -> Path:
    return Path(urllib.parse.unquote(urllib.parse.urlsplit(url).path))


def _is_in(places: Iterable[Path], folder: Path) -> bool:
    return any(folder.resolve() in place.resolve().parents for place in places)


def _is_here(module: str) -> bool:
    return module in sys.modules or bool(_places(module))


def _places(module: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):  # ValueError: a program made the module, so it has no spec
        return []
    if spec is None:
        return []
    origin = [spec.origin] if spec.has_location and spec.origin else []
    return [Path(each) for each in (*(spec.submodule_search_locations or ()), *origin)]


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except (InvalidVersion, TypeError):
        return False
    return True
