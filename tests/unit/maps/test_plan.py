"""Plans: their text, and what the files of a map say that it was submitted with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

import htmap
from htmap.exceptions import CorruptMap
from htmap_core import names
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolAddress
from htmap_core.maps.drafts.plan import Answer, Line, Plan, Step, Travelling
from htmap_core.maps.drafts.travelling import EVERY, SHARE
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.record import MapRecord
from htmap_core.submission.chunking.reason import Reason
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.matching import Fit
from htmap_core.submission.submit import submit_map
from htmap_core.testing import run_htmap
from tests.golden_files import Golden

PLAN = Plan(
    tag="tide",
    components=7,
    sizes=((2, 3), (1, 1)),
    sizes_reason="a call takes 0.5 s by earlier runs; 2 jobs can run at a time",
    pool="site",
    schedd="ap1.example.org",
    delivery_method="docker",
    delivery_reason="DELIVERY_METHOD = auto, decided on 2026-03-01: 198 of 214 slots have Docker",
    answers=(Answer("docker", "yes", "198 of 214 slots have Docker"), Answer("shared", "no", "nothing is <shared>")),
    slots=Fit(100, 214, {"HasDocker": 198, "request_memory = 2GB (from plugin 'site')": 150}),
    lines=(
        Line("executable", "/home/me/.htmap/maps/1/_htmap_runtime.pyz", "HTMap"),
        Line("request_memory", "2GB", "plugin 'site'"),
    ),
    travels=(Travelling("the function", "every job", 2000), Travelling("https://example.org/a", "every job", None)),
    not_called=(Step("site", "htmap_setup_credentials", "a plan sets up no credentials"),),
    warnings=("something\n is odd",),
)


def test_the_text_of_a_plan(golden: Golden) -> None:
    golden("plans/text", PLAN)
    golden("plans/text-of-little", attrs.evolve(PLAN, slots=None, answers=(), not_called=(), warnings=(), schedd=None))


def test_what_a_notebook_shows_of_a_plan(golden: Golden) -> None:
    golden("plans/notebook", PLAN._repr_html_())


def test_the_facts_of_a_plan() -> None:
    assert (PLAN.jobs, PLAN.commands["request_memory"]) == (3, "2GB")
    plain = json.loads(json.dumps(PLAN.to_dict()))
    assert (plain["slots"]["matching"], plain["lines"][1]) == (
        100,
        {"name": "request_memory", "value": "2GB", "by": "plugin 'site'"},
    )


# --- of a map that exists

Made = Callable[..., MapDir]


@pytest.fixture
def made(htmap_dir: Path, tmp_path: Path) -> Made:
    """Return what makes a map with input files, in the way of a creation, with what its record says in addition."""

    def make(authors: dict[str, str] | None, **facts: Any) -> MapDir:
        for name, size in {"a": 10, "b,c": 20, "d": 300, "e,f": 400}.items():
            (tmp_path / name).write_bytes(bytes(size))
        htmap_dir.mkdir(mode=0o700)
        (htmap_dir / "h").write_bytes(bytes(5000))  # its path is not written down
        of_all: list[Any] = [tmp_path / "a", tmp_path / "b,c", "https://example.org/g"]
        of_each: list[Any] = [tmp_path / "d", [tmp_path / "d", tmp_path / "e,f", htmap_dir / "h"]]
        options = MapOptions(fixed_input_files=of_all, input_files=of_each)
        files = MapFiles(options)
        with Creation("tide", joined=files.columns) as creation:
            creation.add_runtime(b"#!/bin/sh\n")
            files.of_all(creation.map_dir.path, [])
            creation.add_function(b"function", {})
            for number in range(2):
                creation.add_input(b"%d" % number, joined=files.of_next((), begins_job=True)[1])
            creation.finish()
            own = [f"{names.TO_MAP}/{name}" for name in (names.FUNCTION, "inputs/$(htmap_inputs)", names.RETURN)]
            commands = {
                "initialdir": "outputs",
                "request_memory": "2GB",
                "transfer_input_files": ",".join([*own, *files._inputs.to_transfer]),
            }
            record = MapRecord(2, 1, "assume", PoolAddress("site", schedd="ap1"), {}, {}, 1.5, **facts)
            queue: Any = SimpleNamespace(submit=lambda _: SimpleNamespace(cluster=18))
            submit_map(creation, record, commands, queue, authors)
            return creation.map_dir

    return make


def test_a_map_tells_what_it_was_submitted_with(made: Made) -> None:
    made({"request_memory": "plugin 'site'"}, delivery_reason="it is there", chunking=attrs.asdict(Reason(2)))
    plan = htmap.load("tide").plan()
    assert (plan.tag, plan.components, plan.sizes, plan.sizes_reason) == ("tide", 2, ((2, 1),), str(Reason(2)))
    assert (plan.pool, plan.schedd, plan.delivery_method, plan.delivery_reason) == (
        "site",
        "ap1",
        "assume",
        "it is there",
    )
    assert plan.lines[:2] == (Line("initialdir", "outputs", "HTMap"), Line("request_memory", "2GB", "plugin 'site'"))


def test_all_that_travels_has_its_size_whatever_it_is_called(made: Made, tmp_path: Path) -> None:
    made(None)
    travels = htmap.load("tide").plan().travels
    *own, in_every, by_link, by_url, of_components = travels
    assert [(each.to, bool(each.size)) for each in own] == [(EVERY, True), (EVERY, True), (SHARE, True)]
    assert (in_every.what, in_every.size) == (str(tmp_path / "a"), 10)
    assert (by_link.what, by_link.size) == (f"{names.TO_MAP}/files/0/_htmap_file_0", 20)
    assert (by_url.what, by_url.size) == ("https://example.org/g", None)
    assert (of_components.to, of_components.size) == (SHARE, 5700)
    (tmp_path / "d").unlink()
    assert htmap.load("tide").plan().travels[-1].size is None


def test_an_older_map_does_not_tell_who_has_set_what(made: Made) -> None:
    map_dir = made(None)
    assert {line.by for line in htmap.load("tide").plan().lines} == {""}
    assert map_dir.described().authors is None
    assert json.loads(run_htmap("plan", "--json", "tide").stdout)["delivery_reason"] == ""


def test_the_plan_of_a_map_that_has_grown_says_what_it_leaves_out(made: Made) -> None:
    map_dir = made(None)
    first = map_dir.placement.components
    map_dir.write_items(1, [[str(each), str(each), "_htmap_inputs_0", f"1/0/{each}"] for each in range(2)])
    intent = map_dir.submissions.intend(2, late=False, held=False, added=Added(first, [[2, 1]], {}))
    map_dir.submissions.taken(intent, 18)
    (warning,) = htmap.load("tide").plan().warnings
    assert f"{first}-{first + 1}" in warning


def test_the_command_line_shows_the_plan_of_a_map(made: Made, golden: Golden) -> None:
    made({"request_memory": "plugin 'site'"}, delivery_reason="it is there")
    golden("cli/plan", re.sub("  +", "  ", run_htmap("plan", "tide").stdout))  # paths differ in length


def test_a_map_whose_description_is_damaged_has_no_plan(made: Made) -> None:
    (made(None).path / names.SUBMIT).write_text("{}")
    with pytest.raises(CorruptMap):
        htmap.load("tide").plan()
