"""How maps are, in a line or in a table: the statuses and figures to show, and what they are called.

``htmap status`` fits the same columns to a terminal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from htmap_core import wording
from htmap_core.components import ComponentStatus
from htmap_core.results.engine import Engine
from htmap_core.tracking import holds


@attrs.frozen
class Figure:
    """A figure of a map beside its components' statuses.

    :param key: its name in JSON and CSV.
    :param heading: its name in tables.
    :param as_text: what makes a value text for people.
    """

    key: str
    heading: str
    as_text: Callable[[float], str]


FIGURES = (
    Figure("local_data", "Local Data", wording.size),
    Figure("max_memory", "Max Memory", wording.size),
    Figure("max_runtime", "Max Runtime", wording.duration),
    Figure("total_runtime", "Total Runtime", wording.duration),
)


def facts(engine: Engine, include_state: bool, include_meta: bool) -> dict[str, Any]:
    """Return what tables show of a map, whose existence nobody looks at here: sizes in bytes and times in seconds."""
    found: dict[str, Any] = {"tag": engine.map.current_tag(), "transient": engine.map_dir.is_transient}
    if include_state:
        found["component_status_counts"] = _counts(engine.statuses())
    if include_meta:
        memory, seconds = engine.memory(), engine.runtimes()
        values = (engine.map_dir.local_data, max(memory) * 1024 * 1024, max(seconds), sum(seconds))
        found.update(zip((figure.key for figure in FIGURES), values))
    return found


def line(engine: Engine) -> str:
    """Return one line that says how many components of a map are in which state."""
    counts = _counts(engine.statuses())
    text = " | ".join(f"{status} = {counts[status]}" for status in columns([counts]))
    return f"Map {engine.map.current_tag()} ({len(engine.components)} components): {text}"


def components_by_status(engine: Engine) -> dict[ComponentStatus, tuple[int, ...]]:
    """Return the indices of a map's components in each status."""
    found: dict[ComponentStatus, list[int]] = {status: [] for status in ComponentStatus}
    for component, status in enumerate(engine.statuses()):
        found[status].append(component)
    return {status: tuple(components) for status, components in found.items()}


def hold_report(engine: Engine) -> str:
    """Return a table of a map's components that are held, and why; below it, what to do where a URL is the cause."""
    found = engine.holds()
    rows = [(str(component), str(hold.code), hold.reason) for component, hold in found.items()]
    shown = wording.table(("Component", "Code", "Hold Reason"), rows, left=3)
    of_urls = (holds.advice(hold, engine.map.current_tag()) for hold in found.values() if holds.is_of_url(hold))
    return "\n".join([shown, *dict.fromkeys(of_urls)])


def table(all_facts: Sequence[dict[str, Any]], include_state: bool, include_meta: bool) -> str:
    """Return a table of maps, of whatever width it needs; transient ones have a ``*`` in front."""
    statuses = columns(each["component_status_counts"] for each in all_facts) if include_state else []
    figures = FIGURES if include_meta else ()
    rows = [
        [
            ("* " if each["transient"] else "  ") + each["tag"],
            *(str(each["component_status_counts"][status]) for status in statuses),
            *(figure.as_text(each[figure.key]) for figure in figures),
        ]
        for each in all_facts
    ]
    return wording.table(["Tag", *statuses, *(figure.heading for figure in figures)], rows)


def columns(all_counts: Iterable[dict[str, int]]) -> list[str]:
    """Return the statuses to show: the usual ones, and whatever else any component has, so that nothing is hidden.

    :param all_counts: how many components have which status, for each map.
    """
    shown = [str(status) for status in ComponentStatus.display_statuses()]
    present = {status for counts in all_counts for status, count in counts.items() if count}
    return shown + [str(status) for status in ComponentStatus if str(status) in present and str(status) not in shown]


def _counts(statuses: Iterable[ComponentStatus]) -> dict[str, int]:
    counts = Counter(statuses)
    return {str(status): counts[status] for status in ComponentStatus}
