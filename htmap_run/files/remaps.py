"""Output files that HTCondor sends elsewhere: the execute side of the option ``output_remaps``.

A file with a remapped name is put into a folder of its own under the name ``<component>-<number>``, for which HTCondor has a
destination. The names are in the environment, for child processes too: ``3-0/out.txt,3-1/more.dat``, percent-encoded.
"""

from __future__ import annotations

import os

from htmap_run import names

VARIABLE = "HTMAP_REMAPPED"


class NotHandedOver(Exception):
    """A component did not hand over an output file for which its map has a destination."""


def places(scratch: str) -> dict[str, str]:
    """Return the paths for the running component's remapped files, by the files' names."""
    if VARIABLE not in os.environ:
        return {}
    from urllib.parse import unquote

    component = os.environ["HTMAP_COMPONENT"]
    found = (entry.split("/") for entry in os.environ[VARIABLE].split(","))
    return {
        unquote(name, errors="surrogateescape"): os.path.join(scratch, names.RETURN, names.REMAPPED, place)
        for place, name in found
        if place.split("-")[0] == component
    }


def check(scratch: str) -> None:
    """Check that the running component has handed over all its remapped files.

    :raises NotHandedOver: one is missing, and whoever waits for it at its destination would wait in vain.
    """
    missing = [name for name, place in places(scratch).items() if not os.path.lexists(place)]
    if missing:
        raise NotHandedOver(
            f"output_remaps has a destination for {', '.join(map(repr, missing))}, but the function did not hand it to "
            "htmap.transfer_output_files()"
        )


NotHandedOver.__module__ = "htmap"  # reports show this name
