"""Tags on file systems of all kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core import names
from htmap_core.exceptions import CannotStore, MapWasRemoved, TagAlreadyExists, TagNotFound
from htmap_core.maps import retagging
from htmap_core.storage import deletion
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import all_tags, claim_tag, find_map, has_tag, move_tag, release_tag, tag_of
from tests.refused_calls import without
from tests.threads import at_once
from tests.unit.conftest import MakeMap

Within = Callable[[Callable[[], object]], object]


@pytest.fixture(params=[(), ("link",)], ids=["hard links", "no hard links"])
def within(request: pytest.FixtureRequest) -> Within:
    return lambda do: without(request.param, do)


def test_a_tag_leads_to_its_map_until_it_is_moved_or_released(make_map: MakeMap, within: Within) -> None:
    def check() -> None:
        made = make_map("tide")
        root = made.root
        assert find_map("tide").id == made.id
        assert tag_of(made) == "tide"
        with pytest.raises(TagAlreadyExists):
            claim_tag(root, "another", "tide")
        claim_tag(root, made.id, "ebb")
        move_tag(made, "tide", "ebb")
        assert all_tags() == ["ebb"]
        assert has_tag(made, "ebb")
        release_tag(root, made.id, "ebb")
        assert all_tags() == []
        with pytest.raises(TagNotFound):
            find_map("ebb")

    within(check)


def test_a_tag_whose_map_is_gone_can_be_claimed(make_map: MakeMap, within: Within) -> None:
    def check() -> None:
        root = make_map("tide").root
        claim_tag(root, "gone", "ebb")
        claim_tag(root, "id-of-tide", "ebb")
        assert find_map("ebb").id == "id-of-tide"

    within(check)


def test_of_many_that_claim_a_tag_at_once_one_gets_it(make_map: MakeMap, within: Within) -> None:
    made = make_map("tide")
    (made.root / names.MAPS / "another").mkdir()

    def claim() -> list[object]:
        deeds = [lambda: claim_tag(made.root, made.id, "ebb"), lambda: claim_tag(made.root, "another", "ebb")]
        return at_once(*deeds, *deeds)  # the threads inherit what is refused to this one

    got = within(claim)
    assert isinstance(got, list)
    assert [each for each in got if not isinstance(each, TagAlreadyExists)] == ["ebb"]


def test_who_has_hard_links_reads_tags_made_without(make_map: MakeMap) -> None:
    made = without(("link",), lambda: make_map("tide"))
    assert (made.root / names.TAGS / "tide").is_symlink()
    assert find_map("tide").id == made.id


@pytest.mark.usefixtures("htmap_dir")
def test_a_file_system_with_no_links_at_all_is_refused_and_nothing_is_left() -> None:
    def create() -> None:
        with Creation("tide"):
            pass

    with pytest.raises(CannotStore) as caught:
        without(("link", "symlink"), create)
    assert caught.value.path.endswith(names.TAGS)
    assert all_tags() == []


# --- tags that lead to nothing


def test_whoever_looks_for_a_map_that_is_gone_clears_its_tag_away(make_map: MakeMap, htmap_dir: Path) -> None:
    made = make_map("tide")
    made.path.rename(htmap_dir / "gone")
    with pytest.raises(TagNotFound):
        find_map("tide")
    assert all_tags() == []


@pytest.mark.parametrize("said", ["../../precious", "/precious", ".", "..", "a\0b", ""])
def test_a_tag_never_leads_outside(htmap_dir: Path, make_map: MakeMap, said: str) -> None:
    make_map("tide").path.rename(htmap_dir / "gone")
    (htmap_dir / "tags" / "tide").write_text(said)
    with pytest.raises(TagNotFound):
        find_map("tide")
    (htmap_dir / "gone" / "map.json").read_text()


@pytest.mark.parametrize("when", ["before the claim", "after the claim"])
def test_a_map_that_is_removed_while_it_gets_another_tag_leaves_none(
    make_map: MakeMap, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    made = make_map("tide")

    def claim(root: Path, map_id: str, tag: str | None) -> str:
        if when == "before the claim":
            remove_it(made)
        claimed = claim_tag(root, map_id, tag)
        if when == "after the claim":
            remove_it(made)
        return claimed

    monkeypatch.setattr(retagging, "claim_tag", claim)
    with pytest.raises(MapWasRemoved):
        retagging.retag(made, "tide", "ebb", ended=True)
    assert all_tags() == []


def remove_it(made: MapDir) -> None:
    with deletion.announced(made, "tide", None, "false") as removal:
        deletion.delete_map(removal)
        deletion.conclude(removal)
