"""The links by which input files travel whose names could not be listed."""

from __future__ import annotations

import os
import re
from pathlib import Path

from htmap_core import names


def with_true_names(map_path: Path, text: str) -> str:
    """Return HTCondor's text about a map's files, with the names of input files in place of the links that they travel by."""
    number = names.STAGED.format(number=r"\d+")
    way = rf"(?:{names.OUTPUTS}/{re.escape(names.TO_MAP)}/)?"  # jobs of earlier versions do not go by the outputs
    links = re.compile(rf"{re.escape(str(map_path))}/{way}(?:{names.ADDED}/\d+/)?{names.FILES}/\d+/{number}\b")
    return links.sub(lambda found: _target(os.path.normpath(found[0])) or found[0], text)


def _target(link: str) -> str | None:
    if not os.path.islink(link):
        return None
    return os.path.normpath(os.path.join(os.path.dirname(link), os.readlink(link)))  # one within HTMAP_DIR is relative
