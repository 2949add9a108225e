"""``--json``: every command answers an object of its documented class, whatever tags and texts are in it, also where it fails."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as any_

import htmap
from htmap_core import names
from htmap_core.cli.machine.writing import as_json
from htmap_core.components import ComponentStatus
from htmap_core.storage.tags import claim_tag
from htmap_core.testing import run_htmap
from htmap_core.tracking import source
from tests import answers
from tests.answers import answer, commands, takes_json
from tests.returned import Error
from tests.terminals import sent_to_a_terminal
from tests.throwaway_plugins import Site
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates

Type = Callable[..., subprocess.CompletedProcess[str]]

COMPLETED, ERRORED, HELD = ComponentStatus.COMPLETED, ComponentStatus.ERRORED, ComponentStatus.HELD

# What a map can be called, with all that shells, JSON, terminals and programs take for something else.
TAGS = {
    "shell": "it's-$(touch,x)`;&#",
    "emoji": "日本-🌊-e\u0301",
    "null": "null",
    "format": "%s{}=1+1",
    "long": "é" * 100,
}
NASTY = 'high "tide"\x00\x07\x1b[31m\x7f\x9b\u2028\u202e \udcff \N{WATER WAVE} \\ \r\n<&>'

# What is asked of a map whose components have completed, failed and are held.
OF_A_MAP = {
    "components": ["components TAG", "components TAG --chunks", "components TAG --status errored"],
    "errors": ["errors TAG", "errors TAG --all", "errors TAG --limit 1", "errors --all"],
    "reasons": ["reasons TAG", "reasons -p *"],
    "stdout": ["stdout TAG 0"],
    "stderr": ["stderr TAG 0"],
    "collect": ["collect TAG collected", "collect TAG collected --with-failed --include *.csv --components 0-2"],
    "why": ["why TAG", "why TAG 1 2"],
    "path": ["path TAG", "path TAG:events"],
    "status": ["status", "status --no-state --no-meta"],
    "tags": ["tags", "tags -p *"],
}

# What is done to one that runs in no queue.
ON_A_MAP_HERE = {
    "advise": ["advise TAG"],
    "plan": ["plan TAG"],
    "submit-file": ["submit-file TAG", "submit-file TAG 0"],
    "wait": ["wait TAG", "wait TAG --acceptable 0.5"],
    **{act: [f"{act} TAG", f"{act} TAG --components 0"] for act in ("hold", "release", "pause", "resume", "vacate")},
    "edit memory": ["edit memory TAG 2GB"],
    "edit disk": ["edit disk TAG 2GB --components 0"],
    "edit walltime": ["edit walltime TAG 2h"],
    "rerun components": ["rerun components TAG 0"],
    "rerun failed": ["rerun failed TAG"],
    "rerun map": ["rerun map TAG"],
    "retag": ["retag TAG other-🌊"],
    "remove": ["remove other-🌊"],
}

OF_HTMAP = {
    "clean": ["clean"],
    "settings": ["settings", "settings --user", "settings --explain"],
    "set": ["set MAP_OPTIONS.notify_user é\U0001f30a"],
    "unset": ["unset MAP_OPTIONS.notify_user", "unset WAIT_TIME"],
    "docs": ["docs", "docs files", "docs retry memory"],
    "doctor": ["doctor"],
    "settle": ["settle"],
    "plugins list": ["plugins list"],
    "plugins show": ["plugins show pool", "plugins show assume"],
    "plugins new": ["plugins new boats --kind delivery"],
    "delivery": ["delivery"],
    "logs": ["logs", "logs --view"],
    "version": ["version"],
    "autocompletion": ["autocompletion --shell bash", "autocompletion --shell fish"],
    "move": ["move FOLDER"],
    "pool status": ["pool status"],
    "pool stop": ["pool stop"],
    "pool logs": ["pool logs"],
    "packages info": ["packages info"],
    "packages remove": ["packages remove --unused"],
    "transplants info": ["transplants info"],
    "transplants remove": ["transplants remove --unused"],
}

# These need a pool, or something packed.
ELSEWHERE = {
    "transplants export": "plugins/htmap-transplant/tests/test_commands.py",
    "job": "tests/pool/test_cli.py",
    **dict.fromkeys(["pool install", "pool start"], "tests/pool/test_answers.py"),
}


def told(command: str, typed: str, **words: str) -> dict[str, Any]:
    """Return the answer to what was typed; it is not one of errors alone."""
    arguments = [words.get(each) or each.replace("TAG:", f"{words.get('TAG')}:") for each in typed.split(" ")]
    ran = run_htmap(*arguments, "--json")
    found = answer(command, ran.stdout)
    assert found.keys() != {"errors"}, found
    return found


@pytest.fixture
def hostile(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what makes a map with a tag: its first component has completed, the next two have failed, the last is held."""

    def make(tag: str) -> None:
        failures = {n: Error(text=f"ValueError: {NASTY}", traceback=NASTY) for n in (1, 2)}
        made = make_map(
            "tide", 4, {0: float("nan"), **failures}
        )  # its id, which the fixture makes of the tag, is ASCII
        (made.root / names.TAGS / "tide").unlink()
        claim_tag(made.root, made.id, tag)

    monkeypatch.setattr(source, "of", lambda _: FixedStates([[COMPLETED, ERRORED, ERRORED, HELD]]))
    return make


def test_every_command_answers_programs_but_where_there_is_a_reason() -> None:
    assert {name for name, command in commands().items() if not takes_json(command)} == set(answers.WITHOUT)


def test_the_answer_of_every_command_is_checked() -> None:
    checked = {*OF_A_MAP, *ON_A_MAP_HERE, *OF_HTMAP, *ELSEWHERE}
    assert checked == {name for name, command in commands().items() if takes_json(command)}


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
def test_what_a_command_shows_of_a_map_is_of_its_class_over_hostile_tags_and_texts(
    hostile: Callable[[str], None], tag: str
) -> None:
    hostile(tag)
    for command, lines in OF_A_MAP.items():
        for line in lines:
            found = told(command, line, TAG=tag)
            assert found["errors"] == []
            named = [found, *found.get("maps", ())] if "tags" not in found else [{"tag": found["tags"][0]}]
            assert {each["tag"] for each in named if "tag" in each} == {tag}


@pytest.mark.parametrize("tag", TAGS.values(), ids=TAGS)
@pytest.mark.filterwarnings("default::htmap_core.user_warnings.NoQueue")
def test_what_a_command_does_to_a_map_is_of_its_class_over_hostile_tags(htmap_dir: Path, tag: str) -> None:
    htmap.map(lambda x: 1 / x, [1, 0], tag=tag, where="here", map_options=htmap.MapOptions(request_memory="1GB"))
    for command, lines in ON_A_MAP_HERE.items():
        for line in lines:
            told(command, line, TAG=tag)
    assert htmap.get_tags() == ()


def test_what_a_command_says_of_htmap_is_of_its_class(
    htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    htmap.map(str, [1], where="here")
    for command, lines in OF_HTMAP.items():
        for line in lines:
            told(command, line, FOLDER=str(tmp_path / "else where"))


# --- what has failed


@pytest.mark.parametrize(
    ("arguments", "code", "type_of_error"),
    [
        (("components", "nobody"), 1, "TagNotFound"),
        (("hold", "a b\n"), 1, "InvalidTag"),
        (("components", "tide", "--status", "happy"), 2, "BadParameter"),
        (("components", "--no-such"), 2, "NoSuchOption"),
        (("stdout", "tide", "0", "--follow"), 2, "UsageError"),
        (("status", "--format", "csv"), 2, "UsageError"),
        (("status", "--live"), 2, "UsageError"),
        (("frobnicate",), 2, "UsageError"),
        (("--no-such", "tags"), 2, "NoSuchOption"),
    ],
)
def test_what_has_failed_is_an_answer_too(
    damaged: Path, arguments: tuple[str, ...], code: int, type_of_error: str
) -> None:
    ran = run_htmap(*arguments, "--json")
    assert ran.exit_code == code
    found = answer(arguments[0] if arguments[0] in commands() else "tags", ran.stdout)
    assert [each["type"] for each in found["errors"]] == [type_of_error]


def test_who_looks_at_standard_error_reads_what_has_failed_as_always(damaged: Path, type_: Type) -> None:
    plain, ran = type_("path", "tied"), type_("path", "tied", "--json")
    assert (ran.returncode, ran.stderr) == (plain.returncode, plain.stderr)
    assert [each["type"] for each in answer("path", ran.stdout)["errors"]] == ["TagNotFound"]


def test_an_error_tells_the_map_and_the_commands_that_it_proposes(damaged: Path) -> None:
    (error,) = answer("hold", run_htmap("hold", "tied", "--json").stdout)["errors"]
    assert (error["tag"], error["commands"]) == ("tied", ["htmap status"])


@pytest.mark.parametrize("command", ["hold nobody", "why nobody", "path nobody:inputs"])
def test_an_error_about_a_map_that_is_not_there_tells_its_tag(damaged: Path, command: str) -> None:
    ran = run_htmap(*command.split(), "--json")
    (error,) = answer(command.partition(" ")[0], ran.stdout)["errors"]
    assert (error["type"], error["tag"]) == ("TagNotFound", "nobody")


@pytest.mark.parametrize("command", ["hold a/b", "why a/b", "path a/b:inputs", "components a/b", "retag tide a/b"])
def test_what_cannot_be_a_tag_is_no_map_in_an_error(damaged: Path, htmap_dir: Path, command: str) -> None:
    htmap.map(str, [1], tag="ebb", where="here")
    ran = run_htmap(*command.replace("tide", "ebb").split(), "--json")
    (error,) = answer(command.partition(" ")[0], ran.stdout)["errors"]
    assert (error["type"], error["tag"]) == ("InvalidTag", None)


def test_a_map_that_cannot_get_a_tag_is_the_one_that_the_error_is_about(htmap_dir: Path) -> None:
    for tag in ("q;r", "ebb"):
        htmap.map(str, [1], tag=tag, where="here")
    (error,) = answer("retag", run_htmap("retag", "q;r", "ebb", "--json").stdout)["errors"]
    assert (error["type"], error["tag"]) == ("TagInUse", "q;r")


def test_what_fails_for_one_map_leaves_the_answer_on_the_others(damaged: Path) -> None:
    ran = run_htmap("remove", "nobody", "tide", "--json")
    found = answer("remove", ran.stdout)
    assert ran.exit_code == 1
    assert [each["tag"] for each in found["maps"]] == ["tide"]
    assert [each["tag"] for each in found["errors"]] == ["nobody"]
    assert not damaged.exists()


def test_what_goes_wrong_in_a_plugins_command_is_an_answer(htmap_dir: Path, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    site.install(
        "boats",
        """
from htmap_core import takes_json
@click.command()
@takes_json
def sail(as_json): raise KeyError("boom")
@hookimpl
def htmap_commands(): return [sail]
""",
    )
    command = [sys.executable, "-m", "htmap", "sail", "--json"]
    ran = subprocess.run(command, env=site.environment(), capture_output=True, text=True, timeout=60, check=False)
    (error,) = json.loads(ran.stdout)["errors"]
    assert (error["type"], error["commands"]) == ("PluginError", [])  # `htmap sail` is what failed, and not proposed
    assert ran.returncode == 1


def test_what_looks_like_the_option_and_is_none_brings_no_answer(damaged: Path) -> None:
    ran = run_htmap("hold", "--", "--json")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert run_htmap("hold", "--no-such", "--", "--json").stdout == ""
    assert run_htmap("tags", "-p", "--json").stdout == ""


# --- standard output


def test_what_the_function_of_a_map_prints_is_not_in_the_answer(htmap_dir: Path, type_: Type) -> None:
    def loud(x: int) -> int:
        print("loud")
        return x

    htmap.map(loud, [1], tag="tide", where="here")
    ran = type_("rerun", "map", "tide", "--json")
    assert answer("rerun map", ran.stdout)["maps"] == [{"tag": "tide", "components": [0]}]
    assert "loud" in ran.stderr


def test_warnings_are_not_in_the_answer(htmap_dir: Path, type_: Type) -> None:
    htmap.map(str, [1], tag="tide", where="here")
    ran = type_("hold", "tide", "--json")
    assert answer("hold", ran.stdout)["errors"] == []
    assert "Warning" in ran.stderr


LOOKED_UP = """
import sys
from htmap_core.cli import cli
cli.main(["status", "--json"], standalone_mode=False)
print(*sorted(sys.modules))
"""


def test_an_answer_loads_neither_its_class_nor_what_draws_tables(htmap_dir: Path) -> None:
    ran = subprocess.run([sys.executable, "-c", LOOKED_UP], capture_output=True, text=True, timeout=60, check=True)
    told, loaded = ran.stdout.splitlines()
    assert answer("status", f"{told}\n")["maps"] == []
    assert [each for each in loaded.split() if each.startswith(("rich", "htmap_core.cli.machine.shapes"))] == []


def test_on_a_terminal_an_answer_is_indented_and_still_json(htmap_dir: Path) -> None:
    sent, code = sent_to_a_terminal("-m", "htmap", "settings", "--json")
    found = json.loads(sent)
    assert (code, found["errors"], len(sent.splitlines()) > len(found["settings"])) == (0, [], True)


# --- values


@settings(max_examples=50)
@example({"delete \x7f": "\x1b[31m \x9b \u202e \ud83c"})
@given(any_.dictionaries(any_.text(), any_.text() | any_.floats() | any_.integers() | any_.none() | any_.booleans()))
def test_whatever_is_answered_can_be_read(facts: dict[str, Any]) -> None:
    text = as_json(facts)
    assert text.isascii()
    assert text.isprintable()
    found = json.loads(text, parse_constant=pytest.fail)
    json.dumps(found, ensure_ascii=False).encode()  # no half of a pair is left


def test_numbers_that_are_none_are_null_and_halves_of_pairs_are_replaced() -> None:
    nan, infinite = float("nan"), float("-inf")
    assert json.loads(as_json([nan, infinite, 1.5, "a\udcffb", Path("c\udce9")])) == [
        None,
        None,
        1.5,
        "a\ufffdb",
        "c\ufffd",
    ]


def test_times_are_in_utc_to_the_second() -> None:
    east = datetime.timezone(datetime.timedelta(hours=2))
    assert json.loads(as_json(datetime.datetime(2026, 5, 1, 14, 30, 0, 999, east))) == "2026-05-01T12:30:00Z"
