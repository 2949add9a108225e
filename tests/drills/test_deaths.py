"""What a component does to itself and to its process costs nobody else a result: no neighbour, no hold, no hang."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

import htmap
from htmap.exceptions import HTMapException
from htmap_core.components import ComponentStatus
from tests.drills import deaths
from tests.drills.frame import Drill

pytestmark = [
    pytest.mark.pool,
    pytest.mark.timeout(1800),
    pytest.mark.usefixtures("personal_pool"),
    pytest.mark.filterwarnings("ignore::htmap_core.user_warnings.maps.RequestsDiffer"),
]

TIMEOUT = 600
SIZE = 5  # components of a job


def cases(chance: random.Random) -> Iterator[str]:
    """Yield each way once and again, those first that cost neighbours their results before, at any place in its job."""
    while True:
        for ways in (deaths.FIRST, deaths.OTHERS):
            names = list(ways)
            chance.shuffle(names)
            for name in names:
                yield f"{chance.randrange(SIZE)} {name}"


@pytest.mark.parametrize("chosen_by", ["user", "htmap"])
def test_the_others_of_the_job_have_their_results(drill: Drill, chosen_by: str) -> None:
    chosen = drill.chosen(cases, full=2 * len(deaths.WAYS), short=8)
    tasks = [task for case in chosen for task in job_of(case)]
    how = {"chunksize": SIZE} if chosen_by == "user" else {"chunksize": "auto", "expected_runtime": 5}
    mapped = htmap.map(deaths.function(), tasks, map_options=htmap.MapOptions(results_interval=10, **how), quiet=True)
    mapped.wait(TIMEOUT, holds_ok=True, errors_ok=True)

    for number, case in enumerate(chosen):
        with drill.trying(case):
            components = range(SIZE * number, SIZE * (number + 1))
            place, name = int(case.split()[0]), case.partition(" ")[2]
            others = [component for component in components if component != components[place]]
            assert [outcome(mapped, each) for each in others] == [tasks[each][0] for each in others]
            told = outcome(mapped, components[place])
            assert mapped.component_statuses[components[place]] is not ComponentStatus.HELD, told
            if (
                chosen_by == "user"
            ):  # jobs that HTMap has filled have several that die, and share what these have patched
                assert deaths.WAYS[name][1] in str(told)


def job_of(case: str) -> list[tuple[str, str]]:
    """Return the components of one job."""
    place, _, name = case.partition(" ")
    tasks = [(f"{case}, {number}", "") for number in range(SIZE)]
    tasks[int(place)] = (name, deaths.WAYS[name][0])
    return tasks


def outcome(mapped: htmap.Map, component: int) -> object:
    """Return what has come of a component: its result, or what is told instead."""
    try:
        return mapped.get(component, timeout=0)
    except HTMapException as error:
        report = error.report if isinstance(error, htmap.exceptions.MapComponentError) else ""
        return f"{error} {report}"
