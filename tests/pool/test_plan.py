"""The plan of a map, beside the map that is made with the same arguments, with the plugin of a site."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from htmap_core.maps.drafts.travelling import EVERY, SHARE
from htmap_core.testing import run_htmap
from tests.answers import answer
from tests.throwaway_plugins import Site

pytestmark = pytest.mark.pool

PLUGIN = """
from pathlib import Path
CALLED = Path(__file__).with_name("called")
class Ferry(Method):
    def prepare(self, plan):
        with CALLED.open("a") as file: file.write("prepare ")
    def describe(self, submit, plan):
        submit.launch_with(Path(__file__), transfer=True)
        submit.add_input_file(Path(__file__).with_name("timetable"))
        submit.add_input_file(plan.runtime)
@hookimpl
def htmap_delivery_methods(): return [Ferry("ferry")]
@hookimpl
def htmap_setup_credentials(submit, plan):
    with CALLED.open("a") as file: file.write("credentials ")
@hookimpl
def htmap_rewrite_submit(submit, plan):
    submit.set_default("request_memory", "200MB")
    submit.add_environment("SEA", "deep")
    submit.require("TARGET.Memory > 1")
    submit.set_attribute("IsInHTMapDir", str(plan.map_dir.is_relative_to(htmap_dir())))
"""

# A plugin of another site, whose steps are for its own maps.
ELSEWHERE = """
class Elsewhere(Pool):
    name, rank, limits_steps = "elsewhere", 0, True
    def find(self): return None
    def advice(self): return "you are not there"
@hookimpl
def htmap_pools(): return [Elsewhere()]
@hookimpl
def htmap_rewrite_submit(submit, plan): submit.require("never")
"""

PROGRAM = """
import json, os, sys, warnings
import htmap

def double(x):
    return 2 * x

def on_disk():
    root = os.environ["HTMAP_DIR"]
    return sorted(os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names)

def arguments():
    options = htmap.MapOptions(requirements="TARGET.Cpus >= 1", request_disk=["1MB", "2MB"], environment={"LEVEL": 3},
                               fixed_input_files=__file__, input_files=[__file__ + ".1", __file__ + ".2"], hold=True)
    return double, iter([1, 2]), options

def attempt(act):
    try:
        act()
    except Exception as error:
        return error

htmap.settings["DELIVERY_METHOD"] = "ferry"
before = on_disk()
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    plan = htmap.plan(*arguments())
    scarce = htmap.plan(double, [1, 2, 3], htmap.MapOptions(request_memory="100TB"), chunksize="auto")
told = {"plan": plan.to_dict(), "scarce": scarce.to_dict(), "text": str(plan), "html": plan._repr_html_()}
told["given"] = [str(each.message) for each in caught]
told["left"] = [path for path in on_disk() if path not in before and "/pool/" not in path]
told["called"] = open(sys.argv[1]).read() if os.path.exists(sys.argv[1]) else ""
made = htmap.map(*arguments(), tag="tide")
told["made"] = made.plan().to_dict()
told["of mapped"] = htmap.mapped(double, map_options=htmap.MapOptions(request_cpus=1)).plan([1]).commands["request_cpus"]
told["taken"] = [isinstance(attempt(lambda: htmap.plan(double, given, tag=tag)), kind)
    for given, tag, kind in (([1], "tide", htmap.exceptions.TagAlreadyExists), ([], None, htmap.exceptions.EmptyMap))]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(module_pool: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program says that has planned a map, and made it then."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder)
    site.install("ferries", PLUGIN)
    site.install("elsewhere", ELSEWHERE)
    for name, size in {"timetable": 500, "program.py.1": 70, "program.py.2": 700}.items():
        (folder / name).write_bytes(bytes(size))
    (program := folder / "program.py").write_text(PROGRAM)
    environment = {**site.environment(), "HTMAP_DIR": str(module_pool), "HOME": str(folder), "HTMAP_CONFIG": ""}
    command = [sys.executable, str(program), str(folder / "called")]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def lines(plan: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {line["name"]: (line["value"], line["by"]) for line in plan["lines"]}


def general(plan: dict[str, Any]) -> str:
    """Return a plan without its map's id and tag."""
    found = {**plan, "answers": [], "slots": None, "not_called": [], "lines": plan["lines"]}
    text = json.dumps(found, sort_keys=True)
    (map_id,) = {line["value"].strip('"') for line in plan["lines"] if line["name"] == "MY.HTMapID"}
    return text.replace(map_id, "ID").replace(plan["tag"], "TAG")


def test_a_map_is_submitted_with_what_its_plan_says(told: dict[str, Any]) -> None:
    assert json.loads(general(told["plan"])) == json.loads(general(told["made"]))


def test_a_plan_leaves_nothing_on_disk_and_calls_nothing_that_stores_or_packs(told: dict[str, Any]) -> None:
    assert (told["left"], told["called"]) == ([], "")
    steps = {(each["plugin"], each["what"]) for each in told["plan"]["not_called"]}
    left_out = {("ferries", "htmap_setup_credentials"), ("ferry", "prepare")}
    of_other_sites = {("elsewhere", "htmap_rewrite_submit"), ("cern", "htmap_rewrite_submit")}
    assert steps >= {*left_out, *of_other_sites}
    assert ("ferries", "htmap_rewrite_submit") not in steps


def test_each_line_is_known_to_be_its_authors(told: dict[str, Any]) -> None:
    found = lines(told["plan"])
    site, options = "plugin 'ferries'", "the map's options"
    assert found["request_memory"] == ("200MB", site)
    assert found["requirements"][1] == f"{options}, {site}, HTMap"
    assert [found[name][1] for name in ("environment", "request_disk", "executable", "log", "request_cpus")] == [
        f"{options}, {site}",
        options,
        *["HTMap"] * 3,
    ]


def test_what_travels_has_its_size(told: dict[str, Any]) -> None:
    found = {each["what"].rpartition("/")[2]: (each["to"], each["size"]) for each in told["plan"]["travels"]}
    assert found["timetable"] == (EVERY, 500)
    assert (SHARE, 770) in found.values()  # the input files of components
    assert all(size for _, size in found.values())


def test_slots_are_counted_and_the_method_has_a_reason(told: dict[str, Any]) -> None:
    slots, plan = told["plan"]["slots"], told["plan"]
    assert slots["matching"] == slots["slots"] == slots["demands"]["TARGET.Cpus >= 1"] > 0
    assert (plan["delivery_method"], [each["method"] for each in plan["answers"]]) == ("ferry", ["ferry"])
    assert "DELIVERY_METHOD" in plan["delivery_reason"]
    assert plan["sizes"] == [[2, 1]]


def test_what_a_map_would_warn_of_is_in_the_plan_and_is_not_warned_of(told: dict[str, Any]) -> None:
    assert (len(told["scarce"]["warnings"]), told["scarce"]["slots"]["matching"], told["given"]) == (1, 0, [])
    assert told["scarce"]["sizes_reason"]


def test_the_plan_of_a_mapped_function_has_its_options_and_errors_are_those_of_a_map(told: dict[str, Any]) -> None:
    assert (told["of mapped"], told["taken"]) == ("1", [True, True])


@pytest.mark.usefixtures("told")
def test_the_command_line_says_the_same_of_a_map_that_exists(in_module_pool: Path, told: dict[str, Any]) -> None:
    ran = run_htmap("plan", "tide", "--json")
    assert answer("plan", ran.stdout) == {**told["made"], "errors": []}
    assert "200MB" in run_htmap("plan", "tide").stdout
