"""Maps whose states are known from a list of looks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.tracking import source
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates

Load = Callable[..., htmap.Map]


@pytest.fixture
def load(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return what loads a map ``tide``, of which the looks tell; components that complete in the end have returned a result."""

    def load(*looks: list[ComponentStatus], makes_no_jobs: bool = False) -> htmap.Map:
        ended = [number for number, status in enumerate(looks[-1]) if status is ComponentStatus.COMPLETED]
        make_map("tide", len(looks[0]), {number: 10 * number for number in ended})
        monkeypatch.setattr(source, "of", lambda _: FixedStates([looks[0], *looks], makes_no_jobs))
        return htmap.load("tide")

    return load
