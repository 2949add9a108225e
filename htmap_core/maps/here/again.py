"""Run components again where their map runs: in its pool, or on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from htmap_core import names
from htmap_core.storage import operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.rerun import States, rerun


def run_again(map_dir: MapDir, tag: str, components: Sequence[int], states: States) -> None:
    """Run components again; on this machine, to their ends. Parameters and errors are those of ``submission.rerun``.

    :raises KeyboardInterrupt: Ctrl-C ended what ran on this machine.
    """
    if not map_dir.is_here or not components:
        rerun(map_dir, tag, components, states)
        return
    from htmap_core.maps.here.machine import LocalQueue  # most maps run in a pool
    from htmap_core.maps.here.running import run

    with operations.perform(names.RUNNING, map_dir, tag):
        rerun(map_dir, tag, components, states, LocalQueue(map_dir))
        run(map_dir, tag)
