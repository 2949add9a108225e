"""The contracts of plugins: isolated, with reasons, and with values where a promise is broken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from htmap_core import DeliveryMethod, MapOptions, MapPlan, SubmitDescription, SuspiciousMap
from htmap_core.exceptions import UnknownOption, UnknownPythonDeliveryMethod
from htmap_core.plugins.calls import plugins
from htmap_core.testing import DeliveryMethodContract, TransferProtocolContract, described, only_plugins
from htmap_core.testing.descriptions import plan_of
from tests.throwaway_plugins import Site

LOUD = """
@hookimpl
def htmap_rewrite_submit(submit, plan):
    submit.set("request_memory", "9GB")
"""


@pytest.fixture
def site(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return Site(folder)


# --- isolation


def test_only_the_named_plugins_are_there_and_all_of_them_afterwards(site: Site) -> None:
    before = {record.name: record.state for record in plugins.records()}
    site.install("loud", LOUD)
    with only_plugins("loud"):
        states = {record.name: record.state for record in plugins.records()}
        assert {name for name, state in states.items() if state == "ok"} == {"core", "loud"}
        assert os.environ["HTMAP_PLUGINS"] == "loud"
        with only_plugins():
            assert plugins.delivery_methods() == {}
        assert described()["request_memory"] == "9GB"
    assert "HTMAP_PLUGINS" not in os.environ
    assert {record.name: record.state for record in plugins.records()} == before


CONTRACT = """
from htmap_core.testing import DeliveryMethodContract

class TestRowboat(DeliveryMethodContract):
    plugin = "rowboat"
    distribution = "{distribution}"
    method = "rowboat"
    personal_pool_lacks = "water"

    def test_a_neighbour_has_no_say(self):
        from htmap_core.testing import described
        assert described()["request_memory"] == "128MB"
"""


def ran(site: Site, distribution: str) -> subprocess.CompletedProcess[str]:
    """Run the contract of a plugin beside one that would change all maps, as pytest's own process."""
    site.install("rowboat")
    site.require("htmap-rowboat", "htmap-core>=0.7")
    site.install("loud", LOUD)
    tests = site.folder.parent / "tests"
    tests.mkdir()
    (tests / "conftest.py").write_text('pytest_plugins = ["htmap_core.testing.fixtures"]\n')
    (tests / "test_contract.py").write_text(CONTRACT.format(distribution=distribution))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "--strict-markers"]
    return subprocess.run(command, env=site.environment(), cwd=tests, capture_output=True, text=True, check=False)


def test_a_contract_is_kept_beside_a_plugin_that_changes_all_maps(site: Site) -> None:
    done = ran(site, "htmap-rowboat")
    assert done.returncode == 0, done.stdout


def test_a_promise_that_is_broken_shows_the_values(site: Site) -> None:
    done = ran(site, "htmap-dinghy")
    assert done.returncode == 1
    assert "[('htmap-rowboat', 'ok')] == [('htmap-dinghy', 'ok')]" in done.stdout


# --- reasons


@pytest.mark.parametrize("reason", [True, "  ", None, 3])
def test_what_is_switched_off_must_say_why(reason: object) -> None:
    with pytest.raises(TypeError, match=r"Dinghy\.personal_pool_lacks"):
        type("Dinghy", (DeliveryMethodContract,), {"personal_pool_lacks": reason})


def test_a_reason_for_what_is_there_is_noticed() -> None:
    class Cellar(TransferProtocolContract):
        scheme: ClassVar[str] = "https"
        cannot_send = "it is read-only"
        has_no_script = "HTCondor has one"

    with pytest.raises(AssertionError):
        Cellar().test_what_it_lacks_has_a_reason_and_what_it_has_has_none(plugins.transfer_protocols()["https"])


@pytest.mark.parametrize("program", ["/nowhere/start.sh", os.path.relpath(__file__)])
def test_a_program_that_is_not_there_is_noticed(program: str) -> None:
    class Dinghy(DeliveryMethod):
        name = "dinghy"

        def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
            submit.launch_with(program, transfer=True)

    class Lugger(Dinghy):
        def prepare(self, plan: MapPlan) -> None:
            """Make the program."""

    plan, promises = plan_of(MapOptions(), "harbour"), DeliveryMethodContract()
    with pytest.raises(AssertionError):
        promises.test_the_program_that_it_sends_is_in_its_distribution(Dinghy(), plan)
    promises.test_the_program_that_it_sends_is_in_its_distribution(Lugger(), plan)


# --- descriptions without a pool

RULES = """
@attrs.frozen
class Rules:
    project: str = attrs.field(default="none", metadata={"meaning": "the project"})
@hookimpl
def htmap_settings(): return {"RULES": Rules}
@hookimpl
def htmap_rewrite_submit(submit, plan):
    if plan.pool.address.pool == "harbour":
        submit.set_attribute("Project", quoted(table("RULES", Rules, plan.settings).project))
        submit.set_attribute("Jobs", plan.jobs)
        submit.set_default("request_memory", "2GB")
        if plan.walltime is not None:
            submit.set_attribute("Runtime", plan.walltime.seconds)
@hookimpl
def htmap_setup_credentials(submit, plan): raise RuntimeError("asked for a credential")
@hookimpl
def htmap_delivery_methods(): return [Method("rowboat")]
"""


def test_rules_are_described_without_a_pool_or_a_map(site: Site, htmap_dir: Path) -> None:
    site.install("rules", RULES)
    with only_plugins("rules"):
        told = described({"walltime": "2h", "request_cpus": 3}, {"RULES.PROJECT": "tides"}, pool="harbour")
        assert (told["MY.Project"], told["request_cpus"], told["request_memory"]) == ('"tides"', "3", "2GB")
        assert (told["MY.Runtime"], told["allowed_execute_duration"]) == ("$(htmap_walltime)",) * 2
        assert int(told["htmap_walltime"]) >= 7200
        assert described(settings={"MAP_OPTIONS.request_memory": "5GB"}, pool="harbour")["request_memory"] == "5GB"
        assert described(pool="harbour")["MY.Project"] == '"none"'
        assert described({"chunksize": 4}, pool="harbour", components=10)["MY.Jobs"] == "3"
        assert "MY.Project" not in described(pool="elsewhere")
        each = described({"walltime": ["1h", "2h"], "request_cpus": [1, 2]}, pool="harbour", components=2)
        assert (each["MY.Runtime"], each["request_cpus"]) == ("$(htmap_walltime)", "$(htmap_option0)")
    assert not htmap_dir.exists()


def test_a_delivery_method_adds_its_part(site: Site) -> None:
    site.install("rules", RULES)
    with only_plugins("rules"):
        assert described(delivery_method="rowboat")["MY.DescribedBy"] == '"rowboat"'
        assert "MY.DescribedBy" not in described()
        with pytest.raises(UnknownPythonDeliveryMethod):
            described(delivery_method="dinghy")


def test_what_starts_python_and_what_travels_for_it_are_told(site: Site) -> None:
    site.install("rules", RULES)
    with only_plugins("shared"):
        assert described(delivery_method="shared")["executable"] == sys.executable


def test_what_a_plugin_warns_of_is_told(site: Site) -> None:
    site.install("doubts", "@hookimpl\ndef htmap_rewrite_submit(submit): submit.warn(SuspiciousMap('rough sea'))")
    with only_plugins("doubts"), pytest.warns(SuspiciousMap, match="rough"):
        described()


def test_a_command_that_is_misspelt_is_refused(htmap_dir: Path) -> None:
    with only_plugins(), pytest.raises(UnknownOption):
        described({"request_memmory": "2GB"})
