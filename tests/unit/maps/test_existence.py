"""Maps that are gone."""

from __future__ import annotations

import shutil
from typing import Any

import pytest

import htmap
from htmap_core.storage import tags
from tests.unit.maps.conftest import MakeMap


def test_after_removal_everything_public_raises_before_it_looks_at_its_arguments(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    shutil.rmtree(made.path)
    for name in [name for name in dir(tide) if not name.startswith("_") and name not in {"exists", "load"}]:
        with pytest.raises(htmap.exceptions.MapWasRemoved):
            getattr(tide, name)("no", "such", "arguments", are="known")
    for look in (len, iter, lambda gone: gone["x"], lambda gone: 0 in gone):
        with pytest.raises(htmap.exceptions.MapWasRemoved):
            look(tide)
    assert not tide.exists


def test_what_was_taken_from_a_map_before_it_was_removed_says_so_too(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    sequences: list[Any] = [tide.stdout, tide.stderr, tide.output_files]
    shutil.rmtree(made.path)
    for sequence in sequences:
        for look in (len, lambda gone: gone[0], lambda gone: gone.get("x"), lambda gone: 0 in gone):
            with pytest.raises(htmap.exceptions.MapWasRemoved):
                look(sequence)


def test_one_map_is_one_object_in_a_process_also_where_another_one_gave_it_another_tag(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    assert htmap.load("tide") is htmap.Map.load("tide") is tide
    tags.claim_tag(made.root, made.id, "wave")
    tags.move_tag(made, "tide", "wave")
    assert tide.tag == "wave"
    assert htmap.load("wave") is tide
