"""The plan of a map: what is settled before its submit description is written."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.settings.chain import Settings


@attrs.frozen
class MapPlan:
    """What plugins are told of a map while its submit description is made.

    :param tag: the map's tag.
    :param map_dir: the map's directory on the submit side; only the core reads and writes it.
    :param runtime: the archive that runs on the execute node, on the submit side.
    :param components: how many components the map has.
    :param jobs: how many jobs they share.
    :param options: the map options, merged from the call, the mapped function and the settings.
    :param settings: all settings. Plugins read their own table with :func:`htmap_core.table`.
    :param pool: the pool that the map will be submitted to.
    :param checkpoints: whether its jobs reach the submit side while they run (by HTCondor's chirp), to keep checkpoints there.
    """

    tag: str
    map_dir: Path
    runtime: Path
    components: int
    jobs: int
    options: MapOptions
    settings: Settings
    pool: PoolView
    checkpoints: bool = False
