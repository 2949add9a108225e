"""Find, list and remove maps by their tags."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from htmap_core import recovery, reports, storage
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import TagNotFound
from htmap_core.maps import Map


def load(tag: str) -> Map:
    """Return the map with a tag; in one process it is always the same object.

    :raises TagNotFound: no map has it.
    :raises CorruptMap: its files are not what HTMap wrote.
    """
    recovery.settle()
    return Map(tag=tag, map_dir=storage.find(tag))


def get_tags(pattern: str | None = None) -> tuple[str, ...]:
    """Return the tags of all maps, sorted.

    :param pattern: a glob-style pattern; only tags that fit it are returned.
    """
    recovery.settle()
    return tuple(storage.tags(pattern))


def remove(tag: str, not_exist_ok: bool = True) -> None:
    """Remove the map with a tag.

    :param not_exist_ok: say nothing where there is no such map.
    :raises TagNotFound: there is no such map, and *not_exist_ok* is false.
    """
    try:
        found = load(tag)
    except TagNotFound:
        if not not_exist_ok:
            raise
    else:
        found.remove()


def load_maps(pattern: str | None = None) -> tuple[Map, ...]:
    """Return all maps, sorted by tag.

    :param pattern: a glob-style pattern; only maps whose tags fit it are returned.
    """
    return tuple(load(tag) for tag in get_tags(pattern))


def status(maps: Iterable[Map] | None = None, include_state: bool = True, include_meta: bool = True) -> str:
    """Return a table of maps; transient ones have a ``*`` in front.

    :param maps: the maps to show; all by default.
    :param include_state: show how many components are in which state.
    :param include_meta: show memory, disk usage and run time.
    """
    shown = ComponentStatus.display_statuses()
    headers = ["Tag"]
    headers += [str(status) for status in shown] if include_state else []
    headers += ["Local Data", "Max Memory", "Max Runtime", "Total Runtime"] if include_meta else []
    rows = []
    for each in load_maps() if maps is None else maps:
        row = [("* " if each.is_transient else "  ") + each.tag]
        if include_state:
            counts = Counter(each.component_statuses)
            row += [str(counts[status]) for status in shown]
        if include_meta:
            row += _meta(each)
        rows.append(row)
    return reports.table(headers, rows)


def _meta(each: Map) -> list[str]:
    seconds = [runtime.total_seconds() for runtime in each.runtime]
    return [
        reports.size(each.local_data),
        reports.size(max(each.memory_usage) * 1024 * 1024),
        reports.duration(max(seconds)),
        reports.duration(sum(seconds)),
    ]
