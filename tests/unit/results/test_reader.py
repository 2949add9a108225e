"""Results and inputs of a map on disk."""

from __future__ import annotations

import pytest

from htmap_core import names
from htmap_core.exceptions import CorruptMap
from htmap_core.results.reader import ResultReader
from tests.returned import write_results
from tests.unit.conftest import MakeMap


def test_no_job_returns_the_result_of_another(make_map: MakeMap) -> None:
    map_dir = make_map("tide", 2, {1: "mine"})
    write_results(map_dir.path / names.OUTPUTS / "0/0/0.result", {0: "zero", 1: "forged"})
    reader = ResultReader(map_dir)

    assert [reader.result(component, "tide") for component in (0, 1)] == ["zero", "mine"]
    assert reader.result(0, "tide") == "zero"
    assert reader.at_hand(1, "tide") is None


def test_of_a_damaged_job_no_result_is_given_and_others_are(make_map: MakeMap) -> None:
    map_dir = make_map("tide", 2, {0: "zero", 1: "one"})
    path = map_dir.path / names.OUTPUTS / "0/0/0.result"
    path.write_bytes(path.read_bytes().replace(b"zero", b"hero"))
    reader = ResultReader(map_dir)

    with pytest.raises(CorruptMap) as caught:
        reader.result(0, "tide")

    assert caught.value.path == path
    assert reader.result(1, "tide") == "one"
