"""Find, list and remove maps by their tags."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from htmap_core import names, user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import BusyMap, CondorError, CorruptMap, MapWasRemoved, TagNotFound
from htmap_core.maps import overview, recovery, removal
from htmap_core.maps.map import Map, engine_of
from htmap_core.results.engine import Engine
from htmap_core.storage import operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import htmap_dir
from htmap_core.storage.tags import all_tags, find_map


def load(tag: str) -> Map:
    """Return the map with a tag; in one process it is always the same object.

    :raises TagNotFound: no map has it.
    :raises BusyMap: another process is creating it just now.
    :raises CorruptMap: its files are not what HTMap wrote; :func:`remove` removes it all the same.
    """
    recovery.settle()
    map_dir = find_map(tag)
    _check_not_being_created(map_dir, tag)
    return Map(tag=tag, map_dir=map_dir)


def _check_not_being_created(map_dir: MapDir, tag: str) -> None:
    if operations.is_under_way(names.CREATING, map_dir):
        raise BusyMap(tag, names.CREATING)


def get_tags(pattern: str | None = None) -> tuple[str, ...]:
    """Return the tags of all maps, sorted.

    :param pattern: with wildcards as in a shell, such as ``scan-*``; None for all tags.
    """
    recovery.settle()
    return tuple(all_tags(pattern))


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
    except CorruptMap:
        removal.remove(find_map(tag), tag, ended=False, force=False)
    else:
        found.remove()


def load_maps(pattern: str | None = None) -> tuple[Map, ...]:
    """Return all maps, sorted by tag. Those that are being created just now are not there yet; of damaged ones a warning tells.

    :param pattern: with wildcards as in a shell, which the tags must fit; None for all maps.
    """
    return tuple(_loadable(get_tags(pattern)))


def _loadable(tags: Iterable[str]) -> Iterator[Map]:
    root = htmap_dir()
    for tag in tags:
        try:
            map_dir = find_map(tag, root)
            _check_not_being_created(map_dir, tag)
            yield Map(tag=tag, map_dir=map_dir)
        except (TagNotFound, BusyMap):  # removed or given another tag since the tags were listed; or not there yet
            continue
        except CorruptMap as error:
            user_warnings.warn(user_warnings.DamagedMap(tag, str(error)))


def clean(*, all: bool = False) -> list[str]:
    """Remove transient maps: those that nobody gave a tag. Of maps that cannot be removed now, a warning tells.

    :param all: maps that have a tag of their own as well.
    :returns: the tags that are gone.
    """
    removed = []
    for each in load_maps():
        try:
            if all or each.is_transient:
                tag = each.tag
                each.remove()
                removed.append(tag)
        except MapWasRemoved:
            continue  # by another process, since the maps were listed
        except CondorError as error:
            user_warnings.warn(user_warnings.NotRemoved(tag, str(error)))
    return removed


def status(maps: Iterable[Map] | None = None, include_state: bool = True, include_meta: bool = True) -> str:
    """Return a table of maps; transient ones have a ``*`` in front.

    :param maps: the maps to show; all by default.
    :param include_state: show how many components are in which state.
    :param include_meta: show memory, disk usage and run time.
    """
    return overview.table(status_facts(maps, include_state, include_meta), include_state, include_meta)


def status_json(
    maps: Iterable[Map] | None = None,
    include_state: bool = True,
    include_meta: bool = True,
    compact: bool = False,
) -> str:
    """Return the same as :func:`status` as JSON: an object for each map, by its tag.

    Disk and memory are in bytes, run times in seconds.

    :param compact: without any blanks and line breaks.
    """
    facts = {each["tag"]: each for each in status_facts(maps, include_state, include_meta)}
    return json.dumps(facts, separators=(",", ":")) if compact else json.dumps(facts, indent=4)


def status_csv(maps: Iterable[Map] | None = None, include_state: bool = True, include_meta: bool = True) -> str:
    """Return the same as :func:`status` as CSV, with a header and a line for each map.

    Disk and memory are in bytes, run times in seconds.
    """
    text = io.StringIO()
    columns = ["tag", "transient"]
    columns += [str(status) for status in ComponentStatus] if include_state else []
    columns += [figure.key for figure in overview.FIGURES] if include_meta else []
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for facts in status_facts(maps, include_state, include_meta):
        counts = facts.pop("component_status_counts", {})
        writer.writerow({**facts, **counts})
    return text.getvalue()


def status_facts(
    maps: Iterable[Map] | None = None, include_state: bool = True, include_meta: bool = True
) -> list[dict[str, Any]]:
    """Return what :func:`status` shows, a dictionary for each map, sizes in bytes and times in seconds."""
    return [overview.facts(engine, include_state, include_meta) for engine in _engines(maps)]


def _engines(maps: Iterable[Map] | None) -> Iterator[Engine]:
    """Yield the engines of maps, each as soon as it is known that the map exists."""
    for each in _loadable(get_tags()) if maps is None else maps:
        if not isinstance(each, Map):
            raise TypeError(f"the status of maps is shown, as in status([htmap.load(tag)]); {each!r} is none")
        if each.exists:
            yield engine_of(each)
        elif maps is not None:  # else another process has removed it since the tags were listed
            raise MapWasRemoved(engine_of(each).map.tag)
