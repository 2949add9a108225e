"""What the plugin of a site tells users."""

from __future__ import annotations

from typing import Any

import pytest

from htmap_core import Check, SiteWords


@pytest.mark.parametrize("facts", [("water", "fine", "low"), ("water", None, "low")])
def test_a_check_has_one_of_three_verdicts(facts: Any) -> None:
    with pytest.raises(ValueError, match="'problem'"):
        Check(*facts)


@pytest.mark.parametrize("make", [lambda: Check(3, "ok", "low"), lambda: Check("water", "ok", "low", None)])  # type: ignore[arg-type]  # that is the point
def test_what_a_check_tells_is_text(make: Any) -> None:
    with pytest.raises(TypeError):
        make()


@pytest.mark.parametrize("facts", [(None,), ("too much cargo", 3)])
def test_a_site_s_words_are_text(facts: Any) -> None:
    with pytest.raises(TypeError):
        SiteWords(*facts)
