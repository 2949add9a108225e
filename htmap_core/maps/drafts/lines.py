"""The lines of a submit description, each with who has set it."""

from __future__ import annotations

from collections.abc import Mapping

from htmap_core.contract.authors import HTMAP
from htmap_core.maps.drafts.plan import Line


def lines(commands: Mapping[str, str], authors: Mapping[str, str] | None) -> tuple[Line, ...]:
    """Return the lines of a submit description.

    :param authors: who has set each command, but for those that HTMap alone has set; None if that is not known.
    """
    if authors is None:
        return tuple(Line(name, value, "") for name, value in commands.items())
    return tuple(Line(name, value, authors.get(name, HTMAP)) for name, value in commands.items())
