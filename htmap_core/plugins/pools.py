"""The choice of a pool to submit to, and the way back to the pool of a map."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

import attrs

from htmap_core import names, user_warnings
from htmap_core.condor.bindings import check_installed
from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import Pool, PoolAddress, PoolView
from htmap_core.exceptions import (
    CondorError,
    HTMapException,
    InvalidSetting,
    NamedPoolNotFound,
    NoBindings,
    PluginError,
    PoolConfigurationGone,
    PoolNotFound,
    PoolUnavailable,
    RequiredPluginError,
    SubmittedElsewhere,
)
from htmap_core.files.ownership import is_within
from htmap_core.language.submit_text import why_unusable
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.faults import required_by
from htmap_core.plugins.record import PERSONAL, PluginRecord, missing_pool
from htmap_core.plugins.sites.rules import SiteRules
from htmap_core.storage.root import answers_about_slots, htmap_dir
from htmap_core.wording import describe

_TRACE = "HTMAP_TRACE_PLUGINS=1 shows what it does; mend it, or ask who looks after it"


def find_pool(*, looks_only: bool = False) -> tuple[Pool, Connection]:
    """Return the pool to submit to: the first that can be used now, else the first that can be started.

    A pool that the user has named is replaced by no other.

    :param looks_only: whether to start no pool, and to keep nothing of what the collector answers.
    :raises PoolNotFound: no pool can be used, or none that is named; the exception has the reason for each.
    :raises NoBindings: HTCondor's bindings are not installed.
    :raises RequiredPluginError: a plugin that PLUGINS.REQUIRED names cannot say whether its pool can be used.
    """
    check_installed()
    found = _candidates()
    failures = {name: _failure(error) for name, error in found.failures.items()}
    for ask, pools in ((plugins.find, found.usable), (plugins.start, [] if looks_only else found.startable)):
        for pool in pools:
            try:
                address = ask(pool)
            except HTMapException as error:
                failures[pool.name] = _failure(error)
                continue
            if address is not None:
                _warn_of_others(failures, pool.name, found)
                named = _with_schedd(address)
                return pool, Connection(named, None if looks_only else answers_about_slots(named))
    if found.named:
        tried = [f"{pool.name}: {failures.get(pool.name) or _advice(pool)}" for pool in found.startable]
        raise NamedPoolNotFound(tried, found.named)
    tried = [f"{name}: {error}" for name, error in found.failures.items()]
    tried += [f"{pool.name}: {failures.get(pool.name) or _advice(pool)}" for pool in found.usable]
    raise PoolNotFound([*tried, *(f"{each.pool}: {each.reason}" for each in _missing())])


def _with_schedd(address: PoolAddress) -> PoolAddress:
    """Return the address of a pool with the name of its schedd, by which a map finds it again from other machines.

    The machine's own configuration names another schedd on each of them. A file that a plugin brings along names the same one,
    also where CONDOR_CONFIG names that file: the personal pool's schedd changes its name with the machine's.
    """
    named = address.configuration
    is_of_machine = named == PoolAddress.of_machine(address.pool).configuration
    if address.schedd is not None or not is_of_machine or (named and is_within(named, [str(htmap_dir())])):
        return address
    return attrs.evolve(address, schedd=Connection(address).schedd_ad()["Name"])


@attrs.frozen
class _Candidates:
    """The pools that may be used.

    :param usable: these, in the order in which they are tried.
    :param left_out: those that would replace the named one.
    :param startable: those of the usable ones that may be started.
    :param named: by what the first named pool is named, which is what names all that may be started; None if none is.
    :param failures: the pools that cannot say whether they are named, and why.
    """

    usable: list[Pool]
    left_out: list[Pool]
    startable: list[Pool]
    named: str | None
    failures: dict[str, HTMapException]


def _candidates() -> _Candidates:
    first: str | None = None
    named: list[Pool] = []
    above: list[Pool] = []
    left_out: list[Pool] = []
    failures: dict[str, HTMapException] = {}
    for pool in plugins.pools():
        try:
            by = plugins.named_by(pool)
        except HTMapException as error:
            failures[pool.name] = error
            continue
        first = first or by
        home = above if first is None else named if by == first else left_out
        home.append(pool)
    return _Candidates([*above, *named], left_out, above if first is None else named, first, failures)


def _failure(error: HTMapException) -> str:
    """Return why a pool could not be used.

    :raises RequiredPluginError: its plugin does not work, and PLUGINS.REQUIRED names it: its maps would go to another pool.
    """
    if isinstance(error, PluginError) and (origin := required_by(error.plugin)) is not None:
        reason = f"does not work: {error.reason}"
        raise RequiredPluginError(error.plugin, error.distribution, reason, error.advice or _TRACE, origin) from error
    return str(error)


def _is_required(error: HTMapException) -> bool:
    return isinstance(error, PluginError) and required_by(error.plugin) is not None


def _warn_of_others(failures: dict[str, str], chosen: str, found: _Candidates) -> None:
    same = {pool.name for pool in found.startable if found.named}  # names of one pool, which may just have been started
    for name, reason in failures.items():
        if not {name, chosen} <= same:
            user_warnings.warn(user_warnings.OtherPool(name, reason, chosen))


@attrs.frozen
class PoolCheck:
    """Whether a pool can be used now.

    :param address: its address; None if it cannot be used.
    :param reason: why it cannot be used; empty if it can.
    :param refuses: whether no map is created because of that, since PLUGINS.REQUIRED names its plugin, which does not work.
    :param starts: whether the next map starts it.
    """

    pool: str
    address: PoolAddress | None
    reason: str
    refuses: bool = False
    starts: bool = False


def check_pools() -> list[PoolCheck]:
    """Check which pools can be used now, in the order in which HTMap tries them. This starts no pool."""
    try:
        check_installed()
    except NoBindings:
        return [PoolCheck(pool.name, None, "HTCondor's Python bindings are not installed") for pool in plugins.pools()]
    candidates = _candidates()
    found = [
        PoolCheck(name, None, _in_a_line(error), _is_required(error)) for name, error in candidates.failures.items()
    ]
    for pool in candidates.usable:
        try:
            address = plugins.find(pool)
            starts = address is None and pool in candidates.startable and plugins.starts_when_needed(pool)
        except HTMapException as error:
            found.append(PoolCheck(pool.name, None, _in_a_line(error), _is_required(error)))
            continue
        found.append(PoolCheck(pool.name, address, "" if address else _advice(pool), starts=starts))
    if not candidates.named and not any(each.address or each.starts for each in found):
        found += _missing()
    why = f"maps do not go there, because another pool is named by {candidates.named}"
    return found + [PoolCheck(pool.name, None, why) for pool in candidates.left_out]


def _in_a_line(error: HTMapException) -> str:
    """Return the text of an exception for a cell of a table: advice stands in lines of its own."""
    return ". ".join(line.rstrip(".") for line in str(error).splitlines())


def _missing() -> list[PoolCheck]:
    """Return the personal pool where its plugin is not installed: whoever has no pool can have that one."""
    how = missing_pool(plugins.records_for_maps())
    return [] if how is None else [PoolCheck(PERSONAL, None, how)]


def reach(address: PoolAddress, plugin_files: Collection[str]) -> Connection:
    """Return a connection to the pool of a map, and start the pool if that is necessary and possible.

    :param plugin_files: the one-off plugins that the map remembers; one of them may offer the pool.
    :raises PoolUnavailable: the pool does not answer.
    :raises SubmittedElsewhere: nor does the schedd of another machine, or it lets nobody act from here.
    """
    connection = Connection(address)
    problem = connection.why_silent() or connection.why_refused()
    if problem is None:
        return connection
    with plugins.of_map(plugin_files):
        for pool in plugins.pools():
            if pool.name == address.pool and (started := plugins.start(pool)) is not None:
                return Connection(started)
        off = [each for each in plugins.records_for_maps() if each.name in plugin_files and each.state != "ok"]
    raise _unreachable(connection, problem, off)


def check_place(pool: PoolView, root: Path | None = None) -> None:
    """Refuse an HTMAP_DIR as the place of maps if HTCondor cannot be told of its files, or the site of the pool says so.

    Nothing is written there.

    :param root: the HTMAP_DIR; by default that of the settings. It may not exist.
    :raises InvalidSetting: HTCondor cannot be told of files in it.
    :raises HTMapException: maps of this pool cannot lie there.
    """
    root = root or htmap_dir()
    if (reason := why_unusable(root)) is not None:
        raise InvalidSetting("HTMAP_DIR", os.fspath(root), f"it {reason}. Choose another folder")
    SiteRules(pool).check_place(root / names.MAPS)


def ask(address: PoolAddress) -> Connection:
    """Return a connection to the pool of a map, which answers, for a question. No pool is started.

    :raises PoolUnavailable: the pool does not answer.
    :raises SubmittedElsewhere: nor does the schedd of another machine.
    """
    connection = Connection(address)
    if (problem := connection.why_silent()) is not None:
        raise _unreachable(connection, problem)
    return connection


def _unreachable(connection: Connection, problem: CondorError, off: Sequence[PluginRecord] = ()) -> CondorError:
    """Return the exception for a pool that does not answer.

    :param off: the one-off plugins of the map that do not work: one of them may have had the pool.
    """
    address = connection.address
    reason = problem.reason if isinstance(problem, PoolUnavailable) else str(problem)
    if address.schedd is not None:
        elsewhere = SubmittedElsewhere(address.schedd, reason)
        if isinstance(problem, PoolConfigurationGone) or not _is_here(connection, elsewhere.machine):
            return elsewhere
    missing = [f"The map was made with plugin {each.name!r}, which {each.why_off}. {each.advice}" for each in off]
    return PoolUnavailable(address.pool, reason, "\n".join([*missing, "You can still read the map; try again later"]))


def _is_here(connection: Connection, machine: str) -> bool:
    """Return whether the schedd runs on this machine, or would if it were not down."""
    return connection.is_local_schedd or machine in {
        connection.parameter(name) for name in ("FULL_HOSTNAME", "HOSTNAME")
    }


def _advice(pool: Pool) -> str:
    try:
        return plugins.advice(pool)
    except HTMapException as error:
        return describe(error)
