"""The state of maps, in a line or in a table: which statuses and figures are shown, and their headings.

``htmap status`` shows the same columns, fitted to a terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from htmap_core import wording
from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.display.view import BAD, GOOD, Tinted
from htmap_core.durations import measured
from htmap_core.exceptions import CorruptMap, MadeByNewerHTMap
from htmap_core.maps import earlier_runs
from htmap_core.results.engine import Engine
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.chunking.reason import Reason
from htmap_core.tracking import holds

_RESOLUTION = 1.0  # seconds, of most event logs
_SHORT, _MINUTE = 10.0, 60.0  # seconds; of less than that, tenths are shown, and no minutes

_SIGNS = {
    "*": "* nobody gave it a tag: `htmap clean` removes it, `htmap retag` gives it one of its own",
    "!": "! it cannot be read: `htmap doctor` says what is wrong, `htmap remove --force TAG` removes it",
}
UNKNOWN = "?"  # a figure of a map that is damaged, or that only a newer HTMap understands


@attrs.frozen
class Figure:
    """A figure of a map, shown beside the counts of its components' statuses.

    :param key: its name in JSON and CSV.
    :param heading: its name in tables.
    :param as_text: formats a known value for people.
    """

    key: str
    heading: str
    _as_text: Callable[[float], str]

    def as_text(self, value: float | None) -> str:
        """Format a value for people; it may be unknown."""
        return UNKNOWN if value is None else self._as_text(value)


def run_time(seconds: float) -> str:
    """Format a run time: a short one with its tenths, where the event log has fractions of seconds.

    >>> run_time(0.25), run_time(3.0), run_time(33.3), run_time(63.4)
    ('0.2 s', '3 s', '33 s', '0:01:03')
    """
    if seconds >= _MINUTE:
        return wording.duration(seconds)
    return f"{seconds:.1f} s" if seconds < _SHORT and seconds != int(seconds) else f"{int(seconds)} s"


FIGURES = (
    Figure("local_data", "Local Data", wording.size),
    Figure("max_memory", "Max Memory", wording.size),
    Figure("max_runtime", "Max Runtime", run_time),
    Figure("total_runtime", "Total Runtime", run_time),
)


def facts(engine: Engine, include_state: bool, include_meta: bool) -> dict[str, Any]:
    """Return the facts of a map for a table, with sizes in bytes and times in seconds. The caller checks that the map exists."""
    found: dict[str, Any] = {
        "tag": engine.map.current_tag(),
        "transient": engine.map_dir.is_transient,
        "problem": None,
    }
    if include_state:
        found["component_status_counts"] = _counts(engine)
    if include_meta:
        found.update(local_data=engine.map_dir.local_data, **figures(engine))
    return found


def figures(engine: Engine) -> dict[str, float]:
    """Return the figures of a map that its jobs tell: all but its size on disk, for which its directory is looked through."""
    memory, seconds = engine.memory_of_jobs(), engine.runtimes_of_jobs()
    return {"max_memory": max(memory) * 1024 * 1024, "max_runtime": max(seconds), "total_runtime": sum(seconds)}


def unknown_facts(tag: str, problem: str, include_state: bool, include_meta: bool) -> dict[str, Any]:
    """Return the facts of a map that is damaged, or that this HTMap does not understand: nothing but its tag is known.

    :param problem: what is wrong with it, and what to do.
    """
    found: dict[str, Any] = {"tag": tag, "transient": False, "problem": problem}
    if include_state:
        found["component_status_counts"] = {}
    if include_meta:
        found.update((figure.key, None) for figure in FIGURES)
    return found


def line(engine: Engine) -> str:
    """Return one line with the number of a map's components in each state."""
    counts = _counts(engine)
    text = " | ".join(f"{status} = {counts[status]}" for status in columns([counts]))
    return f"Map {engine.map.current_tag()} ({wording.counted(len(engine.components), 'component')}): {text}"


def components_by_status(engine: Engine) -> dict[ComponentStatus, tuple[int, ...]]:
    """Return the indices of a map's components in each status."""
    found: dict[ComponentStatus, list[int]] = {status: [] for status in ComponentStatus}
    for component, status in enumerate(engine.statuses()):
        found[status].append(component)
    return {status: tuple(components) for status, components in found.items()}


def hold_report(engine: Engine) -> str:
    """Return a table of a map's held components and the reasons, with the site's words and advice below it."""
    found = engine.holds()
    rows = [(str(component), holds.codes(hold), hold.reason) for component, hold in found.items()]
    shown = wording.table(("Component", "Code", "Hold Reason"), rows, left=3)
    words = site_words(engine, found.values())
    advice = (holds.advice(hold, engine.map.current_tag()) for hold in found.values())
    return "\n".join([shown, *words, *dict.fromkeys(advice)])


def site_words(engine: Engine, held: Iterable[ComponentHold]) -> list[str]:
    """Return what the plugins of a map's site have to say on holds, each text once."""
    return list(dict.fromkeys(words for hold in held for words in engine.site.on_hold(hold)))


def chunk_report(engine: Engine) -> str:
    """Return how the components of a map share jobs, who has chosen that and why, and what it has cost so far."""
    engine.map_dir.refresh()
    placement, lines = engine.map_dir.placement, []
    for portion, chunking in zip(placement.portions, engine.map_dir.chunking()):
        of = ", ".join(f"{count} of {size}" for count, size in portion.sizes.runs)
        more = "" if portion.first == 0 else "added: "
        lines.append(
            f"{more}{wording.counted(len(portion.components), 'component')} in {wording.counted(portion.jobs, 'job')}: {of}"
        )
        lines.append(
            "the number is the user's" if chunking is None else f"HTMap has chosen that: {Reason.of(chunking)}"
        )
    if (spent := cost(engine)) is not None:
        seconds, rest = spent
        lines.append(
            f"a call takes {measured(seconds)}; {rest:.0%} of the time of the jobs went into starting and ending them"
        )
    return "\n".join(lines)


def cost(engine: Engine) -> tuple[float, float] | None:
    """Return how long a call takes in seconds, and the share of the jobs' time that went into anything else; None if unknown.

    Of a job that has run several times, such as after an eviction, only the time of the last run is known. It does not count.
    """
    known, placement = earlier_runs.calls_of(engine.map_dir, None), engine.map_dir.placement
    total, calls = 0.0, 0
    for portion in placement.portions:
        for row in earlier_runs.rows_looked_at(portion.jobs):
            job, components = Job(portion.submission, row), portion.components_of(row)
            took = engine.states.runtime(components[0])
            is_first = placement.job_of(components[0]) == job
            if is_first and 0 < _span(engine.map_dir, job, components) < took + _RESOLUTION:
                total += took
                calls += len(components)
    return None if known is None or not total else (known.seconds, max(0.0, 1 - known.seconds * calls / total))


def _span(map_dir: MapDir, job: Job, components: range) -> float:
    """Return the seconds from the beginning of the first component to the end of the last; 0 if the job has not ended well."""
    try:
        returned = map_dir.outputs.open(job)
        begin, end = returned.record(components[0])["start"], returned.record(components[-1])["end"]
    except (FileNotFoundError, CorruptMap, MadeByNewerHTMap):
        return 0.0
    return float(end - begin)


def table(all_facts: Sequence[dict[str, Any]], include_state: bool, include_meta: bool) -> str:
    """Return a table of maps, as wide as it needs to be; ``*`` marks transient ones, ``!`` those that cannot be read."""
    return wording.table(*rows(all_facts, include_state, include_meta))


def rows(
    all_facts: Sequence[dict[str, Any]], include_state: bool, include_meta: bool
) -> tuple[list[str], list[list[str]]]:
    """Return the headings of a table of maps, and a row for each map."""
    statuses = columns(each["component_status_counts"] for each in all_facts) if include_state else []
    shown = FIGURES if include_meta else ()
    found = [
        [
            f"{mark(each)} {each['tag']}",
            *(count_cell(status, each["component_status_counts"]) for status in statuses),
            *(figure.as_text(each[figure.key]) for figure in shown),
        ]
        for each in all_facts
    ]
    return ["Tag", *statuses, *(figure.heading for figure in shown)], found


def mark(facts: Mapping[str, Any]) -> str:
    """Return the sign before the tag of a map in a table."""
    return "!" if facts["problem"] else "*" if facts["transient"] else " "


def count_cell(status: str, counts: Mapping[str, int]) -> str:
    """Return how many components have a status, as a cell that stands out where it is good or bad news."""
    count = counts.get(status)
    if count is None:
        return UNKNOWN
    if count and status in {ComponentStatus.HELD, ComponentStatus.ERRORED, ComponentStatus.REMOVED}:
        return Tinted(str(count), BAD)
    is_done = count == sum(counts.values()) and status == ComponentStatus.COMPLETED
    return Tinted(str(count), GOOD) if is_done else str(count)


def footnote(all_facts: Iterable[dict[str, Any]]) -> str:
    """Return what the signs in a table of maps mean; an empty text where it has none."""
    found = {mark(each) for each in all_facts}
    return "\n".join(meaning for sign, meaning in _SIGNS.items() if sign in found)


def columns(all_counts: Iterable[dict[str, int]]) -> list[str]:
    """Return the statuses to show: the usual ones, and all others that any component has.

    :param all_counts: for each map, the number of components in each status.
    """
    shown = [str(status) for status in ComponentStatus.display_statuses()]
    present = {status for counts in all_counts for status, count in counts.items() if count}
    return shown + [str(status) for status in ComponentStatus if str(status) in present and str(status) not in shown]


def _counts(engine: Engine) -> dict[str, int]:
    counts = engine.counts()
    return {str(status): counts.get(status, 0) for status in ComponentStatus}
