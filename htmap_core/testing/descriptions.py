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
from htmap_core.contract.walltime import of_all_jobs
from htmap_core.maps import creating
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
        assert commands["MY.RequestRuntime"] == "$(htmap_walltime)"
        assert commands["MY.ProjectName"] == '"tides"'

    :param options: the user's map options.
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
        plan = plan_of(creating.merged_options(given), pool, components)
        authors, columns = (
            Authors(lambda name: None if name in given else chain.origin(f"MAP_OPTIONS.{name}")),
            OptionColumns(plan.options).names,
        )
        submit = planning.begun(plan, columns, authors)
        if delivery_method is not None:
            plugins.describe(plugins.delivery_method(delivery_method), submit, plan)
        plugins.rewrite_submit(submit, plan)
        commands = {**submit.commands(), **planning.time_limit(submit, plan, columns)}
        for warning in check_commands(commands, None, authors.origin):
            user_warnings.warn(warning)
        return {**_of_delivery(submit), **commands}


def plan_of(options: MapOptions, pool: str, components: int = 3) -> MapPlan:
    """Return the plan of a map that does not exist, on a pool without slots.

    :param pool: the name of the pool.
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
        walltime=of_all_jobs(options.get(WALLTIME), min(size, components)),
    )


def _of_delivery(submit: SubmitDescription) -> dict[str, str]:
    """Return what a delivery method has set by methods of its own, as submit commands."""
    found = {"universe": submit.universe} if submit.universe != "vanilla" else {}
    if submit.executable != names.RUNTIME:
        found["executable"] = submit.executable
    if submit.input_files:
        found["transfer_input_files"] = ",".join(submit.input_files)
    return found
