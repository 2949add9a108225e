"""The first day of somebody who has read nothing: what goes wrong then, and the screens that say what to do next.

Each mistake stands in a table of this folder with the script or the commands as users write them. All are made for real, on one
pool and side by side. A screen is short, begins with what is wrong in the user's own words, names the next step, and shows
nothing of HTMap's inside; its text is a golden file. What is promised and not there yet fails as it should, and says whose
promise it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.first_day.again import AGAIN
from tests.first_day.commands import COMMANDS
from tests.first_day.files_and_modules import FILES_AND_MODULES
from tests.first_day.functions import FUNCTIONS
from tests.first_day.meanwhile import MEANWHILE
from tests.first_day.mistake import YESTERDAY, Mistake
from tests.first_day.reading import READING
from tests.first_day.resources import RESOURCES
from tests.first_day.walking import Place, Screen
from tests.first_day.writing import WRITING
from tests.golden_files import Golden

pytestmark = pytest.mark.pool

MISTAKES = (
    *(*WRITING, *FUNCTIONS, *FILES_AND_MODULES, *RESOURCES),
    *(*READING, *COMMANDS, *AGAIN, *MEANWHILE),
)
_AT_A_TIME = 4


def _param(mistake: Mistake) -> object:
    marks = [pytest.mark.xfail(reason=mistake.promise)] if mistake.promise else []
    return pytest.param(mistake, id=mistake.name, marks=marks)


@pytest.fixture(scope="module")
def screens(
    module_pool: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Mapping[str, Future[Screen]]]:
    """Make the mistakes that this run looks at, side by side, and give their screens by name."""
    place = Place(tmp_path_factory.mktemp("day"), module_pool)
    place.walk(YESTERDAY)
    looked_at = {item.name.partition("[")[2].rstrip("]") for item in request.session.items}
    with ThreadPoolExecutor(_AT_A_TIME) as hands:
        yield {each.name: hands.submit(place.walk, each) for each in MISTAKES if each.name in looked_at}


@pytest.mark.parametrize("mistake", [_param(each) for each in MISTAKES])
def test_the_screen_of_a_mistake_names_the_next_step(
    mistake: Mistake, screens: Mapping[str, Future[Screen]], golden: Golden
) -> None:
    screen = screens[mistake.name].result()
    assert mistake.says in screen.told, screen.text
    assert [each for each in mistake.names if each not in screen.text] == [], screen.text
    assert [each for each in mistake.lacks if each in screen.text] == [], screen.text
    assert len(screen.frames_of_ours) <= mistake.frames, screen.text
    assert len(screen.lines) <= mistake.lines, screen.text
    if not mistake.promise:
        hide = {re.compile(mistake.measured): "MEASURED"} if mistake.measured else None
        golden(f"first-day/{mistake.name}", screen.session(), hide=hide)
