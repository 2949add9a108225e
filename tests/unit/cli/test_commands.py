"""What holds for all commands, and those that need no pool."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import click
import pytest

import htmap
from htmap_core import names
from htmap_core.cli import COMMANDS, SECTIONS, cli
from htmap_core.settings.core import CoreSettings
from htmap_core.testing import eventually
from tests.golden_files import Golden
from tests.terminals import sent_to_a_terminal
from tests.throwaway_plugins import Site
from tests.unit.damage import create

Type = Callable[..., subprocess.CompletedProcess[str]]

REFERENCE = (
    "autocompletion clean components edit errors hold logs path pause reasons release remove rerun resume retag set settings "
    "unset status stderr stdout tags vacate version wait plugins why job submit-file doctor"
)

SET_TWENTY_TIMES = """
import sys
from htmap_core.cli import cli
for round in range(1, 21):
    cli.main(["set", sys.argv[1], f'"{round}"'], standalone_mode=False)
"""


def settings_checks(type_: Type) -> list[dict[str, str]]:
    """Return what the doctor says of the settings."""
    return [each for each in json.loads(type_("doctor", "--json").stdout)["checks"] if each["area"] == "settings"]


def command(*path: str) -> click.Command:
    found: click.Command = cli
    for name in path:
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), name)
        assert inner is not None
        found = inner
    return found


def test_every_command_of_the_reference_is_there() -> None:
    assert set(REFERENCE.split()) <= set(COMMANDS)
    inner = "edit disk, edit memory, rerun components, rerun map, plugins list, plugins show"
    for path in map(str.split, inner.split(", ")):
        assert command(*path).name == path[-1]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_overview_says_of_a_command_what_its_own_help_says_first(name: str) -> None:
    (text,) = (section[name][1] for section in SECTIONS.values() if name in section)
    assert command(name).get_short_help_str(200).rstrip(".") == text.rstrip(".")


@pytest.mark.parametrize(
    "name", ["errors", "hold", "pause", "reasons", "release", "remove", "resume", "vacate", "wait"]
)
def test_commands_on_maps_want_to_be_told_on_which(type_: Type, name: str, golden: Golden) -> None:
    ran = type_(name)
    assert ran.returncode == 2
    golden("cli/name-maps", ran.stderr, hide={f"htmap {name}": "COMMAND"})


def test_all_maps_and_some_maps_contradict_each_other(type_: Type) -> None:
    assert type_("hold", "--all", "tide").returncode == 2


def test_a_wrong_tag_is_refused_with_what_was_probably_meant(type_: Type, damaged: Path, golden: Golden) -> None:
    for arguments in (("hold", "tied"), ("components", "tied"), ("stdout", "tied", "0"), ("path", "tied")):
        ran = type_(*arguments)
        assert (ran.returncode, ran.stdout) == (1, "")
        golden("cli/unknown-tag-like-another", ran.stderr)


def test_what_was_meant_and_what_else_can_be_done_are_two_sentences(type_: Type, damaged: Path, golden: Golden) -> None:
    golden("cli/unknown-tag-like-another", type_("path", "tied").stderr)
    golden("cli/unknown-tag", type_("path", "wave").stderr)


# As users have it: a text that is short is written at the very end.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.parametrize("arguments", [("settings",), ("version",), ("plugins", "list")])
def test_a_full_disk_is_not_a_bug_of_htmap(htmap_dir: Path, arguments: tuple[str, ...], golden: Golden) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "htmap", *arguments]
        ran = subprocess.run(
            command, env=BUFFERED, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert ran.returncode == 1
    golden("cli/a-full-disk", ran.stderr)


def test_ctrl_c_while_htmap_still_starts_leaves_no_traceback(htmap_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "htmap", "tags"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (130, "")


def test_a_reader_that_has_gone_is_not_a_bug_of_htmap(htmap_dir: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(
        [sys.executable, "-m", "htmap", "settings"],
        env=BUFFERED,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (1, "")


def test_a_closed_standard_output_is_not_a_bug_of_htmap(htmap_dir: Path) -> None:
    command = ["sh", "-c", 'exec "$0" -m htmap plugins list >&-', sys.executable]
    ran = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_what_fails_for_one_map_does_not_stop_the_others(type_: Type, damaged: Path) -> None:
    ran = type_("remove", "nobody", "tide")
    assert ran.returncode == 1
    assert "'nobody'" in ran.stderr
    assert "tide" in ran.stdout
    assert not damaged.exists()


def test_a_pattern_that_no_tag_matches_is_refused(type_: Type, damaged: Path, golden: Golden) -> None:
    ran = type_("wait", "--pattern", "tied*")
    assert ran.returncode == 1
    golden("cli/a-pattern-that-no-tag-matches-is-refused", ran.stderr)


def test_tags_come_from_standard_input_where_none_are_named(type_: Type, damaged: Path) -> None:
    assert "removed" in type_("remove", stdin="tide\n").stdout
    assert not damaged.exists()


def test_tags_are_printed_one_a_line_or_those_that_match(type_: Type, damaged: Path) -> None:
    (damaged.parents[1] / "tags" / "wave").write_text("5678\n")
    assert type_("tags").stdout == "tide\nwave\n"
    assert type_("tags", "-p", "w*").stdout == "wave\n"


def test_all_of_no_maps_is_nothing_to_do(type_: Type, golden: Golden) -> None:
    ran = type_("remove", "--all")
    assert ran.returncode == 0
    golden("cli/all-of-no-maps-is-nothing-to-do", ran.stderr)


@pytest.mark.parametrize("part", ["map", "events", "inputs", "outputs", "logs"])
def test_the_paths_of_a_map_are_below_its_directory(type_: Type, damaged: Path, part: str) -> None:
    assert Path(type_("path", "tide").stdout.strip()) == damaged
    shown = Path(type_("path", f"tide:{part}").stdout.strip())
    assert shown == damaged or damaged in shown.parents


def test_the_help_of_path_says_what_each_part_is(type_: Type) -> None:
    said = type_("path", "--help").stdout
    assert [part for part, each in names.PARTS.items() if not re.search(f"tide:{part} +{each.meaning}\n", said)] == []


def test_the_path_of_a_tag_is_the_file_that_makes_it_one(type_: Type, damaged: Path) -> None:
    assert Path(type_("path", "tide:tag").stdout.strip()).read_text() == "1234\n"


def test_a_part_that_maps_do_not_have_is_wrong_usage(type_: Type, damaged: Path) -> None:
    ran = type_("path", "tide:everything")
    assert ran.returncode == 2
    assert "map, tag, events" in ran.stderr


def test_versions_of_htmap_and_of_the_bindings_are_printed(type_: Type, golden: Golden) -> None:
    ran = type_("version")
    assert htmap.__version__ in ran.stdout
    bindings = re.compile("(?<=CondorVersion: ).*")
    golden("cli/version", ran.stdout, hide={htmap.__version__: "VERSION", bindings: "BINDINGS"})


def test_a_component_is_a_number(type_: Type, damaged: Path) -> None:
    assert type_("stdout", "tide", "first").returncode == 2


@pytest.mark.parametrize("amount", ["nan", "inf", "-1", "0", "much", "0GB", "2GiB", "GB"])
def test_an_amount_is_a_number_above_nothing(type_: Type, damaged: Path, amount: str) -> None:
    for unit in ("memory", "disk"):
        ran = type_("edit", unit, "tide", "--", amount)
        assert ran.returncode == 2
        assert "Traceback" not in ran.stderr
    assert type_("stdout", "tide", "0", "--timeout", "nan").returncode == 2


@pytest.mark.parametrize("time", ["nan", "-1", "0", "2 horus", "2:30", "", "500 d"])
def test_a_time_is_a_span_of_time(type_: Type, damaged: Path, time: str) -> None:
    ran = type_("edit", "walltime", "tide", "--", time)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_two_units_of_one_amount_contradict_each_other(type_: Type, damaged: Path, golden: Golden) -> None:
    ran = type_("edit", "memory", "tide", "1GB", "--unit", "mb")
    assert ran.returncode == 2
    golden("cli/two-units", ran.stderr)


def test_a_live_status_needs_a_terminal(type_: Type, golden: Golden) -> None:
    ran = type_("status", "--live")
    assert ran.returncode == 2
    golden("cli/a-live-status-needs-a-terminal", ran.stderr)


class TestOnePlugin:
    def test_all_that_is_known_of_it_is_shown_with_its_settings(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_text("[POOL]\nCPUS = 3\n")
        lines = type_("plugins", "show", "pool").stdout.splitlines()
        assert [line.split() for line in lines if line.startswith("POOL.CPUS")] == [
            ["POOL.CPUS", "3,", "from", "line", "2", "of", "~/.htmaprc"]
        ]
        assert any(line.split() == ["pools", "personal"] for line in lines)

    def test_one_that_is_not_installed_is_wrong_usage(self, type_: Type, golden: Golden) -> None:
        ran = type_("plugins", "show", "pol")
        assert ran.returncode == 2
        golden("cli/one-that-is-not-installed-is-wrong-usage", ran.stderr)


class TestTheDoctor:
    def test_without_a_pool_maps_cannot_run_and_each_pool_says_why_not(self, type_: Type, golden: Golden) -> None:
        ran = type_("doctor")
        assert ran.returncode == 1
        lines = ran.stdout.splitlines()
        golden("cli/doctor-personal-pool", next(line for line in lines if "personal:" in line))
        golden("cli/doctor-without-a-pool", lines[-1])

    def test_every_option_and_the_delivery_method_are_checked_and_the_line_is_named(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_text(
            'DELIVERY_METHOD = "dokcer"\n[MAP_OPTIONS]\nrequest_memmory = "2GB"\nrank = "a\\nb"\ncolour = 1\nlog = "x"\n'
        )
        problems = [each["text"] for each in settings_checks(type_) if each["verdict"] == "problem"]
        assert [re.search(r"line (\d+) of ~/\.htmaprc", text)[1] for text in problems] == ["3", "4", "6", "1"]  # type: ignore[index]  # fails if it is None
        (doubt,) = (each["text"] for each in settings_checks(type_) if each["verdict"] == "note")
        assert "colour" in doubt

    def test_an_unknown_setting_is_a_problem(self, type_: Type, golden: Golden) -> None:
        (Path.home() / ".htmaprc").write_text("DELIVRY_METHOD = 'docker'\n")
        (line,) = (line for line in type_("doctor").stdout.splitlines() if line.startswith("settings"))
        assert line.split()[1] == "problem"
        golden("cli/doctor-unknown-setting", line)

    def test_damaged_maps_are_noted(self, type_: Type, damaged: Path, golden: Golden) -> None:
        (line,) = (line for line in type_("doctor").stdout.splitlines() if "'tide'" in line)
        golden("cli/doctor-damaged-map", line)

    def test_an_archive_that_can_be_mended_is_no_reason_to_remove_maps(self, type_: Type, golden: Golden) -> None:
        made = create("tide")
        made.runtime.write_bytes(b"damage")
        (line,) = (line for line in type_("doctor").stdout.splitlines() if "'tide'" in line)
        golden("cli/doctor-damaged-archive", line, hide={made.id: "ID"})

    def test_each_finding_is_printed_as_soon_as_it_is_known(self, htmap_dir: Path, tmp_path: Path) -> None:
        site, asked, answers = Site(tmp_path), tmp_path / "asked", tmp_path / "answers"
        site.install("boats", SLOW_POOL.format(asked=str(asked), answers=str(answers)))
        command = [sys.executable, "-m", "htmap", "doctor"]
        with subprocess.Popen(command, env=site.environment(), stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = [process.stdout.readline().split()[0] for _ in range(3)]
            eventually(asked.exists, says="the pool is asked")
            assert process.poll() is None
            answers.touch()
            rest = process.stdout.read()
        assert first[:2] == ["About", "versions"]
        assert "boats: no water" in rest

    def test_what_is_looked_at_now_is_seen_on_a_terminal_and_not_in_what_stays(self, htmap_dir: Path) -> None:
        sent, _ = sent_to_a_terminal("-m", "htmap", "doctor")
        assert b"checking pools" in sent
        assert max(len(each) for each in re.split(rb"[\r\n]+", sent) if b"checking" in each) <= 80
        ran = subprocess.run([sys.executable, "-m", "htmap", "doctor"], capture_output=True, timeout=60, check=False)
        assert b"checking" not in ran.stdout + ran.stderr


SLOW_POOL = """
import pathlib, time

class Boats(Pool):
    name = "boats"
    rank = 1
    def find(self):
        pathlib.Path({asked!r}).touch()
        while not pathlib.Path({answers!r}).exists():
            time.sleep(0.01)
    def advice(self):
        return "no water"

@hookimpl
def htmap_pools():
    return [Boats()]
"""


class TestTheLog:
    def test_its_path_is_printed_and_it_is_not_made_for_that(self, type_: Type, htmap_dir: Path) -> None:
        assert type_("logs").stdout.strip() == str(htmap_dir / "logs" / "htmap.log")
        assert not htmap_dir.exists()

    def test_viewing_it_before_anything_was_logged_says_so(self, type_: Type, golden: Golden) -> None:
        golden("cli/viewing-it-before-anything-was-logged-says-so", type_("logs", "--view").stderr)


class TestSettings:
    def test_they_are_printed_as_a_settings_file_with_their_origin(
        self, type_: Type, htmap_dir: Path, golden: Golden
    ) -> None:
        (Path.home() / ".htmaprc").write_text("WAIT_TIME = 3\n")
        running = "{}.{}".format(*sys.version_info)
        golden("cli/settings", type_("settings").stdout, hide={running: "PYTHON"})

    def test_each_is_explained_with_its_value_its_origin_and_its_meaning(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_text("[POOL]\nCPUS = 3\n[MAP_OPTIONS]\nx = 1\n")
        head, *rows = (re.split(r"  +", line.strip()) for line in type_("settings", "--explain").stdout.splitlines())
        found = {row[0]: row[1:] for row in rows}
        assert head == ["Setting", "Value", "From", "Meaning"]
        assert found["WAIT_TIME"] == ["1", "the default", attrs.fields(CoreSettings).wait_time.metadata["meaning"]]
        assert found["POOL.CPUS"][:2] == ["3", "line 2 of ~/.htmaprc"]
        assert found["POOL.MEMORY"][1] == "the default"
        assert found["MAP_OPTIONS.x"] == ["1", "line 4 of ~/.htmaprc"]
        assert [name for name, row in found.items() if len(row) < 3] == ["MAP_OPTIONS.x"]

    def test_those_of_the_user_are_not_explained(self, type_: Type) -> None:
        assert type_("settings", "--user", "--explain").returncode == 2

    def test_those_of_the_user_are_the_file_itself(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_text("WAIT_TIME = 3 # patient\n")
        assert type_("settings", "--user").stdout.strip() == "WAIT_TIME = 3 # patient"

    def test_what_is_set_keeps_its_type_and_the_comments_of_the_file(self, type_: Type) -> None:
        file = Path.home() / ".htmaprc"
        file.write_text("# mine\nWAIT_TIME = 3 # patient\n")
        for name, value in (
            ("WAIT_TIME", "5"),
            ("ALLOW_PYTHON_MISMATCH", "true"),
            ("MAP_OPTIONS.request_memory", "2GB"),
        ):
            assert type_("set", name, value).returncode == 0
        assert file.read_text() == (
            '# mine\nWAIT_TIME = 5 # patient\nALLOW_PYTHON_MISMATCH = true\n\n[MAP_OPTIONS]\nrequest_memory = "2GB"\n'
        )

    def test_a_file_that_is_a_link_stays_one_and_keeps_its_mode(self, type_: Type, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("WAIT_TIME = 3\n")
        (tmp_path / "mine").chmod(0o600)
        (Path.home() / ".htmaprc").symlink_to(tmp_path / "mine")
        assert type_("set", "WAIT_TIME", "5").returncode == 0
        assert (Path.home() / ".htmaprc").is_symlink()
        assert (tmp_path / "mine").read_text() == "WAIT_TIME = 5\n"
        assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o600

    def test_of_two_that_are_set_at_the_same_time_both_are_kept(self, htmap_dir: Path) -> None:
        setting = [sys.executable, "-c", SET_TWENTY_TIMES]
        running = [subprocess.Popen([*setting, f"MAP_OPTIONS.{name}"]) for name in ("request_cpus", "request_disk")]
        assert [each.wait(60) for each in running] == [0, 0]
        lines = (Path.home() / ".htmaprc").read_text().splitlines()
        assert sorted(lines) == ["[MAP_OPTIONS]", 'request_cpus = "20"', 'request_disk = "20"']

    def test_what_must_be_text_stays_text(self, type_: Type) -> None:
        type_("set", "HTCONDOR.SCHEDULER", "3.11")
        assert (Path.home() / ".htmaprc").read_text() == '[HTCONDOR]\nSCHEDULER = "3.11"\n'

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DELIVERY_METHDO", "docker"),
            ("WAIT_TIME", "soon"),
            ("MAP_OPTIONS.executable", "/bin/sh"),
            ("MAP_OPTIONS.request_memmory", "2GB"),
            ("DELIVERY_METHOD", "dokcer"),
        ],
    )
    def test_what_nobody_could_use_is_refused_and_the_file_stays(
        self, type_: Type, name: str, value: str, golden: Golden
    ) -> None:
        ran = type_("set", name, value)
        assert ran.returncode == 1
        golden(f"cli/set-{name}", ran.stderr)
        assert not (Path.home() / ".htmaprc").exists()

    @pytest.mark.parametrize("name", ["MAP_OPTIONS.MaxRuntime", "MAP_OPTIONS.MY.Colour"])
    def test_what_a_plugin_may_take_is_set_and_so_is_any_attribute(self, type_: Type, name: str) -> None:
        ran = type_("set", name, "1")
        assert (ran.returncode, ran.stderr) == (0, "")

    def test_what_only_a_pool_may_know_is_set_with_a_warning_where_there_is_none(self, type_: Type) -> None:
        ran = type_("set", "MAP_OPTIONS.colour", "blue")
        assert (ran.returncode, ran.stderr.count("Warning: ")) == (0, 1)
        assert "colour" in ran.stderr

    def test_what_another_option_uses_may_stand_beside_it(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_text('[MAP_OPTIONS]\nrank = "$(memry)"\nmemry = "Memory"\n')
        assert not [each for each in settings_checks(type_) if each["verdict"] != "ok"]

    def test_a_file_that_is_no_toml_is_not_changed(self, type_: Type) -> None:
        for words in (["set", "WAIT_TIME", "5"], ["unset", "WAIT_TIME"]):
            (Path.home() / ".htmaprc").write_text("WAIT_TIME = soon\n")
            ran = type_(*words)
            assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)
            assert (Path.home() / ".htmaprc").read_text() == "WAIT_TIME = soon\n"

    def test_a_file_that_is_no_text_is_not_changed(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_bytes(b"\xff\xfe")
        for words in (["set", "WAIT_TIME", "5"], ["unset", "WAIT_TIME"]):
            ran = type_(*words)
            assert (ran.returncode, "Traceback" in ran.stderr) == (1, False)
        assert (Path.home() / ".htmaprc").read_bytes() == b"\xff\xfe"

    def test_what_is_unset_is_gone_in_any_spelling_with_empty_tables_and_without_comments(self, type_: Type) -> None:
        file = Path.home() / ".htmaprc"
        file.write_text(
            "# mine\nWait_Time = 3 # patient\nDELIVRY = 1\n\n# images\n[DOCKER]\nIMAGE = 'a'\n\n[SHARED]\n# none\nA = 1\n"
        )
        for name in ("WAIT_TIME", "DELIVRY", "docker.image", "SHARED.A"):
            assert type_("unset", name).returncode == 0
        assert file.read_text() == "# mine\n\n# images\n[SHARED]\n# none\n"

    def test_a_whole_table_may_be_unset(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_text("WAIT_TIME = 3\n[MAP_OPTIONS.environment]\nA = '1'\nB = '2'\n")
        assert type_("unset", "MAP_OPTIONS").returncode == 0
        assert (Path.home() / ".htmaprc").read_text() == "WAIT_TIME = 3\n"

    def test_what_is_not_set_is_said_to_be_so_and_nothing_is_written(self, type_: Type, golden: Golden) -> None:
        ran = type_("unset", "WAIT_TIME")
        assert ran.returncode == 0
        golden("cli/unset-what-is-not-set", ran.stdout, hide={str(Path.home()): "HOME"})
        assert not (Path.home() / ".htmaprc").exists()

    def test_what_is_no_setting_cannot_be_unset(self, type_: Type) -> None:
        ran = type_("unset", "WAIT_TIEM")
        assert (ran.returncode, "'WAIT_TIME'" in ran.stderr) == (1, True)

    def test_a_setting_is_changed_where_it_stands_however_it_is_spelt(self, type_: Type) -> None:
        (Path.home() / ".htmaprc").write_text("wait_time = 2\n")
        type_("set", "WAIT_TIME", "4")
        assert (Path.home() / ".htmaprc").read_text() == "wait_time = 4\n"
