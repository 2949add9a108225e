"""What the marker of an operation on a map says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from htmap_core.files.reading import UNREADABLE, read_file
from htmap_core.files.sealed import unseal
from htmap_core.storage.faults.damage import check_shape, check_texts
from htmap_core.storage.record import address_from

_NUMBER = (int, float)
_SHAPE = {
    "tag?": str,
    "pool?": (dict, type(None)),
    "constraint?": str,
    "new_tag?": str,
    "replaces?": str,
    "together?": [int],
    "first_tried?": _NUMBER,
    "tried?": _NUMBER,
    "problem?": str,
    "at?": _NUMBER,
    "since?": _NUMBER,
    "host?": str,
}
_KEYS_OF_0_7_0 = frozenset({"tag", "host", "since", "pool", "constraint", "new_tag"})


def read_marker(marker: Path) -> dict[str, Any] | None:
    """Return the content of a marker, which is empty if its process was killed before it wrote; None if it is damaged.

    :raises FileNotFoundError: it was just deleted.
    """
    try:
        text = read_file(marker)
        content = unseal(text, unsealed=_KEYS_OF_0_7_0) if text else {}
        check_shape(content, _SHAPE)
        address_from(content.get("pool") or {"pool": ""}, marker.parent)
        check_texts({name: content.get(name, "") for name in ("tag", "new_tag", "replaces")})
    except FileNotFoundError:
        raise
    except UNREADABLE:
        return None
    return content
