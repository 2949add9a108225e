"""What a map shows of itself: how far it is, and the first components that went wrong.

It is looked at far more often than it is asked for, in each notebook that is opened again. So nothing is unpickled, no output
is read, and no more is asked than a status asks; and whatever is wrong with the map is part of the view.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from htmap_core import wording
from htmap_core.components import ComponentStatus
from htmap_core.display.short import cut
from htmap_core.display.view import BAD, Section, Tinted
from htmap_core.exceptions import HTMapException, MapWasRemoved
from htmap_core.maps import overview
from htmap_core.results.engine import Engine

_FEW = 5  # components that went wrong, each of which may have a file of its own
_MANY_JOBS = 50_000  # of more, memory and run times would take a second
_WENT_WRONG = (ComponentStatus.ERRORED, ComponentStatus.HELD, ComponentStatus.REMOVED)


def view(engine: Engine) -> Iterator[Section]:
    """Yield what a map shows of itself, as far as it can be read; then what is wrong with it."""
    tag = engine.map.tag
    try:
        engine.map.check_existence()
        tag = engine.map.current_tag()
        yield from _sections(engine, tag)
    except (OSError, HTMapException) as error:
        problem = error if engine.map_dir.exists else MapWasRemoved(tag)
        yield Section(f"Map {tag} cannot be shown: {problem}")


def _sections(engine: Engine, tag: str) -> Iterator[Section]:
    counts = engine.counts()
    by_name = {str(status): counts.get(status, 0) for status in ComponentStatus}
    shown = overview.columns([by_name])
    figures = overview.figures(engine) if engine.map_dir.placement.first_jobs <= _MANY_JOBS else {}
    headers = [*shown, *(figure.heading for figure in overview.FIGURES if figure.key in figures)]
    cells = [figure.as_text(figures[figure.key]) for figure in overview.FIGURES if figure.key in figures]
    row = [*(overview.count_cell(name, by_name) for name in shown), *cells]
    yield Section(_headline(engine, tag, counts), headers, [row], left=0)
    yield from _problems(engine, tag, counts)
    if counts.get(ComponentStatus.IDLE) and not counts.get(ComponentStatus.RUNNING):
        yield Section(f"`htmap why {wording.in_shell(tag)}` says what the idle components wait for")


def _headline(engine: Engine, tag: str, counts: Mapping[ComponentStatus, int]) -> str:
    record, total = engine.map_dir.record, len(engine.components)
    ended = sum(count for status, count in counts.items() if status.is_final)
    how_far = "all of them have results" if counts.keys() == {ComponentStatus.COMPLETED} else f"{ended} have ended"
    place = record.delivery_reason if engine.map_dir.is_here else f"for the {record.pool.pool} pool"
    made = f"created {wording.minute(record.created)} {place}"
    return f"Map {tag}: {wording.counted(total, 'component')}, {how_far}; {made}"


def _problems(engine: Engine, tag: str, counts: Mapping[ComponentStatus, int]) -> Iterator[Section]:
    """Yield the first components that went wrong, and what tells more."""
    total = sum(counts.get(status, 0) for status in _WENT_WRONG)
    if not total:
        return
    statuses = enumerate(engine.states.statuses())
    first = itertools.islice(((component, status) for component, status in statuses if _is_wrong(status)), _FEW)
    rows = [
        (str(component), Tinted(str(status), BAD), _what_happened(engine, component, status))
        for component, status in first
    ]
    yield Section("", ("Component", "Status", "What happened"), rows)
    more = f"{total - len(rows)} more like that; " if total > len(rows) else ""
    has_errors = ComponentStatus.ERRORED in counts
    yield Section(f"{more}`htmap {'errors' if has_errors else 'why'} {wording.in_shell(tag)}` tells all of it")


def _is_wrong(status: ComponentStatus) -> bool:
    return any(status is each for each in _WENT_WRONG)  # members of an Enum are slow to hash and to compare


def _what_happened(engine: Engine, component: int, status: ComponentStatus) -> str:
    try:
        return cut(engine.errors.in_a_line(component, status))
    except (OSError, HTMapException) as error:  # the others can be shown all the same
        return cut(wording.describe(error))
