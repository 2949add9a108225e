"""The submit descriptions that plugins make, without a pool and without a map."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from htmap_core import names, user_warnings
from htmap_core.contract.authors import Authors
from htmap_core.contract.option_values import WALLTIME
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.submit import SubmitDescription
from htmap_core.contract.walltime import Walltime, of_all_jobs
from htmap_core.maps.drafts.options import merged_options
from htmap_core.plugins.calls import plugins
from htmap_core.settings.chain import settings as chain
from htmap_core.submission import planning
from htmap_core.submission.chunking import choice
from htmap_core.submission.known_commands import check_commands
from htmap_core.submission.option_columns import OptionColumns
from htmap_core.testing.empty_pool import EmptyPool
from htmap_core.testing.own_settings import settings_with


def described(
    options: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    pool: str = "elsewhere",
    delivery_method: str | None = None,
    components: int = 3,
) -> dict[str, str]:
    """Return the submit commands that plugins make of a user's options and settings, without a pool and without a map.

    The commands are those of a map before HTMap's own are added: the user's, those of the delivery method, and those of
    ``htmap_rewrite_submit``. Nothing is prepared or submitted, and no credential is set up. Since 0.7. ::

        commands = described({"walltime": "2h"}, {"SITE.PROJECT": "tides"}, pool="site")
        assert commands["MY.MaxRuntime"] == "$(htmap_walltime)"
        assert commands["MY.ProjectName"] == '"tides"'

    :param options: the user's map options. Those with a value for each component need as many as *components*.
    :param settings: the user's settings, by their full names.
    :param pool: the name of the pool that the map goes to. It has no slots.
    :param delivery_method: the delivery method, which adds its part; None for none. What starts Python is in ``executable``, and
        what travels for it in ``transfer_input_files``.
    :param components: the number of components.
    :returns: the commands. The time limit of the largest job, if it has one, is in ``htmap_walltime``.
    :raises HTMapException: a plugin refuses the map, or HTCondor does not know a command.
    """
    with settings_with({}):
        for name, value in (settings or {}).items():
            chain[name] = value
        given = MapOptions(**(options or {}))
        merged = merged_options(given)
        columns = _filled(OptionColumns(merged), components)
        plan = plan_of(merged, pool, components, columns.walltime)
        authors = Authors(lambda name: None if name in given else chain.origin(f"MAP_OPTIONS.{name}"))
        submit = planning.begun(plan, columns.names, authors)
        if delivery_method is not None:
            plugins.describe(plugins.delivery_method(delivery_method), submit, plan)
        plugins.rewrite_submit(submit, plan)
        commands = {**submit.commands(), **planning.time_limit(submit, plan, columns.names)}
        for warning in (*submit.warnings, *check_commands(commands, None, authors.came_from)):
            user_warnings.warn(warning)
        return {**_of_delivery(submit), **commands}


def _filled(columns: OptionColumns, components: int) -> OptionColumns:
    """Take the values of options that have one for each component, as the creation of a map does."""
    for _ in range(components):
        columns.of_next()
    columns.end()
    return columns


def plan_of(options: MapOptions, pool: str, components: int = 3, walltime: Walltime | None = None) -> MapPlan:
    """Return the plan of a map that does not exist, on a pool without slots.

    :param pool: the name of the pool.
    :param walltime: the time limit of the largest job, where components have their own.
    """
    size = choice.given(None, options) or 1
    map_dir = Path(chain["HTMAP_DIR"]).expanduser() / names.MAPS / "described"
    return MapPlan(
        tag="described",
        map_dir=map_dir,
        runtime=map_dir / names.RUNTIME,
        components=components,
        jobs=math.ceil(components / size),
        options=options,
        settings=chain,
        pool=EmptyPool.named(pool),
        walltime=walltime or of_all_jobs(options.get(WALLTIME), min(size, components)),
    )


def _of_delivery(submit: SubmitDescription) -> dict[str, str]:
    """Return what a delivery method has set by methods of its own, as submit commands."""
    found = {"universe": submit.universe} if submit.universe != "vanilla" else {}
    if submit.executable != names.RUNTIME:
        found["executable"] = submit.executable
    if submit.input_files:
        found["transfer_input_files"] = ",".join(submit.input_files)
    return found
