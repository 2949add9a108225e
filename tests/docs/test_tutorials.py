"""Each tutorial runs on a pool from its first block to its last, as a notebook in a real kernel, and prints what it shows."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from htmap_core.cli import cli
from htmap_core.cli.docs.pages import pages
from htmap_core.testing import pool_of_its_own
from tests.docs.man_pages import as_typed
from tests.docs.sessions import environment, is_shown, page, session

TUTORIALS = [
    "first-steps",
    "basic-mapping",
    "working-with-files",
    "map-options",
    "advanced-mapping",
    "error-handling",
    "scripts",
]
WORKSHOP = ["workshop-maps", "workshop-files", "workshop-errors", "workshop-books", "workshop-solutions"]

# Pages whose reader has another site: what its machines advertise, and what its user has set. Tickets, AFS and containers are the
# matter of tests/site.
SITES = {
    "cern": (
        "",
        {"HTMAP_CERN_ENABLED": "true", "HTMAP_CERN_SEND_CREDENTIAL": "false", "HTMAP_DELIVERY_METHOD": "shared"},
    ),
    "ospool": (
        "START = !isUndefined(TARGET.ProjectName)",
        {
            "HTMAP_OSPOOL_ENABLED": "true",
            "HTMAP_OSPOOL_PROJECT": "UWMadison_Tides",
            "HTMAP_DELIVERY_METHOD": "shared",
        },
    ),
}
# Those that are stopped half-way first, and run again, as notebooks are. Others change their maps on the way.
TWICE = ["working-with-files", "advanced-mapping"]
LONG = ["workshop-solutions"]  # which are run by `make test-tutorials` alone, a part of `make test-all`
NOT_RUN = ["workshop"]  # pages without code


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (folder := tmp_path / "work").mkdir()
    return folder


@pytest.mark.pool
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [*TUTORIALS, *WORKSHOP])
def test_a_tutorial_prints_what_it_shows(name: str, folder: Path, personal_pool: Path) -> None:
    if name in LONG and "HTMAP_TEST_TUTORIALS" not in os.environ:
        pytest.skip("it takes a minute: `make test-tutorials`")
    told = environment(folder.parent / "own", personal_pool)
    before = session(name, folder, told, whole=False) if name in TWICE else []
    different = [*before, *session(name, folder, told)]
    assert different == [], "".join(map(str, different))


@pytest.mark.pool
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SITES)
def test_so_does_one_for_a_site_on_a_pool_with_its_rules(name: str, folder: Path, installed_htcondor: Path) -> None:
    configuration, told = SITES[name]
    with pool_of_its_own(installed_htcondor, configuration) as htmap_dir:
        told = {**told, "CONDOR_CONFIG": str(htmap_dir / "pool" / "condor_config")}
        different = session(name, folder, {**environment(folder.parent / "own", htmap_dir), **told})
        assert different == [], "".join(map(str, different))


def test_every_tutorial_is_run() -> None:
    found = {each.name for each in pages() if each.kind == "tutorials"}
    assert found == {*TUTORIALS, *WORKSHOP, *SITES, *NOT_RUN}


# --- what is typed where a test cannot: at a site, in a terminal


def typed(text: str) -> Iterator[str]:
    """Yield the commands of HTMap that a page has its reader type, in indented lines or in sentences."""
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for command in re.findall(r"^ {4,}(htmap .*)|`(htmap [^`]+)`", outside, flags=re.MULTILINE):
        yield "".join(command).partition(" >")[0]


def is_wrong(command: str) -> bool:
    """Return whether there is no such command, or it has no such option."""
    given: click.Command = cli
    _, *words = shlex.split(command)
    context = as_typed()
    while isinstance(given, click.Group) and words:
        found = given.get_command(context, words[0])
        if found is None:
            return True
        given, context, words = found, click.Context(found, parent=context, info_name=words[0]), words[1:]
    try:
        given.parse_args(context, words)
    except click.exceptions.NoSuchOption:
        return True
    except click.UsageError:  # a sentence names a command alone
        return False
    return False


@pytest.mark.parametrize("name", [*TUTORIALS, *WORKSHOP, *SITES, *NOT_RUN])
def test_the_commands_that_a_tutorial_names_are_there(name: str) -> None:
    assert [each for each in typed(page(name).text) if is_wrong(each)] == []


def test_such_commands_are_found() -> None:
    assert list(typed(page("workshop").text))[:2] == ["htmap doctor", "htmap docs --notebook workshop-maps"]


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("htmap status --live", False),
        ("htmap edit memory TAG 2GB", False),
        ("htmap statos", True),
        ("htmap wait --quite", True),
    ],
)
def test_a_command_that_there_is_not_is_seen(command: str, wrong: bool) -> None:
    assert is_wrong(command) == wrong


@pytest.mark.parametrize(
    ("printed", "shown", "same"),
    [
        ("Created map tide with 3 components\n[1, 2]\n", "[1, 2]\n", True),
        ("[1, 2]\n", "[1, 3]\n", False),
        ("[1, 2]\n", "", False),
        ("", "[1, 2]\n", False),
        ("tide   32.4 KB  0.5 s\n", "tide  7 MB  12 min\n", True),
        ("tide  3  32.4 KB\n", "tide  4  32.4 KB\n", False),
        ("one\ntwo\nthree\n", "one\n...\nthree\n", True),
        ("one\ntwo\nfour\n", "one\n...\nthree\n", False),
        ("\x1b[1mtide\x1b[0m\n", "tide\n", True),
    ],
)
def test_what_is_shown_is_what_was_printed_but_for_what_differs(printed: str, shown: str, same: bool) -> None:
    assert is_shown(printed, shown) == same
