"""Adding components to a map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from htmap_core.condor.connection import Connection
from htmap_core.contract.pools import Pool
from htmap_core.exceptions import MapWasRemoved, PoolUnavailable
from htmap_core.maps import earlier_runs
from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.drafts.written import Written
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.root import answers_about_slots
from htmap_core.submission import planning
from htmap_core.submission.delivery_choice import Chosen, choose_delivery_method
from htmap_core.submission.submit import submit_growth


def grow(
    map_dir: MapDir,
    tag: str,
    draft: Draft,
    calls: Iterable[Any],
    total: int,
    begun: list[Written],
    *,
    quiet: bool = False,
) -> range:
    """Add components to a map, in its own pool and with the options of today, and return their indices.

    :param calls: theirs, without those of the components that the map has.
    :param total: how many they are, for the progress bar; 0 where it is not known.
    :param begun: gets what is written, for whoever interrupts it.
    :param quiet: do not show how far it is.
    :raises BusyMap: another thread or process is adding components or running some again, or has just added some. No call was
        used.
    """
    pool, connection = pool_of(map_dir)
    pools.check_place(connection, map_dir.root)
    chosen = choose_delivery_method(pool, connection, draft.needed_modules, draft.options)
    with draft.added(calls, total, map_dir, tag, chosen.method, pool, connection, quiet=quiet) as written:
        begun.append(written)
        described = written.describe()
        written.check(described)
        growth = written.creation
        assert isinstance(growth, Growth)
        with planning.blaming(described):
            submit_growth(growth, _added(written, chosen, draft), described.commands, connection, described.authors)
        if not map_dir.exists:  # a removal that was forced meanwhile may have missed these jobs
            connection.remove(map_dir.own_jobs, "removed with htmap")
            raise MapWasRemoved(tag)
    map_dir.refresh()
    if written.reason is not None and written.reason.teaches:
        draft.runs.add(map_dir.id)
    logger.info("map %r: added %d components in %d jobs", tag, growth.components, growth.jobs)
    return range(growth.first, growth.first + growth.components)


def pool_of(map_dir: MapDir, *, looks_only: bool = False) -> tuple[Pool, Connection]:
    """Return the pool of a map, which is started if that is necessary and possible.

    :param looks_only: whether to start no pool, and to keep nothing of what the collector answers.
    :raises CondorError: it does not answer.
    """
    reached = pools.ask(map_dir.pool) if looks_only else pools.reach(map_dir.pool, map_dir.plugin_files)
    address = reached.address
    for pool in plugins.pools():
        if pool.name == address.pool:
            return pool, Connection(address, None if looks_only else answers_about_slots(address))
    reason = "no plugin here offers it, and so none can say how its jobs are to be submitted"
    raise PoolUnavailable(address.pool, reason, "`htmap plugins list` shows the plugins that there are")


def _added(written: Written, chosen: Chosen, draft: Draft) -> Added:
    chunking: dict[str, Any] | None = earlier_runs.chunking(written.reason, draft.runs)
    return Added(
        first=written.creation.first,
        sizes=written.creation.runs,
        options=written.plan.options.to_dict(),
        delivery_method=chosen.method.name,
        chunking=chunking,
        kept=None if draft.kept is None else draft.kept.facts(),
    )
