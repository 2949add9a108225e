"""Hostile values through each door: they arrive as they are, or are refused by HTMap; nothing is expanded or lost."""

from __future__ import annotations

import ast
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap import MapOptions, TransferPath
from htmap.exceptions import HTMapException
from htmap_core.plugins.pools import find_pool
from tests.drills import hostile
from tests.drills.frame import Drill

pytestmark = [pytest.mark.pool, pytest.mark.timeout(1800), pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 300


def plan(*arguments: Any, **options: Any) -> None:
    htmap.plan(str, arguments or [1], map_options=MapOptions(**options))


def set_and_plan(value: str) -> None:
    before = htmap.settings["MAP_OPTIONS"]
    htmap.settings["MAP_OPTIONS"] = {"accounting_group": value}
    try:
        plan()
    finally:
        htmap.settings["MAP_OPTIONS"] = before


DOORS: dict[str, Callable[[str], object]] = {
    "tag": lambda value: htmap.plan(str, [1], tag=value),
    "tag-of-a-map": htmap.load,
    "argument": plan,
    "input-file": lambda value: plan(TransferPath(value)),
    "fixed-input-file": lambda value: plan(fixed_input_files=[value]),
    "input-files": lambda value: plan(input_files=[[value]]),
    "output": lambda value: plan(output_remaps={value: "/tmp/out"}),
    "url-of-an-input": lambda value: plan(TransferPath(f"http://host/{value}")),
    "url-of-an-output": lambda value: plan(output_remaps={"tide": f"s3://bucket/{value}"}),
    "usual-option": lambda value: plan(accounting_group=value),
    "requirements": lambda value: plan(requirements=value),
    "walltime": lambda value: plan(walltime=value),
    "memory": lambda value: plan(request_memory=value),
    "name-of-an-option": lambda value: plan(custom_options={value: "1"}),
    "attribute": lambda value: plan(custom_options={"MY.Probe": f'"{value}"'}),
    "attribute-of-each": lambda value: plan(custom_options={"MY.Probe": [value]}),
    "variable": lambda value: plan(environment={"PROBE": value}),
    "name-of-a-variable": lambda value: plan(environment={value: "1"}),
    "variable-of-each": lambda value: plan(environment=[{"PROBE": value}]),
    "name-of-a-setting": lambda value: htmap.settings[value],
    "setting": set_and_plan,
}


def test_a_call_takes_a_value_or_refuses_it(drill: Drill) -> None:
    for case in drill.chosen(hostile.at(DOORS), full=1500, short=3 * len(DOORS)):
        door, _, written = case.partition(" ")
        with drill.trying(case), contextlib.suppress(HTMapException):
            DOORS[door](ast.literal_eval(written))


COMMANDS = {
    "status": ["status"],
    "remove": ["remove"],
    "retag": ["retag", "none-of-ours"],
    "errors": ["errors"],
    "why": ["why"],
    "set": ["set", "MAP_OPTIONS.ACCOUNTING_GROUP"],
    "set-name": ["set"],
    "docs": ["docs"],
    "unknown": [],
}


def test_a_command_takes_a_value_or_refuses_it(drill: Drill, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": os.fspath(tmp_path), "PYTHONIOENCODING": "utf-8"}
    for case in drill.chosen(hostile.at(COMMANDS), full=200, short=len(COMMANDS)):
        door, _, written = case.partition(" ")
        typed = os.fsencode(ast.literal_eval(written).replace("\0", "").encode("utf-8", "replace").decode())
        command = [os.fsencode(sys.executable), b"-m", b"htmap", *map(os.fsencode, COMMANDS[door]), typed]
        with drill.trying(case):
            ran = subprocess.run(command, env=environment, capture_output=True, stdin=subprocess.DEVNULL, check=False)
            assert ran.returncode in {0, 1, 2}, ran.stderr
            assert b"Traceback" not in ran.stderr, ran.stderr
            assert b"\x1b[31m" not in ran.stdout + ran.stderr


def test_a_value_arrives_and_comes_back_as_it_is(drill: Drill, tmp_path: Path) -> None:
    def give_back(value: str) -> tuple[str, str, str]:
        import os

        print(value.encode("utf-8", "replace").decode())
        return value, os.environ["PROBE"], value

    cases = drill.chosen(hostile.at(["argument"]), full=400, short=20)
    values = [ast.literal_eval(case.partition(" ")[2]) for case in cases]
    accepted = [value for value in values if is_taken({"environment": {"PROBE": value}}) and "$$(" not in value]
    options = MapOptions(environment=[{"PROBE": value} for value in accepted])
    mapped = htmap.map(give_back, accepted, map_options=options)
    mapped.wait(TIMEOUT)
    for value, came in zip(accepted, mapped):
        with drill.trying(f"argument {value!a}"):
            assert came == (value, value, value)
    drill.tried += len(values) - len(accepted)


def test_files_of_hostile_names_travel_there_and_back(drill: Drill, tmp_path: Path) -> None:
    def copy(given: Any) -> None:
        import htmap

        with open("out", "w") as file:
            file.write(given.read_text())
        htmap.transfer_output_files("out")

    cases = drill.chosen(hostile.at(["file"]), full=300, short=20)
    there, back = tmp_path / "there", tmp_path / "back"
    there.mkdir()
    back.mkdir()
    accepted: dict[str, Path] = {}
    for case in cases:
        name = ast.literal_eval(case.partition(" ")[2]).replace("/", "")
        drill.tried += 1
        if name not in accepted and name not in {"", ".", ".."} and can_be_written(there / name, ascii(name)):
            destination = back / name
            accepted[name] = (
                destination if is_taken({"output_remaps": {"out": destination}}) else back / f"plain {len(accepted)}"
            )
    options = MapOptions(output_remaps=[{"out": destination} for destination in accepted.values()])
    mapped = htmap.map(copy, [TransferPath(there / name) for name in accepted], map_options=options, chunksize=20)
    mapped.wait(TIMEOUT)
    for name, destination in accepted.items():
        if not destination.is_file() or destination.read_text() != ascii(name):
            drill.did_not_hold(f"file {name!a}", f"{destination!a} did not come back")


def test_what_components_raise_and_print_is_told_as_it_is(drill: Drill, tmp_path: Path) -> None:
    def fail(value: str) -> None:
        print(value.encode("utf-8", "replace").decode())
        raise ValueError(value)

    cases = drill.chosen(hostile.at(["message"]), full=200, short=20)
    values = [ast.literal_eval(case.partition(" ")[2]) for case in cases]
    mapped = htmap.map(fail, values, tag="hostile", map_options=MapOptions(max_retries=0))
    mapped.wait(TIMEOUT, errors_ok=True)
    for component, value in enumerate(values):
        with drill.trying(f"message {value!a}"):
            assert mapped.get_err(component).exception_msg is not None
            with pytest.raises(htmap.exceptions.MapComponentError):
                mapped.get(component)
    ran = subprocess.run(
        [sys.executable, "-m", "htmap", "errors", "--all", "hostile"], capture_output=True, check=False
    )
    assert (ran.stdout + ran.stderr).count(b"ValueError") >= len(values)
    assert b"\x1b[31m" not in ran.stdout


def test_a_tag_names_the_batch_and_nothing_is_expanded(drill: Drill) -> None:
    for case in drill.chosen(hostile.at(["tag"]), full=200, short=10):
        tag = ast.literal_eval(case.partition(" ")[2])
        with drill.trying(case):
            try:
                mapped = htmap.map(str, [1], tag=tag, map_options=MapOptions(hold=True))
            except HTMapException:
                continue
            (ad,) = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["JobBatchName"])
            assert ad["JobBatchName"].replace("_", "$") == tag.replace("_", "$")
            mapped.remove()


def is_taken(options: dict[str, Any]) -> bool:
    try:
        plan(**options)
    except HTMapException:
        return False
    return True


def can_be_written(path: Path, text: str) -> bool:
    try:
        path.write_text(text)
    except (OSError, ValueError):
        return False
    return True
