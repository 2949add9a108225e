"""Whom acts on some components are on. No pool answers here: what would ask one fails."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import attrs
import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.maps.map import engine_of
from htmap_core.maps.queue.scope import Scope, others_concerned, scope
from htmap_core.storage.jobs import Job
from htmap_core.testing import run_htmap
from htmap_core.tracking import source
from tests.golden_files import Golden
from tests.terminals import sent_to_a_terminal
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates

IDLE, RUNNING, COMPLETED, UNMADE, HELD, SUSPENDED = (
    ComponentStatus(name) for name in ("IDLE", "RUNNING", "COMPLETED", "UNMATERIALIZED", "HELD", "SUSPENDED")
)
STATUSES = [COMPLETED, RUNNING, RUNNING, IDLE, COMPLETED, COMPLETED, UNMADE, UNMADE]  # of jobs of three components


Load = Callable[[list[ComponentStatus]], htmap.Map]


@pytest.fixture
def load(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what loads a map whose components, three in each job, have given statuses."""

    def loaded(statuses: list[ComponentStatus]) -> htmap.Map:
        made = make_map("tide", len(statuses))
        made.write_record(attrs.evolve(made.record, chunksize=3))
        monkeypatch.setattr(source, "of", lambda _: FixedStates([statuses]))
        return htmap.load("tide")

    return loaded


@pytest.fixture
def tide(load: Load) -> htmap.Map:
    return load(STATUSES)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (None, Scope(range(8))),
        ([2], Scope((2,), others=(1,), jobs=(Job(0, 0),))),
        ([-7, 3, 2], Scope((1, 2, 3), jobs=(Job(0, 0), Job(0, 1)))),
        ([0, 4], Scope((), jobs=(), ended=(0, 4))),
        ([3, 7], Scope((3,), unmade=(7,), jobs=(Job(0, 1),))),
        ([], Scope((), jobs=())),
    ],
)
def test_an_act_is_on_the_jobs_of_what_has_not_ended_and_on_whoever_shares_them(
    tide: htmap.Map, wanted: list[int] | None, found: Scope
) -> None:
    assert scope(engine_of(tide), wanted) == found


Act = Callable[[htmap.Map, list[int]], None]
ACTS: dict[str, Act] = {
    "hold": htmap.Map.hold,
    "release": htmap.Map.release,
    "pause": htmap.Map.pause,
    "resume": htmap.Map.resume,
    "vacate": htmap.Map.vacate,
    "edit": lambda tide, components: tide.set_memory(7, components),
}


MEANT = {"release": HELD, "resume": SUSPENDED}  # the others are done to what runs


@pytest.mark.parametrize("name", ACTS)
def test_who_is_warned_of_others_has_done_nothing_yet(load: Load, name: str) -> None:
    tide = load([COMPLETED, *[MEANT.get(name, RUNNING)] * 2])
    with pytest.raises(htmap.exceptions.OthersConcerned) as caught:  # here, warnings are errors
        ACTS[name](tide, [2])
    told = caught.value
    assert (told.tag, told.act, told.components, told.others) == ("tide", name, (2,), (1,))


@pytest.mark.parametrize(
    ("name", "status", "is_told"),
    [
        ("hold", HELD, False),
        ("hold", IDLE, True),
        ("hold", SUSPENDED, True),
        ("release", IDLE, False),
        ("pause", IDLE, False),
        ("resume", RUNNING, False),
        ("vacate", IDLE, False),
        ("vacate", HELD, False),
        ("vacate", SUSPENDED, True),
        ("edit", HELD, True),
    ],
)
def test_nobody_is_warned_of_what_an_act_does_not_do(
    load: Load, name: str, status: ComponentStatus, is_told: bool
) -> None:
    engine = engine_of(load([status] * 3))
    warning = others_concerned(engine, name, scope(engine, [1]))
    assert (warning is not None) == is_told
    assert warning is None or (warning.components, warning.others) == ((1,), (0, 2))


@pytest.mark.parametrize("name", ACTS)
def test_what_has_no_job_yet_is_told(tide: htmap.Map, name: str) -> None:
    with pytest.raises(htmap.exceptions.NoJobsYet) as caught:
        ACTS[name](tide, [7, 6])
    assert (caught.value.act, caught.value.components) == (name, (6, 7))


@pytest.mark.parametrize("name", sorted({*ACTS} - {"edit"}))
def test_nobody_is_asked_about_what_has_ended(tide: htmap.Map, name: str) -> None:
    ACTS[name](tide, [0, 5])
    ACTS[name](tide, [])


def test_an_edit_of_what_has_ended_is_told_to_do_nothing(tide: htmap.Map) -> None:
    with pytest.raises(htmap.exceptions.EndedAlready) as caught:
        tide.set_memory(7, [0, 5])
    assert caught.value.components == (0, 5)
    tide.set_memory(7, [])


def test_so_is_an_edit_of_a_map_that_has_ended(load: Load) -> None:
    with pytest.raises(htmap.exceptions.EndedAlready) as caught:
        load([COMPLETED, COMPLETED]).set_memory("2GB")
    assert caught.value.components == ()


@pytest.mark.parametrize("name", ACTS)
def test_nothing_is_done_where_a_component_is_not_there(tide: htmap.Map, name: str) -> None:
    with pytest.raises(htmap.exceptions.ComponentNotFound) as caught:
        ACTS[name](tide, [0, 8])
    assert caught.value.component == 8


def test_a_job_that_components_share_counts_once_for_the_time_that_a_map_took(tide: htmap.Map) -> None:
    (facts,) = (each for each in htmap_facts())
    assert (facts["max_runtime"], facts["total_runtime"]) == (2.0, 3 * 2.0)
    assert len(tide.runtime) == len(STATUSES)


def htmap_facts() -> list[dict[str, float]]:
    from htmap_core.maps import management

    return management.status_facts(include_state=False, include_meta=True)


@pytest.mark.usefixtures("tide")
class TestOnTheCommandLine:
    @pytest.mark.parametrize("maps", ["tide wave", "-p ti*", "--all"], ids=["two maps", "a pattern", "all maps"])
    def test_components_are_those_of_one_map_that_is_named(self, maps: str) -> None:
        assert run_htmap("hold", *maps.split(), "--components", "1").exit_code == 2

    @pytest.mark.parametrize("listed", ["one", "3-1", "1--2", "-1", "1;2"])
    def test_what_is_no_list_of_components_is_refused(self, listed: str) -> None:
        assert run_htmap("vacate", "tide", "--components", listed).exit_code == 2
        assert run_htmap("edit", "memory", "tide", "2GB", "--components", listed).exit_code == 2

    @pytest.mark.parametrize("listed", ["0,4-5", "0 4 5", "5, 0", ""])
    def test_components_are_listed_with_commas_ranges_or_blanks_and_may_be_none(
        self, listed: str, golden: Golden
    ) -> None:
        ran = run_htmap("hold", "tide", "--components", listed)
        assert ran.exit_code == 0
        golden("cli/holds-none", ran.stdout)
        with warnings.catch_warnings():
            warnings.simplefilter("default", htmap.exceptions.EndedAlready)
            ran = run_htmap("edit", "disk", "tide", "2GB", "--components", listed)
        assert (ran.exit_code, ran.stdout, "tide" in ran.stderr) == (0, "", bool(listed))


@pytest.mark.parametrize("command", ["hold", "vacate"])
def test_on_a_terminal_who_would_stop_others_is_asked(make_map: MakeMap, golden: Golden, command: str) -> None:
    made = make_map("tide", 7)
    made.write_record(attrs.evolve(made.record, chunksize=3))
    sent, code = sent_to_a_terminal("-m", "htmap", command, "tide", "--components", "1,3-5", keys="n\n")
    assert code == 0
    golden(f"cli/asks-before-others-{command}", sent.decode().replace("\r\n", "\n"))
