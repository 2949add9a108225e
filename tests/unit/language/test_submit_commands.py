"""Names of submit commands."""

from __future__ import annotations

import pytest

from htmap_core.language.submit_commands import defined, is_command, nearest, referred_to

NEWEST = (25, 14)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("memory", "request_memory"),
        ("requestmemory", "request_memory"),
        ("request_gpu", "request_gpus"),
        ("request_mem", "request_memory"),
        ("request_memmory", "request_memory"),
        ("cpus", "request_cpus"),
        ("requestdisk", "request_disk"),
        ("requirement", "requirements"),
        ("accountinggroup", "accounting_group"),
        ("dockerimg", "docker_image"),
        ("environnment", "environment"),
    ],
)
def test_a_name_that_htcondor_would_drop_is_unknown_and_looks_like_the_command_that_was_meant(
    name: str, meant: str
) -> None:
    assert not is_command(name, NEWEST)
    assert nearest(name)[0] == meant
    assert is_command(meant, NEWEST)


@pytest.mark.parametrize(
    "name",
    [
        "rank",
        "jobleaseduration",
        "coresize",
        "allowedjobduration",
        "requestgpus",
        "ec2_tag_project",
        "box_oauth_permissions_mine",
        "transform_body_x",
        "web_container_port",
    ],
)
def test_names_of_attributes_and_names_with_a_part_of_the_users_own_are_known(name: str) -> None:
    assert is_command(name, (24, 0))


def test_a_command_is_known_to_versions_that_may_have_it() -> None:
    assert not is_command("retry_request_memory", (25, 0))
    assert is_command("retry_request_memory", (25, 1))
    assert not is_command("shell", (24, 0))
    assert is_command("shell", (24, 12))


def test_what_htmap_sets_itself_is_never_suggested() -> None:
    assert "arguments" not in nearest("argument")


def test_names_of_no_command_are_like_none() -> None:
    assert nearest("jobflavour") == nearest("colour") == nearest("request_foo") == ()


def test_macros_and_definitions_are_found_in_any_spelling() -> None:
    assert referred_to("$(Folder:none)/$Fnx(path) $CHOICE(n, words) $$(CondorScratchDir)") >= {
        "folder",
        "path",
        "words",
    }
    assert defined('[ LongJob = true; Project = "a == b" ]') == {"longjob", "project"}
