"""Output files that HTCondor sends elsewhere than back: what the execute side does about the option ``output_remaps``.

A file that a component hands over under a remapped name is put into a folder of its own, under ``<component>-<number>``, which
is what HTCondor has a destination for. The names are in the environment, so that child processes have them too:
``3-0/out.txt,3-1/more.dat``, percent-encoded.
"""

from __future__ import annotations

import os

from htmap_run import names

VARIABLE = "HTMAP_REMAPPED"


class NotHandedOver(Exception):
    """A component did not hand over an output file that its map sends elsewhere."""


def places(scratch: str) -> dict[str, str]:
    """Return where the running component's remapped files are put, by their names."""
    if VARIABLE not in os.environ:
        return {}
    from urllib.parse import unquote

    component = os.environ["HTMAP_COMPONENT"]
    found = (entry.split("/") for entry in os.environ[VARIABLE].split(","))
    return {
        unquote(name): os.path.join(scratch, names.RETURNED_REMAPPED, place)
        for place, name in found
        if place.split("-")[0] == component
    }


def check(scratch: str) -> None:
    """Check that the running component has handed over all of its remapped files.

    :raises NotHandedOver: it has not, and whoever waits for a file at its destination would wait in vain.
    """
    missing = [name for name, place in places(scratch).items() if not os.path.lexists(place)]
    if missing:
        raise NotHandedOver(
            f"output_remaps has a destination for {', '.join(map(repr, missing))}, which the function did not hand to "
            "htmap.transfer_output_files()"
        )


NotHandedOver.__module__ = "htmap"  # the name that reports show
