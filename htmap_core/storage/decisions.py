"""What was decided for a pool: the delivery method that ``auto`` stands for there, and why. A file below HTMAP_DIR for each.

Each Python environment has its own decisions, because its plugins and its folder are among their reasons. A file that is damaged
counts as none; one that a newer HTMap has written in another format is left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Optional

import attrs

from htmap_core import names
from htmap_core.contract.delivery import Suitability
from htmap_core.exceptions import MadeByNewerHTMap
from htmap_core.files.atomic import write_atomically
from htmap_core.files.locks import locked
from htmap_core.files.ownership import make_folder
from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import seal, unseal
from htmap_core.storage.content.formats import WRITTEN, check_needs
from htmap_core.storage.root import htmap_dir

_VERDICTS = ("yes", "no", "unknown")


@attrs.frozen
class Scope:
    """What a decision is for: a pool, as a Python environment sees it.

    :param pool: the name of the pool.
    :param collector: its collector, as the configuration names it.
    :param python: the folder of the Python environment.
    """

    pool: str
    collector: str
    python: str

    @property
    def path(self) -> Path:
        """The file with the decision; it may not exist."""
        key = json.dumps([self.pool, self.collector, self.python])
        return htmap_dir() / names.DELIVERY / hashlib.sha256(key.encode()).hexdigest()[:16]


@attrs.frozen
class Decision:
    """The delivery method that was chosen for the maps on a pool.

    :param method: its name.
    :param by_user: whether the user has chosen it, with ``htmap delivery --choose``.
    :param since: when it was chosen, in seconds since the epoch.
    :param occasion: why it was decided then, as a phrase.
    :param found: what the methods of plugins said then, by name.
    :param settings: a checksum of each setting that these methods may read, by name.
    """

    scope: Scope
    method: str
    by_user: bool
    since: float
    occasion: str
    found: Mapping[str, Suitability]
    settings: Mapping[str, str]


@attrs.frozen
class Written:
    """What the file of a decision has.

    :param decision: the decision; None if there is none that can be read.
    :param is_damaged: whether that is because the file is damaged.
    :param is_newer: whether that is because a newer HTMap has written it.
    """

    decision: Optional[Decision] = None
    is_damaged: bool = False
    is_newer: bool = False


def read(scope: Scope) -> Written:
    """Return what was decided for *scope*."""
    return _read(scope.path)


def replace(before: Written, decision: Decision) -> Written:
    """Write a decision down, unless another process has decided meanwhile; return what counts now.

    :param before: what :func:`read` has returned. What a newer HTMap has written is not replaced.
    """
    path = decision.scope.path
    make_folder(path.parent)
    with locked(path):
        found = _read(path)
        if found == before and not found.is_newer:
            write_atomically(path, _text(decision))
            found = Written(decision)
    return found


def everything(python: str) -> Iterator[Decision]:
    """Yield the decisions of a Python environment for all pools."""
    for path in sorted((htmap_dir() / names.DELIVERY).glob("*")):
        decision = _read(path).decision
        if decision is not None and decision.scope.python == python:
            yield decision


def _read(path: Path) -> Written:
    try:
        text = read_file(path)
    except FileNotFoundError:
        return Written()
    except OSError:
        return Written(is_damaged=True)
    if not text:  # a lock alone
        return Written()
    try:
        content = unseal(text)
        check_needs(content, path)
        return Written(_decision(content))
    except MadeByNewerHTMap:
        return Written(is_newer=True)
    except UNREADABLE:
        return Written(is_damaged=True)


def _text(decision: Decision) -> str:
    plain = attrs.asdict(decision)
    return seal({"format": WRITTEN, **plain.pop("scope"), **plain}, indent=1)


def _decision(content: Mapping[str, Any]) -> Decision:
    said = dict(content["found"]).items()
    found = {name: Suitability(_verdict(each["verdict"]), each["reason"], int(each["rank"])) for name, each in said}
    if content["method"] not in found:
        raise ValueError("the chosen method is none of those that were asked")
    return Decision(
        scope=Scope(*(str(content[name]) for name in ("pool", "collector", "python"))),
        method=content["method"],
        by_user=bool(content["by_user"]),
        since=float(content["since"]),
        occasion=str(content["occasion"]),
        found=found,
        settings=dict(content["settings"]),
    )


def _verdict(text: str) -> Any:
    if text not in _VERDICTS:
        raise ValueError(f"unknown verdict {text!r}")
    return text
