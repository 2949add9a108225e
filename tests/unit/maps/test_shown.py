"""What maps show of themselves in a notebook."""

from __future__ import annotations

import copy
import json
import pickle
import re
import shutil
from typing import Any

import attrs
import pytest

import htmap
from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.display.view import as_text
from htmap_core.maps.shown.of_maps import StatusTable
from htmap_core.testing import run_htmap
from tests.golden_files import Golden
from tests.returned import Error, write_results
from tests.unit.conftest import MakeMap
from tests.unit.display.test_view import HOSTILE, TAGS, Seen
from tests.unit.fixed_states import FULL
from tests.unit.maps.conftest import Load

IDLE, RUNNING, HELD, COMPLETED = (ComponentStatus(name) for name in ("IDLE", "RUNNING", "HELD", "COMPLETED"))
ERRORED, REMOVED = ComponentStatus.ERRORED, ComponentStatus.REMOVED


def fails(component: int, text: str) -> None:
    """Have a component of the map ``tide`` leave an error, whose pickle cannot even be read."""
    made = htmap.load("tide")._map_dir
    frames = [{"filename": "study.py", "lineno": 2, "name": "bad", "is_own": True}]
    path = made.path / names.OUTPUTS / f"{made.placement.job_of(component).output}.result"
    write_results(path, {component: Error(b"no pickle", text=text, type="ValueError", frames=frames)})


def test_a_map_shows_how_far_it_is_and_what_went_wrong(load: Load, golden: Golden) -> None:
    tide = load([COMPLETED, HELD, RUNNING, ERRORED, REMOVED])
    fails(3, "ValueError: there is no 3")
    golden("maps/shown", as_text(tide._view()))
    golden("maps/shown-in-a-notebook", tide._repr_html_())


def test_a_map_whose_jobs_are_idle_says_how_to_find_out_why(load: Load) -> None:
    shown = as_text(load([IDLE, COMPLETED])._view())
    assert "`htmap why tide`" in shown


def test_a_map_that_has_ended_well_is_one_table(load: Load) -> None:
    (section,) = load([COMPLETED, COMPLETED])._view()
    assert section.rows[0][:5] == ["0", "0", "0", "0", "2"]


def test_of_many_components_that_went_wrong_a_few_are_shown(load: Load) -> None:
    tide = load([HELD] * 1000)
    counts, problems, more = tide._view()
    assert (counts.rows[0][0], len(problems.rows), FULL.reason in problems.rows[0][2]) == ("1000", 5, True)
    assert "995" in more.text
    assert len(tide._repr_html_()) < 8000


def test_hostile_texts_of_errors_do_nothing(load: Load) -> None:
    tide = load([ERRORED])
    fails(0, HOSTILE * 100)
    seen = Seen(tide._repr_html_())
    assert (set(seen.tags) <= TAGS, seen.attributes) == (True, {"class", "style"})
    assert max(map(len, seen.texts)) < 500


def test_a_map_shows_what_it_can_where_results_are_damaged(load: Load) -> None:
    tide = load([ERRORED, HELD])
    path = tide._map_dir.path / names.OUTPUTS / f"{tide._map_dir.placement.job_of(0).output}.result"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"damage" * 100)
    _, problems, _ = tide._view()
    assert [row[0] for row in problems.rows] == ["0", "1"]
    assert str(path) in problems.rows[0][2]


def test_a_map_that_is_gone_says_so(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    shutil.rmtree(made.path)
    for shown in (tide._repr_html_(), as_text(tide._view())):
        assert "tide" in shown
        assert str(htmap.exceptions.MapWasRemoved("tide")).split(";")[0] in shown.replace("&#x27;", "'")


def test_a_map_whose_files_are_damaged_says_what_is_wrong(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    (made.path / names.SUBMISSIONS).write_text("damage\n")
    assert names.SUBMISSIONS in Seen(tide._repr_html_()).texts[0]


def test_a_map_of_a_million_components_is_shown(make_map: MakeMap) -> None:
    make_map("tide", 10**6)
    (section,) = htmap.load("tide")._view()
    assert "1000000" in section.text


def test_text_and_repr_of_a_map_stay_one_line(load: Load) -> None:
    tide = load([HELD])
    assert repr(tide) == str(tide) == "Map(tag = tide)"


# --- the table of maps


def of_maps(load: Load) -> StatusTable:
    load([HELD, COMPLETED])
    return htmap.status()


def test_the_table_of_maps_is_text_and_a_table(load: Load) -> None:
    table = of_maps(load)
    assert isinstance(table, str)
    assert (table.splitlines()[0].split()[0], str(table) == table == repr(table)) == ("Tag", True)
    assert Seen(table._repr_html_()).texts[:6] == ["Tag", "HELD", "ERRORED", "IDLE", "RUNNING", "COMPLETED"]


def test_elsewhere_it_is_nothing_but_text(load: Load) -> None:
    table = of_maps(load)
    for elsewhere in (pickle.loads(pickle.dumps(table)), copy.deepcopy(table), json.loads(json.dumps(table))):
        assert (type(elsewhere), elsewhere) == (str, str(table))


FACTS = {"local_data": 5e5, "max_memory": 5e7, "max_runtime": 0.25, "total_runtime": 1e5}


def facts(tag: str, *, transient: bool = False) -> dict[str, Any]:
    return {
        "tag": tag,
        "transient": transient,
        "problem": None,
        "component_status_counts": {"HELD": 0, "COMPLETED": 3},
        **FACTS,
    }


def test_its_star_is_explained_where_it_is_shown_by_itself_and_not_in_the_text(golden: Golden) -> None:
    table = StatusTable([facts("tide"), facts("calm-blue-sea", transient=True)], True, True)
    golden("maps/status", repr(table))
    assert len(table.splitlines()) == 3
    assert Seen(table._repr_html_()).texts[-1] == repr(table).splitlines()[-1]
    without = StatusTable([facts("tide")], True, True)
    assert repr(without) == str(without)


def test_a_notebook_shows_a_hundred_maps_and_the_text_all() -> None:
    table = StatusTable([facts(f"tide-{number}") for number in range(250)], True, True)
    seen = Seen(table._repr_html_())
    assert (seen.tags.count("tr"), "150" in seen.texts[-1], len(table.splitlines())) == (101, True, 251)


def test_hostile_tags_and_no_maps_are_shown() -> None:
    assert set(Seen(StatusTable([facts(HOSTILE)], True, True)._repr_html_()).tags) <= TAGS
    assert len(Seen(StatusTable([], True, True)._repr_html_()).texts) == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (0.25, "0.2 s"),
        (3.0, "3 s"),
        (9.96, "10.0 s"),
        (10.9, "10 s"),
        (60, "0:01:00"),
        (1e5, "1 day, 3:46:40"),
    ],
)
def test_short_run_times_have_their_fractions(seconds: float, text: str) -> None:
    table = StatusTable([{**facts("tide"), "max_runtime": seconds, "total_runtime": 0}], False, True)
    assert re.split(" {2,}", table.splitlines()[1])[-2] == text


def test_the_command_line_explains_the_star_apart_from_the_table(make_map: MakeMap) -> None:
    made = make_map("tide")
    assert run_htmap("status").stderr == ""
    made.write_record(attrs.evolve(made.record, untagged=True))
    (made.path / names.TRANSIENT).touch()
    ran = run_htmap("status")
    assert [line.split()[:2] for line in ran.stdout.splitlines()[1:]] == [["*", "tide"]]
    assert ran.stderr.startswith("* ")
