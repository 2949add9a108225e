"""Which pool a map goes to, and how it is reached again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import htmap
import htmap_core
from htmap.exceptions import OtherPool
from htmap_core import PoolAddress
from htmap_core.condor import connection
from htmap_core.plugins.pools import check_pools, find_pool
from htmap_core.testing import eventually
from tests.golden_files import Golden

TIMEOUT = 180


def htmap_pool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "htmap", "pool", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)


class TestWithoutAPool:
    def test_the_error_says_of_each_pool_why_not_and_what_to_type(self, htmap_dir: Path) -> None:
        with pytest.raises(htmap.exceptions.PoolNotFound) as caught:
            htmap.map(str, [1])
        assert any(attempt.startswith("machine: ") for attempt in caught.value.tried)
        assert "`htmap pool install`" in str(caught.value)

    def test_nothing_is_left_behind(self, htmap_dir: Path) -> None:
        with pytest.raises(htmap.exceptions.PoolNotFound):
            htmap.map(str, [1])
        assert not htmap_dir.exists()

    def test_a_schedd_that_the_settings_name_and_that_does_not_answer_is_named(self, htmap_dir: Path) -> None:
        htmap.settings["HTCONDOR.COLLECTOR"] = "127.0.0.1:9"
        htmap.settings["HTCONDOR.SCHEDULER"] = "nowhere.example.org"
        with pytest.raises(htmap.exceptions.PoolNotFound, match=r"nowhere\.example\.org.*127\.0\.0\.1:9"):
            htmap.map(str, [1])

    def test_a_configuration_whose_schedd_does_not_answer_is_said_to_be_one(
        self, htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, golden: Golden
    ) -> None:
        (tmp_path / "condor_config").write_text(f"LOG = {tmp_path}\nCONDOR_HOST = 127.0.0.1\n")
        monkeypatch.setenv("CONDOR_CONFIG", str(tmp_path / "condor_config"))
        with pytest.raises(htmap.exceptions.PoolNotFound) as caught:
            htmap.map(str, [1])
        (machine,) = (attempt for attempt in caught.value.tried if attempt.startswith("machine: "))
        golden("pools/a-configuration-whose-schedd-does-not-answer", machine)


@pytest.mark.pool
@pytest.mark.usefixtures("personal_pool")
class TestAPoolThatTheUserNames:
    """It is replaced by no other, although the personal pool answers."""

    @pytest.mark.parametrize(
        ("variable", "value", "named"),
        [
            ("HTMAP_CONDOR_SCHEDULER", "no-such-schedd@nowhere", "HTCONDOR.SCHEDULER"),
            ("HTMAP_CONDOR_COLLECTOR", "127.0.0.1:9", "HTCONDOR.COLLECTOR"),
            ("CONDOR_CONFIG", "/no/such/condor_config", "CONDOR_CONFIG"),
            ("_CONDOR_SCHEDD_HOST", "no-such-schedd@nowhere", "_CONDOR_SCHEDD_HOST"),
        ],
    )
    def test_the_error_has_the_name_and_its_origin(
        self,
        variable: str,
        value: str,
        named: str,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
        golden: Golden,
    ) -> None:
        monkeypatch.setenv(variable, value)
        with pytest.raises(htmap.exceptions.NamedPoolNotFound) as caught:
            htmap.map(str, [1])
        assert {named, variable} <= set(caught.value.named.replace(")", " ").split())
        assert [attempt.partition(":")[0] for attempt in caught.value.tried] == ["machine"]
        assert htmap.get_tags() == ()
        assert capfd.readouterr() == ("", "")  # the bindings have words of their own
        golden(f"pools/named-by-{variable.lower().strip('_')}", caught.value)

    @pytest.mark.parametrize("line", ["DAEMON_LIST = MASTER, SCHEDD", "SCHEDD_HOST = no-such-schedd@nowhere"])
    def test_a_configuration_with_a_schedd_names_a_pool(
        self, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "condor_config").write_text(f"LOG = {tmp_path}\n{line}\n")
        monkeypatch.setenv("CONDOR_CONFIG", str(tmp_path / "condor_config"))
        with pytest.raises(htmap.exceptions.NamedPoolNotFound) as caught:
            htmap.map(str, [1])
        assert str(tmp_path / "condor_config") in caught.value.named

    @pytest.mark.parametrize("value", ["ONLY_ENV", os.devnull, ""])
    def test_what_names_no_configuration_names_no_pool(
        self, value: str, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
    ) -> None:
        monkeypatch.setenv("CONDOR_CONFIG", value)
        mapped = htmap.map(str, [1], map_options=htmap.MapOptions(hold="true"))
        assert mapped._map_dir.record.pool.pool == "personal"
        assert not [each for each in recwarn if each.category is OtherPool]

    def test_maps_of_other_pools_are_reached_all_the_same(self, monkeypatch: pytest.MonkeyPatch) -> None:
        waiting = htmap.map(str, [1], map_options=htmap.MapOptions(requirements="false"))
        monkeypatch.setenv("CONDOR_CONFIG", "/no/such/condor_config")
        monkeypatch.setenv("HTMAP_CONDOR_SCHEDULER", "no-such-schedd@nowhere")
        waiting.hold()
        eventually(lambda: [str(each) for each in waiting.component_statuses] == ["HELD"], says="the map is not held")

    def test_the_checks_of_pools_leave_the_others_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTMAP_CONDOR_SCHEDULER", "no-such-schedd@nowhere")
        checked = {each.pool: each for each in check_pools()}
        assert {"machine", "personal"} <= checked.keys()
        assert [each.address for each in checked.values() if each.address] == []
        assert "HTMAP_CONDOR_SCHEDULER" in checked["personal"].reason


@pytest.mark.pool
class TestTheMachinesOwnPool:
    def test_it_comes_before_the_personal_one(self, personal_pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CONDOR_CONFIG", str(personal_pool / "pool" / "condor_config"))
        mapped = htmap.map(str, [1])
        assert mapped.get(0, timeout=TIMEOUT) == "1"
        assert mapped._map_dir.record.pool.pool == "machine"
        monkeypatch.delenv("CONDOR_CONFIG")
        waiting = htmap.map(str, [1], map_options=htmap.MapOptions(requirements="false"))
        assert waiting._map_dir.record.pool.pool == "personal"
        mapped.rerun()  # in the pool that it was made in, however that was found then
        assert mapped.get(0, timeout=TIMEOUT) == "1"

    def test_where_its_schedd_does_not_answer_and_nothing_names_one_the_personal_one_is_used_with_a_warning(
        self, personal_pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "condor_config").write_text(f"LOG = {tmp_path}\nCONDOR_HOST = 127.0.0.1\n")
        monkeypatch.setenv("CONDOR_CONFIG", str(tmp_path / "condor_config"))
        with pytest.warns(OtherPool) as caught:
            mapped = htmap.map(str, [1])
        warned = caught[0].message
        assert isinstance(warned, OtherPool)
        assert (warned.pool, warned.chosen) == ("machine", "personal")
        assert mapped.get(0, timeout=TIMEOUT) == "1"
        assert mapped._map_dir.record.pool.pool == "personal"

    def test_a_schedd_that_the_collector_does_not_know_is_not_taken_for_the_local_one(
        self, personal_pool: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("CONDOR_CONFIG", str(personal_pool / "pool" / "condor_config"))
        stranger = htmap_core.connect(PoolAddress.of_machine("machine", schedd="nobody.example.org"))
        assert not stranger.answers()
        with pytest.raises(htmap.exceptions.PoolUnavailable) as caught:
            connection.Connection(stranger.address).query_jobs("true")
        assert "'nobody.example.org'" in caught.value.reason

    def test_a_schedd_answers_for_itself_whether_it_is_named_or_not(self, personal_pool: Path) -> None:
        local = connection.Connection(find_pool()[1].address)
        named = connection.Connection(attrs.evolve(local.address, schedd=local.schedd_ad()["Name"]))
        limits = [each.query_schedd(["MaxJobsRunning"])["MaxJobsRunning"] for each in (local, named)]
        assert isinstance(limits[0], int)
        assert limits[0] == limits[1]

    def test_finding_a_pool_leaves_the_users_environment_as_it_was(self, personal_pool: Path) -> None:
        before = os.environ.get("CONDOR_CONFIG")
        htmap.map(str, [1])
        assert os.environ.get("CONDOR_CONFIG") == before


@pytest.fixture
def installed_pool(htmap_dir: Path, installed_htcondor: Path) -> Iterator[Path]:
    """An HTMAP_DIR in which a pool is installed, but does not run."""
    (htmap_dir / "pool").mkdir(parents=True)
    (htmap_dir / "pool" / "htcondor").symlink_to(installed_htcondor / "pool" / "htcondor")
    yield htmap_dir
    htmap_pool("stop")


@pytest.mark.pool
class TestAnInstalledPool:
    def test_it_is_started_by_the_first_map_and_again_by_what_needs_it(self, installed_pool: Path) -> None:
        mapped = htmap.map(str, [1], tag="first")
        assert mapped.get(0, timeout=TIMEOUT) == "1"
        waiting = htmap.map(str, [1], tag="second", map_options=htmap.MapOptions(requirements="false"))
        assert htmap_pool("stop").returncode == 0
        assert (mapped[0], str(waiting.component_statuses[0])) == ("1", "IDLE")
        assert htmap_pool("status").returncode == 3
        waiting.remove()
        assert htmap.get_tags() == ("first",)
        assert htmap_pool("status").returncode == 0

    def test_its_configuration_names_it_also_while_it_does_not_run(
        self, installed_pool: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
    ) -> None:
        assert htmap_pool("start").returncode == 0
        assert htmap_pool("stop").returncode == 0
        monkeypatch.setenv("CONDOR_CONFIG", str(installed_pool / "pool" / "condor_config"))
        assert htmap.map(str, [1]).get(0, timeout=TIMEOUT) == "1"
        assert not [each for each in recwarn if each.category is OtherPool]

    def test_it_is_not_started_in_place_of_a_named_one(
        self, installed_pool: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTMAP_CONDOR_SCHEDULER", "no-such-schedd@nowhere")
        with pytest.raises(htmap.exceptions.NamedPoolNotFound):
            htmap.map(str, [1])
        assert htmap_pool("status").returncode == 3

    def test_it_is_not_started_against_the_users_will(self, installed_pool: Path) -> None:
        htmap.settings["POOL.AUTOSTART"] = False
        with pytest.raises(htmap.exceptions.PoolNotFound, match="`htmap pool start`"):
            htmap.map(str, [1])
        assert htmap_pool("status").returncode == 3
