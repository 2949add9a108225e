"""Check whether maps can run here: everything that a map needs, one after the other, with advice for each problem."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from htmap_core import conflicting_install, names, version, wording
from htmap_core.condor.bindings import bindings_version, release
from htmap_core.condor.connection import Connection
from htmap_core.contract.site.checks import Check, Verdict
from htmap_core.diagnosis import of_pool, on_path
from htmap_core.diagnosis.faults import Fault, PoolInUse, faults_of_settings
from htmap_core.diagnosis.losing_variables import losing_variables
from htmap_core.exceptions import (
    CondorError,
    CorruptMap,
    HTMapException,
    InvalidSetting,
    MadeByNewerHTMap,
    NoBindings,
    NoSuitableDeliveryMethod,
    TagNotFound,
    UnsafePath,
)
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.faults import faults
from htmap_core.plugins.pools import PoolCheck
from htmap_core.plugins.record import PluginRecord, missing_delivery
from htmap_core.settings import dotted, variables
from htmap_core.settings.chain import settings
from htmap_core.settings.layers import BUILT_IN
from htmap_core.settings.trust import check_entry
from htmap_core.storage import operations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.operations import Operation
from htmap_core.storage.root import check_htmap_dir, configured_htmap_dir, why_still_moving
from htmap_core.storage.tags import all_tags, find_map, maps_without_tag
from htmap_core.submission.delivery_choice import Answers, present_choice, why
from htmap_core.user_warnings import UnsuitableDeliveryMethod

_LITTLE_SPACE = 1024**3  # bytes
_SHOWN = 10  # tags
_SLOW_IMPORT = 3  # seconds; every map and most commands wait for it


def checks(begins: Callable[[str], object] = str) -> Iterator[Check]:
    """Yield the checks one after the other, as they are done. They ask each pool once, and start, submit and change nothing.

    :param begins: called with what is looked at next.
    """
    yield from _versions()
    yield from on_path.checks()
    pool = PoolInUse()
    begins("settings and plugins")
    yield from _settings(pool)
    begins("the maps in HTMAP_DIR")
    yield from _files()
    begins("plugins")
    try:
        records = plugins.records()
    except InvalidSetting:  # told with the settings; there are no pools without plugins
        return
    begins("pools")
    found = pool.checked
    yield from _plugins(records, {each.pool for each in found if each.refuses})
    connections = [(each.pool, Connection(each.address)) for each in found if each.address is not None]
    for each in found:
        if each.address is None:
            yield Check("pool", "problem" if each.refuses else "note", f"{each.pool}: {each.reason}")
    if not connections:
        yield _without_pool(found)
        return
    name, connection = connections[0]
    for look, about in _OF_POOL.items():
        begins(about)
        try:
            yield from look(connection)
        except NoBindings:
            return  # told with the versions
        except CondorError as error:
            yield Check(look.__name__, "problem", str(error))
    begins("what plugins of the site check")
    yield from plugins.checks(connection)
    begins("delivery methods")
    yield from _delivery(name, connection)


_OF_POOL: dict[Callable[[Connection], Iterator[Check]], str] = {
    of_pool.place: "where maps may lie",
    of_pool.schedd: "the schedd",
    of_pool.slots: "slots",
    of_pool.credentials: "credentials",
}


def _without_pool(found: Sequence[PoolCheck]) -> Check:
    starts = [each.pool for each in found if each.starts]
    text = f"no pool {'runs' if starts else 'can be used'} now, so slots and delivery methods could not be checked"
    if starts:
        return Check("pool", "note", text, f"The next map starts the {starts[0]} pool by itself")
    advice = 'The notes above say for each pool how to get it. `htmap.map(..., where="here")` needs none, to try a map'
    return Check("pool", _without_what_a_pool_needs(), text, advice)


def _without_what_a_pool_needs() -> Verdict:
    """Return how bad it is that something lacks which maps in a pool need, and those on this machine do not."""
    return "problem" if settings.get("WHERE", names.POOL) == names.POOL else "note"


def _versions() -> Iterator[Check]:
    yield from (Check("versions", "problem", str(each)) for each in [conflicting_install.found()] if each)
    text = f"{version.version()}, Python {platform.python_version()}"
    try:
        yield Check("versions", "ok", f"{text}, HTCondor's bindings {release(bindings_version())}")
    except CondorError as error:  # there are none, or they cannot read their configuration
        what, _, advice = str(error).partition("\n")
        yield Check("versions", _without_what_a_pool_needs(), f"{text}; {what}", advice)


def _settings(pool: PoolInUse) -> Iterator[Check]:
    try:
        changed = [
            key for key in dotted.keys(settings.to_dict()) if settings.origin(key) != BUILT_IN and key != "CLI.IS_CLI"
        ]
        found: list[Fault] = list(faults_of_settings(settings, pool))
    except HTMapException as error:  # the file cannot be read
        found, changed = [error], []
    for fault in found:
        yield Check(
            "settings",
            "problem" if isinstance(fault, HTMapException) else "note",
            str(fault),
            "`htmap set NAME VALUE` changes a setting, `htmap unset NAME` deletes it",
        )
    if found:
        return
    known = plugins.settings_tables(), plugins.tables_of_unavailable_plugins()
    unknown = {each.variable: each for each in variables.unknown_variables(*known)}
    for warning in unknown.values():
        yield Check("settings", "note", str(warning))
    for loser in losing_variables():
        yield Check("settings", "note", str(loser), loser.advice)
    changed = [key for key in changed if settings.variable(key) not in unknown]
    for key in changed:
        yield Check("settings", "ok", f"{key} = {settings[key]!r}, from {settings.origin(key)}")
    if not changed:
        yield Check("settings", "ok", "all have their defaults")


def _files() -> Iterator[Check]:
    root = configured_htmap_dir()
    if (problem := _unsafe_files(root)) is not None:
        yield problem
        return
    parent = next(path for path in (root, *root.parents) if path.exists())
    if not os.access(parent, os.W_OK | os.X_OK):
        yield Check("files", "problem", f"you cannot write to HTMAP_DIR, {root}", "`htmap set HTMAP_DIR PATH`")
        return
    free = shutil.disk_usage(parent).free
    tags = all_tags()
    text = f"{wording.counted(len(tags), 'map')} in {root}, {wording.size(free)} free"
    advice = "" if free > _LITTLE_SPACE else "`htmap status` shows the size of each map; `htmap remove TAG` removes one"
    yield Check("files", "note" if advice else "ok", text, advice)
    for tag in tags:
        try:
            find_map(tag).check()
        except (CorruptMap, FileNotFoundError) as error:
            yield Check("files", "note", f"map {tag!r} is damaged: {error}", _advice_on_damage(tag, error))
        except MadeByNewerHTMap as error:
            yield Check("files", "note", f"map {tag!r}: {error}")
        except TagNotFound:
            continue  # another process has just removed it
    if here := [tag for tag in tags if _is_here(tag)]:
        shown = f"{', '.join(here[:_SHOWN])}{', ...' if here[_SHOWN:] else ''}"
        yield Check("files", "ok", f"{len(here)} of the maps ran on this machine, and not in a pool: {shown}")
    yield from _lost(root)


def _is_here(tag: str) -> bool:
    try:
        return find_map(tag).is_here
    except (CorruptMap, MadeByNewerHTMap, TagNotFound):  # told above
        return False


def _advice_on_damage(tag: str, error: CorruptMap | FileNotFoundError) -> str:
    named = wording.in_shell(tag)
    if isinstance(error, CorruptMap) and error.path.parent.name == names.TAGS:
        return ""  # the error says what to do
    if isinstance(error, CorruptMap) and error.path.name == names.RUNTIME:
        return (
            f"Maps share it: `htmap rerun map {named}`, or the next map, mends it for all, if this version has made it"
        )
    return f"Save what you need of it; `htmap remove {named}` removes its remains"


def _lost(root: Path) -> Iterator[Check]:
    """Tell of maps that no tag leads to, of markers that are damaged, and of what could not be finished."""
    if (problem := why_still_moving(root)) is not None:
        text = f"{root / names.MOVING} tells of a move of HTMAP_DIR that was not finished, so its jobs may be on hold"
        yield Check("files", "note", f"{text}: {problem}", "`htmap settle` tries it at once")
    for map_dir in maps_without_tag(root):
        text = f"no tag leads to the map {map_dir.path}; it was lost or is damaged"
        advice = f"`echo {map_dir.id} > {wording.in_shell(root / names.TAGS)}/NAME` gives it the tag NAME"
        yield Check("files", "note", text, advice)
    for marker in operations.damaged(root):
        map_dir = MapDir(root / names.MAPS / marker.name)
        advice = "The first command that comes a day after it was written finishes what was interrupted"
        if marker.parent.name == names.REMOVED and not map_dir.path.exists():
            advice = (
                f"`condor_q -constraint '{map_dir.own_jobs}'` shows its jobs; where no pool has any, delete the file"
            )
        yield Check("files", "note", f"{marker}, which tells of an interrupted operation, is damaged", advice)
    for kind in operations.KINDS:
        for operation in operations.unfinished(root, kind):
            if operation.tried:
                yield _tried_in_vain(operation)


def _tried_in_vain(operation: Operation) -> Check:
    """Tell of an operation that was interrupted, and that commands have tried to finish."""
    what = f"{operation.marker} tells of an interrupted operation on map {operation.tag!r} that could not be finished"
    pool = operation.pool
    where = f" in the {pool.pool} pool{f', schedd {pool.schedd!r}' if pool.schedd else ''}" if pool else ""
    advice = "`htmap settle` tries it at once"
    if operation.is_given_up:
        advice = f"No other command tries it any more; {advice}. Where that pool is gone for good, delete the file"
    problem = operation.problem.partition("\n")[0]  # what else there is to do is told for the pools
    return Check("files", "note", f"{what}{where}: {problem}", advice)


def _unsafe_files(root: Path) -> Check | None:
    """Return the problem with the first file or folder that somebody else could have put into HTMAP_DIR."""
    try:
        check_htmap_dir(root)
        for path in (*root.glob("*/*"), *root.glob(f"{names.MAPS}/*/*")):
            check_entry(path, "a file in HTMAP_DIR", f"`rm -r {wording.in_shell(path)}` deletes it")
    except UnsafePath as error:
        text, _, advice = str(error).partition("\n")
        return Check("files", "problem", text.rstrip("."), advice)
    return None


def _plugins(records: list[PluginRecord], refusing: set[str]) -> Iterator[Check]:
    """Tell of each plugin.

    :param refusing: the pools of required plugins that cannot say whether they can be used; these are told with the pools.
    """
    for record in records:
        text = f"{record.name} ({record.source})"
        if record.state == "ok" and record.seconds > _SLOW_IMPORT:
            advice = "`python -X importtime -m htmap_core plugins list` shows what takes the time, for its author"
            yield Check("plugins", "note", f"{text} takes {record.seconds:.0f} seconds to import", advice)
        elif record.state == "ok" and refusing.intersection(record.offers.get("pools", ())):
            yield Check("plugins", "note", f"{text} is required, and its pool cannot be asked: see below")
        elif record.state == "ok":
            yield Check("plugins", "ok", text)
        elif record.state == "disabled":
            yield Check("plugins", "note", f"{text} {record.why_off}", record.advice)
    if (how := missing_delivery(records)) is not None:
        text = "no delivery method is installed, and a map in a pool needs one"
        yield Check("plugins", _without_what_a_pool_needs(), text, how)
    try:
        found = faults(records)
    except InvalidSetting:  # told with the settings
        return
    for fault in found:
        came_from = f" ({fault.distribution})" if fault.distribution else ""
        by = f"; PLUGINS.REQUIRED names it ({fault.required_by})" if fault.required_by else ""
        yield Check("plugins", "problem", f"{fault.plugin}{came_from} {fault.reason}{by}", fault.advice)


def _delivery(name: str, connection: Connection) -> Iterator[Check]:
    asked = Answers(connection)
    for method, found in asked.of_all(sorted(plugins.delivery_methods())).items():
        yield Check(
            "delivery", "ok" if found.verdict == "yes" else "note", f"{method}: {found.verdict}, {found.reason}"
        )
    pool = next(each for each in plugins.pools() if each.name == name)
    try:
        choice = present_choice(pool, connection, asked)
        said = asked.of(choice.method)
    except NoSuitableDeliveryMethod as error:
        yield from of_pool.no_delivery(error)
        return
    except HTMapException as error:
        yield Check("delivery", "problem", str(error))
        return
    yield from of_pool.better_deliveries(connection, said)
    if said.verdict == "no" and choice.by in {"setting", "user"}:
        text = str(UnsuitableDeliveryMethod(choice.method, said.reason))
        setting = "`htmap set DELIVERY_METHOD auto`"
        advice = f"{setting if choice.by == 'setting' else '`htmap delivery --choose auto`'} chooses the best one"
        yield Check("delivery", "problem", text, advice)
    else:
        yield Check("delivery", "ok", f"maps use {choice.method} ({why(choice)})")
