from __future__ import annotations

import json

from htmap_core.testing import PoolContract, run_htmap


class TestPool(PoolContract):
    plugin = "pool"
    distribution = "htmap-pool"
    pool = "personal"

    def test_it_offers_the_personal_pool_after_all_others(self) -> None:
        listed = json.loads(run_htmap("plugins", "list", "--json").stdout)
        assert [pool["name"] for pool in listed["pools"]][-1] == "personal"

    def test_it_offers_the_command_pool(self) -> None:
        commands = run_htmap("pool", "--help").stdout.partition("Commands:")[2].splitlines()
        assert [line.split()[0] for line in commands if line.strip()] == ["install", "logs", "start", "status", "stop"]
