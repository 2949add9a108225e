"""The plan of a map that is not created: by the way of a creation, in a folder that is deleted at once."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from htmap_core import user_warnings
from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.exceptions import TagAlreadyExists, TagNotFound
from htmap_core.maps.drafts.arguments import explaining, inputs_of
from htmap_core.maps.drafts.draft import Call, Draft
from htmap_core.maps.drafts.lines import lines
from htmap_core.maps.drafts.plan import Answer, Plan, Step, Travelling
from htmap_core.maps.drafts.travelling import travelling
from htmap_core.maps.drafts.written import Written
from htmap_core.maps.resuming.rule import ERROR, rule_for
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.storage.content.paths import with_root, without_root
from htmap_core.storage.jobs import rows_in
from htmap_core.storage.portions.writing import Writing
from htmap_core.storage.root import htmap_dir, scratch_htmap_dir
from htmap_core.storage.tags import find_map
from htmap_core.submission import matching
from htmap_core.submission.delivery_choice import Chosen, choose_delivery_method


@explaining
def plan(
    func: Callable[..., Any],
    args: Iterable[Any],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    *,
    chunksize: int | str | None = None,
    if_exists: str | None = None,
) -> Plan:
    """Return what :func:`htmap.map` would submit with these arguments, who has set each line of it, and why.

    Nothing is submitted, and nothing is left on disk: inputs are pickled into a temporary folder. No pool is started, no delivery
    method is decided on for later maps, and plugins neither do slow work nor set up credentials. The plan says which. Print it,
    or let a notebook show it. Since 0.7::

        print(htmap.plan(lambda x: 2 * x, range(3), htmap.MapOptions(request_memory="2GB")))

    :param func: the function.
    :param args: one argument for each component; an iterator is used up. For :func:`htmap.starmap`, give the tuples: what a map
        is submitted with does not depend on how the function is called.
    :param map_options: the options of the map; iterators in them are used up, too.
    :param tag: the map's name.
    :param chunksize: how many components share a job, as for :func:`htmap.map`.
    :param if_exists: as for :func:`htmap.map`. Unless a map with this tag would be refused, the plan is that of a new one.
    :raises HTMapException: what :func:`htmap.map` would raise, but for what only the schedd refuses. A pool that would have to be
        started is not found.
    """
    refuses = rule_for(if_exists, tag) == ERROR
    draft = Draft.of(func, map_options, chunksize)
    if refuses:
        _check_free(tag)
    with user_warnings.gathered() as warnings, scratch_htmap_dir() as scratch:
        pool, connection = pools.find_pool(looks_only=True)
        pools.check_place(connection)
        chosen = choose_delivery_method(pool, connection, draft.needed_modules, draft.options, writes_down=False)
        calls: Iterator[Call] = (((arg,), {}) for arg in inputs_of(args))
        total = operator.length_hint(args)
        with draft.written(calls, total, tag, chosen.method, pool, connection, scratch=scratch) as written:
            return _plan(written, chosen, scratch, warnings)


def _check_free(tag: str | None) -> None:
    if tag is None:
        return
    try:
        find_map(tag)
    except TagNotFound:
        return
    raise TagAlreadyExists(tag)


def _plan(written: Written, chosen: Chosen, scratch: Path, warnings: list[Warning]) -> Plan:
    creation, described, pool = written.creation, written.describe(), written.plan.pool
    written.check(described)
    commands_in_scratch = described.commands
    commands = with_root(*without_root(commands_in_scratch, scratch), htmap_dir())
    return Plan(
        tag=creation.tag,
        components=creation.components,
        sizes=tuple(creation.runs),
        sizes_reason="" if written.reason is None else str(written.reason),
        pool=pool.address.pool,
        schedd=pool.address.schedd,
        delivery_method=chosen.method.name,
        delivery_reason=chosen.reason,
        answers=tuple(Answer(name, said.verdict, said.reason) for name, said in chosen.found.items()),
        slots=matching.fit(described.submit, pool),
        lines=lines(commands, described.authors),
        travels=tuple(_travelling(creation, commands_in_scratch, scratch)),
        not_called=tuple(_not_called(chosen.method, pool)),
        warnings=tuple(map(str, warnings)),
    )


def _travelling(creation: Writing, commands: Mapping[str, str], scratch: Path) -> Iterator[Travelling]:
    rows = rows_in(creation.map_dir.items(0), creation.jobs)
    for each in travelling(commands, creation.columns, rows, creation.map_dir):
        yield attrs.evolve(each, what=each.what.replace(os.fspath(scratch), os.fspath(htmap_dir())))


def _not_called(method: DeliveryMethod, pool: PoolView) -> Iterator[Step]:
    """Yield the steps of plugins that were not called for a plan."""
    for hook, why in _STEPS.items():
        for record, own in plugins.steps(hook):
            if own and pool.address.pool not in own:
                yield Step(record.name, hook, f"not for this pool: its steps are for {', '.join(sorted(own))} alone")
            elif why:
                yield Step(record.name, hook, why)
    if type(method).prepare is not DeliveryMethod.prepare:
        yield Step(method.name, "prepare", "a plan leaves out slow work, such as packing")


_STEPS = {
    "htmap_setup_credentials": "a plan sets up no credentials; what this adds to the submit description is missing",
    "htmap_rewrite_submit": "",
}
