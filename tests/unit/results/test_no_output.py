"""The output of components of which there is none: what is said then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

import htmap
from htmap.exceptions import HeldWithoutOutput, MapComponentHeld, NoOutputLeft
from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.testing import run_htmap
from htmap_core.tracking import source
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FULL, FixedStates

HELD = ComponentStatus.HELD
OTHERS = [status for status in ComponentStatus if status is not HELD]
SEQUENCES = ["stdout", "stderr", "output_files"]
Stay = Callable[[ComponentStatus], htmap.Map]


@pytest.fixture
def stay(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> Stay:
    """Return what loads a map ``tide`` whose component keeps a status and has returned nothing."""

    def load(status: ComponentStatus) -> htmap.Map:
        make_map("tide", 1)
        monkeypatch.setattr(source, "of", lambda _: FixedStates([[status]]))
        return htmap.load("tide")

    return load


@pytest.mark.parametrize("sequence", SEQUENCES)
def test_what_a_held_component_left_says_that_it_is_held_and_why(stay: Stay, sequence: str) -> None:
    found: Any = getattr(stay(HELD), sequence)
    looks: list[Callable[[], Any]] = [lambda: found[0], lambda: found.get(0), lambda: found(0), lambda: found[0:1]]
    for look in looks:
        with pytest.raises(FileNotFoundError) as caught:
            look()
        assert isinstance(caught.value, HeldWithoutOutput)
        assert isinstance(caught.value, MapComponentHeld)
        assert FULL.reason in str(caught.value)


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("status", OTHERS)
def test_what_is_not_there_says_what_the_component_does_instead(
    stay: Stay, sequence: str, status: ComponentStatus
) -> None:
    found: Any = getattr(stay(status), sequence)
    with pytest.raises(NoOutputLeft) as caught:
        found[-1]
    assert (caught.value.tag, caught.value.component, caught.value.status) == ("tide", 0, status)
    assert "`htmap " in str(caught.value)
    if status.is_final:
        with pytest.raises(NoOutputLeft):
            found.get(0)


def test_an_empty_file_of_a_held_job_is_no_output_but_one_with_text_is(stay: Stay) -> None:
    tide = stay(HELD)
    job = tide._map_dir.placement.job_of(0)
    path = tide._map_dir.path / names.OUTPUTS / f"{job.output}.stdout"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    with pytest.raises(HeldWithoutOutput):
        tide.stdout[0]
    path.write_text("tide is high\n")
    assert tide.stdout[0] == tide.stdout.get(0) == "tide is high\n"


@pytest.mark.parametrize("command", ["stdout", "stdout --follow", "stderr"])
def test_the_command_line_says_it_too_and_at_once(stay: Stay, command: str) -> None:
    stay(HELD)
    began = time.monotonic()
    ran = run_htmap(*command.split(), "tide", "0")
    assert isinstance(ran.exception, MapComponentHeld)
    assert FULL.reason in ran.exception.report
    assert time.monotonic() - began < 60
