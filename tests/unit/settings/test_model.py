"""What an attrs class says of a settings table."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import attrs
import pytest

from htmap_core.settings import model


@attrs.frozen
class Boat:
    """A plugin's table."""

    sails: int = attrs.field(default=2, metadata={"meaning": "how many sails it has"})
    log: Optional[Path] = attrs.field(default=None, metadata={"meaning": "where its log is", "default": "below deck"})
    home: Path = Path("/harbour")
    trip: Any = attrs.field(default="1h", converter=len)
    crew: list[str] = attrs.field(factory=list)
    motto: str = attrs.field(default=attrs.Factory(lambda boat: f"with {boat.sails} sails", takes_self=True))
    length: int = attrs.field(default=7, init=False)


SETTINGS = {setting.name: setting for setting in model.settings_of("BOAT", Boat)}


def test_a_setting_is_all_that_its_field_says() -> None:
    assert SETTINGS["BOAT.LOG"] == model.Setting(
        name="BOAT.LOG",
        type=Optional[Path],
        default=None,
        default_in_words="below deck",
        meaning="where its log is",
        variables=("HTMAP_BOAT_LOG",),
    )


def test_a_default_is_what_the_user_would_write() -> None:
    assert {name: setting.default for name, setting in SETTINGS.items()} == {
        "BOAT.SAILS": 2,
        "BOAT.LOG": None,
        "BOAT.HOME": "/harbour",
        "BOAT.TRIP": "1h",
        "BOAT.CREW": [],
        "BOAT.MOTTO": "with 2 sails",
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "true"), (1.5, "1.5"), ("a b", "a b"), ([], "none"), (["a", "b"], "a, b"), (None, "not set")],
)
def test_a_value_is_shown_as_people_write_it(value: object, words: str) -> None:
    assert model.in_words(value) == words
