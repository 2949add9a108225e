"""Runs components of a map again."""

from __future__ import annotations

from collections.abc import Iterable

from htmap_core.exceptions import CannotRerunComponents
from htmap_core.plugins import pools
from htmap_core.results.engine import Engine
from htmap_core.storage.log import logger
from htmap_core.submission import renewal
from htmap_core.submission.files import outputs
from htmap_core.submission.rerun import submit_again


def rerun(engine: Engine, components: Iterable[int] | None) -> None:
    """Run components again from scratch, with the options that the map was made with; what they returned is deleted.

    :param components: their indices; None for all.
    :raises ComponentNotFound: the map has no such component.
    :raises CannotRerunComponents: some of them have not ended.
    :raises HTMapException: the credentials that they need cannot be had any more; a plugin says why, and nothing has changed.
    """
    wanted = sorted({engine.from_front(component) for component in components}) if components is not None else None
    chosen = list(engine.components) if wanted is None else wanted
    statuses = engine.statuses()
    if active := [component for component in chosen if not statuses[component].is_final]:
        raise CannotRerunComponents(engine.map.tag, active)
    if chosen:
        pool, tag, map_dir = pools.reach(engine.pool), engine.map.current_tag(), engine.map_dir
        renewal.renew_credentials(map_dir, tag, pool)
        renewed = outputs.renewal(map_dir.read_submit()[0], map_dir.record.options)
        submit_again(map_dir, tag, chosen, pool, renewed)
        engine.poll()
        logger.info("map %r: runs %d components again", tag, len(chosen))
