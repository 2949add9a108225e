"""EOS: schedds do not see it, so no map lies there, and jobs fetch and send files by ``root://``."""

from __future__ import annotations

import os
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from htmap_cern.errors import CannotFetchFromEos, CannotSendToEos, MapOnEos
from htmap_core import InputFile

# The servers of what is below /eos.
_SERVERS = {
    "user": "eosuser.cern.ch",
    "project": "eosproject.cern.ch",
    "atlas": "eosatlas.cern.ch",
    "cms": "eoscms.cern.ch",
    "lhcb": "eoslhcb.cern.ch",
}

# How the folders of users and projects are called behind links: /eos/home-a/alice, /eos/home-i00/a/alice, /eos/project-t/tides.
_BEHIND_LINKS = {"home": "user", "project": "project"}

# What xrdcp takes as it is. It does not understand quoted characters.
_AS_IT_IS = "/@+=:~"


def refuse_maps(folder: Path) -> None:
    """Refuse a place on EOS for the directories of maps, also behind a link.

    :raises MapOnEos: the folder is on EOS.
    """
    if _is_on_eos(folder.resolve()):
        raise MapOnEos(folder)


def fetch(file: InputFile) -> None:
    """Have jobs fetch a file from EOS by ``root://``, also if a link leads there.

    :raises CannotFetchFromEos: it is on EOS, but cannot be fetched from there.
    """
    # The path as the user knows it comes first, because links within EOS lead to names that servers may not know.
    path = file.path if _is_on_eos(file.path) else Path(os.path.realpath(file.path))
    if not _is_on_eos(path):
        return
    if file.is_folder:
        raise CannotFetchFromEos(file.path, "it is a folder, and only files can be fetched by root://")
    try:
        file.fetch_from(_url(path))
    except ValueError as error:
        raise CannotFetchFromEos(file.path, str(error)) from None


def refuse_outputs(remaps: Any) -> None:
    """Refuse output files that go to EOS by a path. By ``root://`` they can.

    :param remaps: the option ``output_remaps``. Who gives the destinations of each component one by one is not asked.
    :raises CannotSendToEos: a destination is on EOS.
    """
    each = [remaps] if isinstance(remaps, Mapping) else remaps if isinstance(remaps, (list, tuple)) else []
    for mapping in each:
        for to in map(str, mapping.values() if isinstance(mapping, Mapping) else ()):
            if os.path.isabs(to) and (_is_on_eos(Path(to)) or _is_on_eos(Path(os.path.realpath(to)))):
                raise CannotSendToEos(to, _url_or_none(Path(to)))


def is_there(path: str | None) -> bool:
    """Return whether a path is on EOS."""
    return path is not None and _is_on_eos(Path(path))


def _url_or_none(path: Path) -> str | None:
    try:
        return _url(path if _is_on_eos(path) else Path(os.path.realpath(path)))
    except ValueError:
        return None


def _url(path: Path) -> str:
    """Return the URL of a file on EOS.

    :raises ValueError: it has none.
    """
    instance, *rest = _as_servers_know_it(path)
    if instance not in _SERVERS:
        raise ValueError(f"htmap-cern does not know the server of /eos/{instance}")
    wanted = "/".join(["/eos", instance, *rest])
    if urllib.parse.quote(wanted, safe=_AS_IT_IS) != wanted:
        raise ValueError("its path has characters that a URL cannot have, such as blanks or commas")
    return f"root://{_SERVERS[instance]}/{wanted}"


def _as_servers_know_it(path: Path) -> list[str]:
    """Return the parts of a path on EOS below /eos."""
    instance, *rest = path.parts[2:] or ("",)
    kind, _, part = instance.partition("-")
    if not part or kind not in _BEHIND_LINKS:
        return [instance, *rest]
    return [_BEHIND_LINKS[kind], *([part] if len(part) == 1 else []), *rest]


def _is_on_eos(path: Path) -> bool:
    return path.parts[1:2] == ("eos",)
