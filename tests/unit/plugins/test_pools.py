"""Which schedd a map keeps, without a pool."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import NamedPoolNotFound, RequiredPluginError
from htmap_core.plugins import pools
from htmap_core.plugins.calls import Plugins
from htmap_core.plugins.pools import _with_schedd
from htmap_core.settings.chain import settings
from tests.throwaway_plugins import Site


def test_a_pool_in_htmap_dir_is_kept_without_the_name_of_its_schedd(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = htmap_dir / "pool" / "condor_config"
    configuration.parent.mkdir(parents=True, mode=0o700)
    configuration.touch()
    monkeypatch.setenv("CONDOR_CONFIG", str(configuration))
    address = PoolAddress.of_machine("machine")
    assert (address.configuration, _with_schedd(address)) == (configuration, address)


QUAY = """
class Quay(Pool):
    name, rank = "quay", 1000
    def named_by(self): return "a test"
    def find(self): return None
    def start(self): raise HTMapException("it was started")
    def advice(self): return "start it"
@hookimpl
def htmap_pools(): return [Quay()]
"""


@pytest.mark.parametrize(("looks_only", "said"), [(True, "quay: start it"), (False, "quay: it was started")])
@pytest.mark.usefixtures("htmap_dir")
def test_who_only_looks_starts_no_pool(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, looks_only: bool, said: str
) -> None:
    site.install("quay", QUAY)
    monkeypatch.setattr(pools, "plugins", plugins)
    with pytest.raises(NamedPoolNotFound) as caught:
        pools.find_pool(looks_only=looks_only)
    assert list(caught.value.tried) == [said]


@pytest.mark.parametrize("call", ["named_by", "find"])
@pytest.mark.parametrize("required", [["quay"], ["*"]])
@pytest.mark.usefixtures("htmap_dir")
def test_no_other_pool_is_taken_where_that_of_a_required_plugin_cannot_be_asked(
    site: Site, plugins: Plugins, monkeypatch: pytest.MonkeyPatch, call: str, required: list[str]
) -> None:
    site.install("quay", re.sub(rf"{call}\(self\): return .*", f"{call}(self): return 1 / 0", QUAY))
    monkeypatch.setattr(pools, "plugins", plugins)
    settings["PLUGINS.REQUIRED"] = required
    with pytest.raises(RequiredPluginError) as caught:
        pools.find_pool(looks_only=True)
    assert (caught.value.plugin, caught.value.distribution) == ("quay", "htmap-quay")
    (shown,) = (each for each in pools.check_pools() if each.pool == "quay")  # what only shows them goes on
    assert (shown.address, shown.refuses) == (None, True)
