"""Whether names are free: what an index has is told to the test, which asks none."""

from __future__ import annotations

from pathlib import Path

import pytest

from release import index
from release.changelogs import path_of
from release.distributions import Distribution, distributions

CHANGELOG = "# Changelog\n\n## 1.1.0 (not released)\n\n## 1.0.0 (2030-01-31)\n\n- Old.\n"


@pytest.fixture
def core(tree: Path) -> Distribution:
    (found, *_) = distributions(tree)
    path_of(found).write_text(CHANGELOG)
    return found


def faults(core: Distribution, on_index: list[str]) -> list[str]:
    known = {index.KNOWN: ["1.0"], core.name: on_index}
    return list(index.faults([core], "1.1.0", lambda name: known[name]))


@pytest.mark.parametrize("on_index", [[], ["1.0.0"]])
def test_a_free_name_is_ours_and_so_is_one_with_our_versions_alone(core: Distribution, on_index: list[str]) -> None:
    assert faults(core, on_index) == []


@pytest.mark.parametrize("on_index", [["0.3"], ["1.0.0", "7.0"]])
def test_a_version_that_the_changelog_does_not_know_is_somebody_elses(core: Distribution, on_index: list[str]) -> None:
    (fault,) = faults(core, on_index)
    assert on_index[-1] in fault


def test_a_version_is_not_uploaded_twice(core: Distribution) -> None:
    (fault,) = faults(core, ["1.1.0", "1.0.0"])
    assert "make version" in fault


def test_an_index_that_cannot_be_asked_is_not_taken_for_an_empty_one(core: Distribution) -> None:
    (fault,) = index.faults([core], "1.1.0", lambda _: [])
    assert index.KNOWN in fault
