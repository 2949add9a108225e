"""Submit commands that nobody knows."""

from __future__ import annotations

import attrs
import pytest

from htmap_core.exceptions import CondorRefused, UnknownOption
from htmap_core.submission import known_commands
from htmap_core.submission.known_commands import check_commands, taken_by_plugins


@attrs.frozen
class Harbour:
    """A pool with commands and resources of its own."""

    commands: str | None = "LongJob = true"
    having: int = 0
    is_silent: bool = False

    def schedd_parameter(self, name: str) -> str | None:
        if self.is_silent:
            raise CondorRefused("it rains")
        return self.commands if name == "EXTENDED_SUBMIT_COMMANDS" else None

    def count(self, expression: str) -> tuple[int, int]:
        return (self.having if "Totalfpgas" in expression else 0), 3


def known(pool: Harbour | None, *used: str, **commands: str) -> list[str]:
    """Return the names of which there is a warning."""
    found = check_commands(commands, pool, {"colour": "~/.htmaprc"}.get, used)
    return [warning.name for warning in found]


def test_a_command_that_nobody_knows_is_refused_with_the_nearest_names_and_its_origin() -> None:
    with pytest.raises(UnknownOption) as raised:
        known(Harbour(), request_cpus="1", memory="2GB")
    assert (raised.value.name, raised.value.nearest, raised.value.origin) == ("memory", ("request_memory",), None)
    with pytest.raises(UnknownOption) as raised:
        known(Harbour(), colour="blue")
    assert (raised.value.nearest, raised.value.origin) == ((), "~/.htmaprc")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("max_runtime", "walltime"), ("timeout", "walltime"), ("mem", "request_memory"), ("ncpus", "request_cpus")],
)
def test_the_names_of_other_systems_lead_to_the_option(name: str, meant: str) -> None:
    with pytest.raises(UnknownOption) as caught:
        check_commands({name: "7"}, Harbour(), lambda _: None)
    assert caught.value.nearest == (meant,)


def test_known_are_htcondors_names_the_pools_own_and_what_other_values_use() -> None:
    assert known(Harbour(), RANK="$(Weight)", weight="3", longjob="1", chunksize="2") == []
    assert known(Harbour(), "weight", weight="3") == []
    assert known(Harbour(), **{"MY.Memry": "3"}) == []


def test_a_resource_of_the_pools_own_is_known_if_its_slots_have_it_and_others_may_come() -> None:
    assert known(Harbour(having=1), request_fpgas="1") == []
    assert known(Harbour(), request_fpgas="1") == ["request_fpgas"]


@pytest.mark.parametrize("pool", [None, Harbour(is_silent=True)])
def test_where_no_pool_can_be_asked_only_what_looks_like_a_command_is_refused(pool: Harbour | None) -> None:
    assert known(pool, colour="blue", request_fpgas="1") == ["colour", "request_fpgas"]
    with pytest.raises(UnknownOption):
        known(pool, request_memmory="2GB")


def test_a_newer_htcondor_may_know_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_commands, "bindings_version", lambda: "$CondorVersion: 99.1.2 2040-01-01 $")
    assert known(Harbour(), request_memmory="2GB") == ["request_memmory"]


def test_what_an_older_htcondor_does_not_know_yet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_commands, "bindings_version", lambda: "$CondorVersion: 24.0.24 2026-01-01 $")
    with pytest.raises(UnknownOption) as raised:
        known(None, retry_request_memory="2GB")
    assert raised.value.nearest == ()


def test_what_a_plugin_has_a_setting_for_it_may_take() -> None:
    assert taken_by_plugins(["MaxRuntime", "max_runtime", "colour"]) == {"MaxRuntime", "max_runtime"}
