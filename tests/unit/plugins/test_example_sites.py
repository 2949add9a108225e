"""The sites among the examples: plugins in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htmap_core import MapOptions, MapPlan, PoolAddress, Settings, SubmitDescription, Walltime
from htmap_core.plugins.calls import Plugins
from htmap_core.testing.empty_pool import EmptyPool
from tests.throwaway_plugins import Site

EXAMPLES = Path(__file__).parents[3] / "examples" / "sites"
HOUR = 3600


@pytest.fixture
def install(site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what makes the plugin of an example the only one besides the core's."""

    def installed(name: str) -> Plugins:
        monkeypatch.syspath_prepend(EXAMPLES)
        monkeypatch.setenv("HTMAP_PLUGINS", name)
        site.write_metadata(f"htmap-{name}", f"[htmap]\n{name} = {name}\n")
        assert [(each.name, each.state) for each in plugins.records() if each.hooks][1:] == [(name, "ok")]
        return plugins

    return installed


def view(pool: str) -> EmptyPool:
    found = EmptyPool()
    found.address = PoolAddress(pool)
    return found


def described(plugins: Plugins, limit: int | None, pool: str = "machine", **options: Any) -> dict[str, str]:
    """Return the submit commands of a map whose jobs may take so many seconds, after the plugins have edited them."""
    given, submit = MapOptions(**options), SubmitDescription()
    for name, value in given.fixed().items():
        submit.set(name, value)
    walltime = None if limit is None else Walltime(limit, limit)
    plan = MapPlan("tide", Path("/m"), Path("/m/a"), 3, 3, given, Settings(), view(pool), walltime=walltime)
    plugins.rewrite_submit(submit, plan)
    return submit.commands()


def test_desy_gives_jobs_the_runtime_that_they_want(install: Any) -> None:
    plugins = install("desy")
    told = {"MY.HTMapTimeLimit": "RequestRuntime"}
    assert described(plugins, HOUR) == {"MY.RequestRuntime": "$(htmap_walltime) + 600", **told}
    assert described(plugins, None) == {"MY.HTMapTimeLimit": "10800"}
    assert described(plugins, HOUR, pool="personal") == {}
    assert described(plugins, HOUR, custom_options={"RequestRuntime": 60}) == {"MY.RequestRuntime": "60", **told}
