"""Maps that are gone."""

from __future__ import annotations

import copy
import shutil
from typing import Any

import pytest

import htmap
from htmap_core.storage import tags
from tests.unit.conftest import MakeMap


def test_after_removal_everything_public_raises_before_it_looks_at_its_arguments(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    shutil.rmtree(made.path)
    for name in [name for name in dir(tide) if not name.startswith("_") and name not in {"exists", "load", "tag"}]:
        with pytest.raises(htmap.exceptions.MapWasRemoved):
            getattr(tide, name)("no", "such", "arguments", are="known")
    for look in (
        len,
        iter,
        bool,
        list,
        lambda gone: list(reversed(gone)),
        lambda gone: gone["x"],
        lambda gone: 0 in gone,
    ):
        with pytest.raises(htmap.exceptions.MapWasRemoved):
            look(tide)


def test_what_was_removed_can_still_be_named_and_compared(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide, wave = htmap.load("tide"), htmap.Map(tag="wave", map_dir=make_map("wave"))
    before = repr(tide), hash(tide)
    shutil.rmtree(made.path)
    assert (tide.tag, tide.exists, repr(tide), hash(tide)) == ("tide", False, *before)
    assert (tide in [wave, tide], len({tide, tide, wave}), copy.copy(tide) is tide) == (True, 2, True)


def test_the_tag_of_what_was_removed_is_its_last_one_also_where_another_map_has_it_now(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    tags.claim_tag(made.root, made.id, "wave")
    tags.move_tag(made, "tide", "wave")
    assert tide.tag == "wave"
    tags.release_tag(made.root, made.id, "wave")
    shutil.rmtree(made.path)
    other = make_map("sea")
    tags.claim_tag(other.root, other.id, "wave")
    tags.move_tag(other, "sea", "wave")
    assert (tide.tag, tide.exists, htmap.load("wave").exists) == ("wave", False, True)
    assert htmap.load("wave") is not tide


def test_what_was_taken_from_a_map_before_it_was_removed_says_so_too(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    sequences: list[Any] = [tide.stdout, tide.stderr, tide.output_files]
    names = {repr(sequence) for sequence in sequences}
    shutil.rmtree(made.path)
    for sequence in sequences:
        for look in (
            len,
            list,
            lambda gone: gone[0],
            lambda gone: gone[:1],
            lambda gone: gone.get("x"),
            lambda gone: 0 in gone,
        ):
            with pytest.raises(htmap.exceptions.MapWasRemoved):
                look(sequence)
    with pytest.raises(htmap.exceptions.MapWasRemoved):
        sequences[0].follow(0)
    assert {repr(sequence) for sequence in sequences} == names


def test_one_map_is_one_object_in_a_process_also_where_another_one_gave_it_another_tag(make_map: MakeMap) -> None:
    made = make_map("tide")
    tide = htmap.load("tide")
    assert htmap.load("tide") is htmap.Map.load("tide") is tide
    tags.claim_tag(made.root, made.id, "wave")
    tags.move_tag(made, "tide", "wave")
    assert tide.tag == "wave"
    assert htmap.load("wave") is tide
