"""Where warnings say that they come from."""

from __future__ import annotations

import pytest

from htmap_core.submission import planning


def test_a_warning_shows_the_line_that_called_into_htmap() -> None:
    with pytest.warns(planning.SuspiciousMap, match="no slot") as caught:
        planning.warn(["no slot can run it"])
    assert caught[0].filename == __file__
