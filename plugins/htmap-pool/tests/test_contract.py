from __future__ import annotations

from htmap_core.plugins.calls import Plugins
from htmap_core.testing import PluginContract


class TestPool(PluginContract):
    plugin = "pool"
    distribution = "htmap-pool"

    def test_it_offers_the_personal_pool_after_all_others(self) -> None:
        assert [pool.name for pool in Plugins().pools()][-1] == "personal"

    def test_it_offers_the_command_pool(self) -> None:
        assert sorted(Plugins().commands()["pool"].commands) == ["install", "logs", "start", "status", "stop"]  # type: ignore[attr-defined]
