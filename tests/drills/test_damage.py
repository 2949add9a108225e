"""Files of HTMAP_DIR that are damaged: whoever looks is told, other maps are shown, and what is damaged can be removed."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import pytest

from htmap_core.testing import using_htmap_dir
from tests.drills import damage
from tests.drills.frame import Drill

pytestmark = [pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an HTMAP_DIR that is whole."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HTMAP_CONFIG", "")
        return damage.template(tmp_path_factory.mktemp("damage") / "htmap")


def try_each(drill: Drill, template: Path, folder: Path, ways: dict, full: int, short: int) -> None:  # type: ignore[type-arg]
    with using_htmap_dir(template), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        right = {tag: damage.results(tag) for tag in (damage.WHOLE, *damage.DAMAGED)}
    for number, case in enumerate(drill.chosen(damage.cases(template, ways), full=full, short=short)):
        with drill.trying(case):
            damage.Damaged.of(template, folder / str(number), case).check(right)
        shutil.rmtree(folder / str(number))


def test_damaged_files(drill: Drill, template: Path, htmap_dir: Path) -> None:
    try_each(drill, template, htmap_dir.parent, {**damage.CHANGES, **damage.REPLACEMENTS}, full=1000, short=12)


def test_flipped_bits(drill: Drill, template: Path, htmap_dir: Path) -> None:
    try_each(drill, template, htmap_dir.parent, {"flip": damage.flip}, full=1000, short=6)
