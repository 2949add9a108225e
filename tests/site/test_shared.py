"""The delivery method shared: a host that has the submit side's Python at the same path, and one that only says so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from tests.site.contracts import TIMEOUT, DeliverySiteContract
from tests.site.hosts import CHECKOUT, Site

DOMAIN = "shared.example.org"
SHARED = (Path(sys.prefix), Path(sys.base_prefix))


class TestShared(DeliverySiteContract):
    method = "shared"
    shares_files = (Path(sys.prefix), CHECKOUT)  # a virtual environment may lie inside of the checkout
    never_another_python = "what runs is the very Python that submits"

    @classmethod
    def add_hosts(cls, site: Site) -> None:
        visible = [path for path in dict.fromkeys(SHARED) if path != Path("/usr")]
        site.add_host("shares", config=f"FILESYSTEM_DOMAIN = {DOMAIN}", visible=visible, as_owner=True)
        site.add_host("apart")

    @classmethod
    def client_config(cls) -> str:
        return f"FILESYSTEM_DOMAIN = {DOMAIN}"

    def test_components_run_in_this_very_environment(self) -> None:
        def where(_: int) -> tuple[str, str]:
            return sys.executable, sys.prefix

        assert htmap.map(where, [0]).get(0, timeout=TIMEOUT) == (sys.executable, sys.prefix)

    def test_jobs_go_only_to_hosts_that_say_that_they_share_files(self) -> None:
        def host(_: int) -> Any:
            import platform

            return platform.node()

        assert set(htmap.map(host, range(6)).iter(timeout=TIMEOUT)) == {"shares"}

    def test_a_claim_is_not_believed_where_this_python_is_on_a_disk_of_this_machine(self) -> None:
        found = _suitability()
        assert found.verdict != "yes"
        assert found.reason.startswith("1 of 2 slots ")
        assert repr(DOMAIN) in found.reason


class TestAHostThatSharesNothing:
    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def liar(cls, site: Site) -> None:
        site.add_host("liar", config="FILESYSTEM_DOMAIN = liar.example.org")

    def test_shared_says_no(self, site: Site) -> None:
        with site.client("FILESYSTEM_DOMAIN = elsewhere.example.org"):
            found = _suitability()
        assert found.verdict == "no"
        assert found.reason.startswith(f"0 of {len(site.hosts)} slots ")

    def test_a_host_that_only_says_that_it_shares_files_holds_the_job_with_the_path_of_the_python(
        self, site: Site
    ) -> None:
        with site.client("FILESYSTEM_DOMAIN = liar.example.org"):
            htmap.settings["DELIVERY_METHOD"] = "shared"
            mapped = htmap.map(str, [1])
            with pytest.raises(htmap.exceptions.MapComponentHeld, match=sys.executable):
                mapped.get(0, timeout=TIMEOUT)


def _suitability() -> Any:
    _, pool = pools.find_pool()
    return plugins.check(plugins.delivery_method("shared"), pool)
