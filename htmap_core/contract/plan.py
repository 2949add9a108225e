"""The plan of a map: all decisions that come before its submit description."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import attrs

from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.contract.walltime import Walltime
from htmap_core.settings.chain import Settings


@attrs.frozen
class MapPlan:
    """The facts about a map that plugins may use to write its submit description. Since 0.7.

    ::

        @hookimpl
        def htmap_rewrite_submit(submit, plan):
            if plan.jobs > 10_000:
                submit.set_default("max_materialize", 1000)

    :param tag: the map's tag.
    :param map_dir: the map's directory on the submit side; only the core reads and writes it. For :func:`htmap.plan` it does not
        exist.
    :param runtime: the archive that jobs run, on the submit side.
    :param components: the number of components.
    :param jobs: the number of jobs that they share.
    :param options: the map options, merged from the call, the mapped function and the settings.
    :param settings: all settings. Plugins read their own table with :func:`htmap_core.table`.
    :param pool: the pool that the map will be submitted to.
    :param checkpoints: whether jobs keep checkpoints: evictions bring them to the submit side.
    :param walltime: the time limits of the jobs; None without the option ``walltime``.
    :param is_chosen: whether HTMap has chosen how many components share a job.
    :param modules: the names of the top-level modules that the function and its inputs need on the execute node, as far as that
        is seen: not those of the standard library, and not those that travel with the map.
    :param input_schemes: the schemes of the URLs that jobs fetch input files from, also of those that replace files.
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
    walltime: Optional[Walltime] = None
    is_chosen: bool = False
    modules: frozenset[str] = frozenset()
    input_schemes: frozenset[str] = frozenset()
