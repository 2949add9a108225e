"""What is to be done where a map has the tag already, as users say it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.exceptions import InvalidOption, InvalidSetting, MapDiffers
from htmap_core.maps.resuming.rule import rule_for
from htmap_core.settings.chain import settings
from tests.pool.old_maps.unpacking import unpack


def test_by_default_it_is_an_error(htmap_dir: Path) -> None:
    assert rule_for(None, "tide") == "error"


def test_the_setting_counts_where_the_argument_is_not_given(htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_IF_EXISTS", "resume")
    assert rule_for(None, "tide") == "resume"
    assert rule_for("load", "tide") == "load"


def test_the_setting_does_not_matter_without_a_tag(htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_IF_EXISTS", "resume")
    assert rule_for(None, None) == "error"


@pytest.mark.parametrize(("given", "tag"), [("resum", "tide"), (True, "tide"), ("resume", None), ("load", None)])
def test_what_makes_no_sense_is_refused_before_anything_is_done(htmap_dir: Path, given: Any, tag: str | None) -> None:
    for create in (
        lambda: htmap.map(abs, _never(), tag=tag, if_exists=given),
        lambda: htmap.starmap(abs, _never(), tag=tag, if_exists=given),
        lambda: htmap.build_map(abs, tag=tag, if_exists=given),
        lambda: htmap.mapped(abs).map(_never(), tag=tag, if_exists=given),
        lambda: htmap.plan(abs, _never(), tag=tag, if_exists=given),
    ):
        with pytest.raises(InvalidOption) as caught:
            create()
        assert (caught.value.name, caught.value.value) == ("if_exists", given)
    assert not htmap_dir.exists()


def _never() -> Any:
    pytest.fail("no input is asked for")
    yield


def test_a_setting_that_makes_no_sense_is_refused(htmap_dir: Path) -> None:
    settings["IF_EXISTS"] = "resum"
    with pytest.raises(InvalidSetting):
        rule_for(None, "tide")


class TestAMapOfAnOldVersion:
    @pytest.fixture(autouse=True)
    def finished(self, htmap_dir: Path) -> htmap.Map:
        unpack("finished", htmap_dir)
        return htmap.load("kinds")

    def test_load_gives_it_without_a_pool(self, finished: htmap.Map) -> None:
        assert htmap.map(abs, _never(), tag="kinds", if_exists="load") is finished

    def test_its_function_was_not_kept_so_it_is_not_resumed(self, finished: htmap.Map) -> None:
        with pytest.raises(MapDiffers) as caught:
            htmap.map(abs, range(6), tag="kinds", if_exists="resume")
        assert (caught.value.what, caught.value.components) == ("function", 6)
        assert len(finished) == 6
