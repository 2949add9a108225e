"""Find, list and remove maps by their tags."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from htmap_core import names, user_warnings
from htmap_core.components import ComponentStatus
from htmap_core.exceptions import (
    BusyMap,
    CondorError,
    CorruptMap,
    HTMapException,
    MadeByNewerHTMap,
    MapWasRemoved,
    TagNotFound,
)
from htmap_core.exceptions.door import at_the_door
from htmap_core.maps import overview, recovery, removal
from htmap_core.maps.map import Map, engine_of
from htmap_core.maps.shown.of_maps import StatusTable
from htmap_core.results.engine import Engine
from htmap_core.storage import operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.root import htmap_dir
from htmap_core.storage.tags import all_tags, drop_tag, find_map, find_remains


@at_the_door
def load(tag: str) -> Map[Any]:
    """Return the map with a tag; always the same object within a process.

    Since 0.6 or earlier::

        mapped = htmap.load("tide")

    :raises TagNotFound: no map has this tag.
    :raises BusyMap: another process is creating the map right now.
    :raises CorruptMap: the map's files are damaged; :func:`remove` still removes it.
    :raises MadeByNewerHTMap: a newer HTMap has made it in a way that this one does not understand.
    """
    recovery.tidy()
    map_dir = find_map(tag)
    _check_not_being_created(map_dir, tag)
    return Map(tag=tag, map_dir=map_dir)


def _check_not_being_created(map_dir: MapDir, tag: str) -> None:
    if operations.is_under_way(names.CREATING, map_dir):
        raise BusyMap(tag, names.CREATING)


def get_tags(pattern: str | None = None) -> tuple[str, ...]:
    """Return the tags of all maps, sorted.

    Since 0.6 or earlier::

        print(htmap.get_tags("scan-*"))

    :param pattern: a pattern with the wildcards of a shell, such as ``scan-*``; None for all tags.
    """
    recovery.tidy()
    return tuple(all_tags(pattern))


@at_the_door
def remove(tag: str, not_exist_ok: bool = True) -> None:
    """Remove the map with a tag: its jobs, its results and all its other data.

    Since 0.6 or earlier::

        htmap.remove("tide")

    :param not_exist_ok: do nothing if no map has this tag, instead of raising TagNotFound.
    :raises TagNotFound: no map has this tag, and *not_exist_ok* is false.
    :raises MadeByNewerHTMap: a newer HTMap has made it in a way that this one does not understand. It stays;
        `htmap remove --force` removes it.
    """
    recovery.settle()
    try:
        found = load(tag)
    except TagNotFound:
        if not not_exist_ok:
            raise
    except CorruptMap:
        removal.remove(find_map(tag), tag, has_ended=lambda: False, force=False)
    else:
        found.remove()


def remove_by_force(tag: str) -> str:
    """Remove what there is of a map, whatever is wrong with it: `htmap remove --force`.

    Of a damaged tag that may lead to any of several maps, the tag alone goes. A map that no tag leads to is removed by its id.

    :returns: an expression for the jobs that it may have left in a queue; empty if that is not known.
    :raises TagNotFound: there is no such map.
    """
    recovery.tidy()
    try:
        map_dir = find_map(tag)
    except TagNotFound:
        if (remains := find_remains(tag)) is None:
            raise
        map_dir = remains
    except CorruptMap:
        drop_tag(htmap_dir(), tag)
        return ""
    removal.remove(map_dir, tag, has_ended=lambda: False, force=True)
    return map_dir.own_jobs


def load_maps(pattern: str | None = None) -> tuple[Map[Any], ...]:
    """Return all maps, sorted by tag, without those that another process is creating.

    A damaged map gives a warning (``DamagedMap``), and so does one that only a newer HTMap understands (``NewerMap``).
    Since 0.6 or earlier::

        for each in htmap.load_maps("scan-*"):
            print(each.status())

    :param pattern: a pattern for the tags, with the wildcards of a shell; None for all maps.
    """
    return tuple(_loadable(get_tags(pattern)))


def _loadable(tags: Iterable[str], unreadable: dict[str, str] | None = None) -> Iterator[Map]:
    """Yield the maps that can be loaded, and warn of the others.

    :param unreadable: gets the tags of those that are damaged, or that only a newer HTMap understands, with what is wrong.
    """
    root = htmap_dir()
    for tag in tags:
        try:
            map_dir = find_map(tag, root)
            _check_not_being_created(map_dir, tag)
            yield Map(tag=tag, map_dir=map_dir)
        except (TagNotFound, BusyMap):  # another process has removed or retagged it, or is creating it
            continue
        except HTMapException as error:
            _warn_of(tag, error, {} if unreadable is None else unreadable)


def _warn_of(tag: str, error: HTMapException, unreadable: dict[str, str]) -> None:
    """Warn of a map that cannot be read, and note what is wrong with it."""
    is_newer = isinstance(error, MadeByNewerHTMap)
    warning = user_warnings.NewerMap if is_newer else user_warnings.DamagedMap
    user_warnings.warn(warning(tag, str(error)))
    unreadable[tag] = str(error)


def clean(*, all: bool = False) -> list[str]:
    """Remove transient maps: those that nobody gave a tag.

    A map that cannot be removed now gives a warning (``NotRemoved``). Since 0.6 or earlier::

        print(htmap.clean())  # the tags of the removed maps

    :param all: remove all maps, also those that somebody gave a tag.
    :returns: the tags of the removed maps.
    """
    recovery.settle()
    removed = []
    for each in load_maps():
        try:
            if all or each.is_transient:
                tag = each.tag
                each.remove()
                removed.append(tag)
        except MapWasRemoved:
            continue  # another process was quicker
        except CondorError as error:
            user_warnings.warn(user_warnings.NotRemoved(tag, str(error)))
    return removed


def status(maps: Iterable[Map] | None = None, include_state: bool = True, include_meta: bool = True) -> StatusTable:
    """Return a table of maps; a ``*`` marks the transient ones: those that nobody gave a tag.

    It is text, which a notebook shows as a table. Since 0.6 or earlier::

        print(htmap.status())

    :param maps: the maps to show; all by default.
    :param include_state: show the number of components in each state.
    :param include_meta: show memory, disk usage and run times.
    """
    return StatusTable(status_facts(maps, include_state, include_meta), include_state, include_meta)


def status_json(
    maps: Iterable[Map] | None = None,
    include_state: bool = True,
    include_meta: bool = True,
    compact: bool = False,
) -> str:
    """Return the facts of :func:`status` as JSON: an object for each map, by its tag.

    Disk and memory are in bytes, run times in seconds. Since 0.6 or earlier::

        print(json.loads(htmap.status_json())["tide"]["component_status_counts"])

    :param compact: leave out blanks and line breaks.
    """
    facts = {each["tag"]: each for each in status_facts(maps, include_state, include_meta)}
    return json.dumps(facts, separators=(",", ":")) if compact else json.dumps(facts, indent=4)


def status_csv(maps: Iterable[Map] | None = None, include_state: bool = True, include_meta: bool = True) -> str:
    """Return the facts of :func:`status` as CSV: a header, and a line for each map.

    Disk and memory are in bytes, run times in seconds. Since 0.6 or earlier::

        Path("maps.csv").write_text(htmap.status_csv())
    """
    text = io.StringIO()
    columns = ["tag", "transient"]
    columns += [str(status) for status in ComponentStatus] if include_state else []
    columns += [figure.key for figure in overview.FIGURES] if include_meta else []
    columns.append("problem")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for facts in status_facts(maps, include_state, include_meta):
        counts = facts.pop("component_status_counts", {})
        writer.writerow({**facts, **counts})
    return text.getvalue()


def status_facts(
    maps: Iterable[Map] | None = None, include_state: bool = True, include_meta: bool = True
) -> list[dict[str, Any]]:
    """Return the facts of :func:`status`: a dictionary for each map, with sizes in bytes and times in seconds.

    A damaged map gives a warning (``DamagedMap``), and so does one that only a newer HTMap understands (``NewerMap``). Its facts
    are what is wrong with it (``problem``), and figures that nobody knows. If *maps* are given, it raises.
    """
    found = []
    unreadable: dict[str, str] = {}
    for engine in _engines(maps, unreadable):
        try:
            found.append(overview.facts(engine, include_state, include_meta))
        except HTMapException as error:
            if maps is not None:
                engine.map.check_existence()
                raise
            if engine.map_dir.exists:  # else it was removed meanwhile
                _warn_of(engine.map.tag, error, unreadable)
    unknown = [overview.unknown_facts(tag, why, include_state, include_meta) for tag, why in unreadable.items()]
    return sorted([*found, *unknown], key=lambda each: str(each["tag"])) if unknown else found


def _engines(maps: Iterable[Map] | None, unreadable: dict[str, str]) -> Iterator[Engine]:
    """Yield the engine of each map, after checking that the map exists."""
    for each in _loadable(get_tags(), unreadable) if maps is None else maps:
        if not isinstance(each, Map):
            raise TypeError(f"status() needs maps, as in status([htmap.load(tag)]), got {each!r}")
        if each.exists:
            yield engine_of(each)
        elif maps is not None:  # otherwise another process has removed it since the tags were listed
            raise MapWasRemoved(engine_of(each).map.tag)
