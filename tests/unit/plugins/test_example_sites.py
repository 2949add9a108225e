"""The sites among the examples: plugins in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htmap_core import InputFile, MapOptions, MapPlan, PoolAddress, Settings, SubmitDescription, Walltime
from htmap_core.exceptions import HTMapException, InvalidOption
from htmap_core.plugins.calls import Plugins
from htmap_core.plugins.sites.rules import SiteRules
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


def fetched(plugins: Plugins, file: InputFile, pool: str = "machine") -> tuple[str | None, int]:
    """Return the URL by which a file travels, and how many warnings there are of it."""
    rule = SiteRules(view(pool), plugins).of_inputs()
    assert rule is not None
    rule(file)
    return file.url, len(file.warnings)


def test_desy_gives_jobs_the_runtime_that_they_want(install: Any) -> None:
    plugins = install("desy")
    told = {"MY.HTMapTimeLimit": "RequestRuntime"}
    assert described(plugins, HOUR) == {"MY.RequestRuntime": "$(htmap_walltime) + 600", **told}
    assert described(plugins, None) == {"MY.HTMapTimeLimit": "10800"}
    assert described(plugins, HOUR, pool="personal") == {}
    assert described(plugins, HOUR, custom_options={"RequestRuntime": 60}) == {"MY.RequestRuntime": "60", **told}


@pytest.mark.parametrize(
    ("limit", "category"), [(HOUR, "Medium"), (10 * HOUR, "Medium"), (11 * HOUR, "Long"), (40 * HOUR, "Long")]
)
def test_the_ospool_gets_the_category_that_is_long_enough(install: Any, limit: int, category: str) -> None:
    plugins = install("ospool")
    assert described(plugins, limit) == {"MY.JobDurationCategory": f'"{category}"'}


def test_the_ospool_gets_no_category_unless_the_user_wants_one(install: Any) -> None:
    plugins = install("ospool")
    assert described(plugins, None) == described(plugins, HOUR, pool="personal") == {}
    own = {"JobDurationCategory": '"Long"'}
    assert described(plugins, HOUR, custom_options=own) == {"MY.JobDurationCategory": '"Long"'}


def test_what_takes_longer_than_the_ospool_allows_is_refused(install: Any) -> None:
    plugins = install("ospool")
    with pytest.raises(InvalidOption) as caught:
        described(plugins, 41 * HOUR)
    assert caught.value.name == "walltime"


def test_files_of_the_ospool_travel_by_osdf_and_large_ones_elsewhere_are_told(install: Any) -> None:
    plugins = install("ospool")
    shared = InputFile(Path("/ospool/ap40/data/ada/high tide.csv"), 5_000_000_000)
    assert fetched(plugins, shared) == ("osdf:///ospool/ap40/data/ada/high%20tide.csv", 0)
    assert fetched(plugins, InputFile(Path("/home/ada/tide.csv"), 1000)) == (None, 0)
    assert fetched(plugins, InputFile(Path("/home/ada/tide.csv"), 5_000_000_000)) == (None, 1)
    with pytest.raises(HTMapException, match="/ospool/ap40/data/ada"):
        fetched(plugins, InputFile(Path("/ospool/ap40/data/ada"), is_folder=True))
