"""The plan of a map that is not created: by the way of a creation, in a folder that is deleted at once."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Optional, overload

import attrs

from htmap_core import names, user_warnings
from htmap_core.condor.connection import Connection
from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool
from htmap_core.exceptions import TagAlreadyExists, TagNotFound
from htmap_core.maps.drafts.arguments import call_of, explaining, inputs_of
from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.drafts.lines import lines
from htmap_core.maps.drafts.plan import Answer, Existing, Plan, Step, Travelling
from htmap_core.maps.drafts.travelling import travelling
from htmap_core.maps.drafts.written import Written
from htmap_core.maps.here.place import how, place
from htmap_core.maps.resuming.rule import ERROR, LOAD, RESUME, rule_for
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins
from htmap_core.storage.content.paths import with_root, without_root
from htmap_core.storage.jobs import rows_in
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.stand_in import stand_in
from htmap_core.storage.portions.writing import Writing
from htmap_core.storage.root import htmap_dir, scratch_htmap_dir
from htmap_core.storage.tags import find_map
from htmap_core.submission import matching
from htmap_core.submission.delivery_choice import Chosen, choose_delivery_method
from htmap_core.submission.mistakes.calls import Call, Calls
from htmap_core.type_variables import T


@overload
def plan(
    func: Callable[[T], Any],
    args: Iterable[T],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    *,
    chunksize: int | Literal["auto"] | None = None,
    where: str | None = None,
    if_exists: str | None = None,
    starmap: Literal[False] = False,
) -> Plan: ...
@overload
def plan(
    func: Callable[..., Any],
    args: Iterable[Iterable[Any]],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    *,
    chunksize: int | Literal["auto"] | None = None,
    where: str | None = None,
    if_exists: str | None = None,
    starmap: bool,
) -> Plan: ...
@explaining
def plan(
    func: Callable[..., Any],
    args: Iterable[Any],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    *,
    chunksize: int | Literal["auto"] | None = None,
    where: str | None = None,
    if_exists: str | None = None,
    starmap: bool = False,
) -> Plan:
    """Return what :func:`htmap.map` would do with these arguments: what it would submit, who has set each line of it, and why.

    Nothing is submitted, and nothing is left on disk: inputs are pickled into a temporary folder. No pool is started, no delivery
    method is decided on for later maps, and plugins neither do slow work nor set up credentials. The plan says which. Print it,
    or let a notebook show it. Since 0.7::

        print(htmap.plan(lambda x: 2 * x, range(3), htmap.MapOptions(request_memory="2GB")))

    :param func: the function.
    :param args: one argument for each component; an iterator is used up.
    :param map_options: the options of the map; iterators in them are used up, too.
    :param tag: the map's name.
    :param chunksize: how many components share a job, as for :func:`htmap.map`.
    :param where: where the map would run, as for :func:`htmap.map`. On this machine nothing is submitted.
    :param if_exists: as for :func:`htmap.map`. The plan of a map that would be resumed is about the components that are new.
    :param starmap: whether each of *args* is a tuple of the function's arguments, as for :func:`htmap.starmap`.
    :raises HTMapException: what :func:`htmap.map` would raise, but for what only the schedd refuses. A pool that would have to be
        started is not found.
    """
    rule, wanted = rule_for(if_exists, tag), place(where)
    existing = None if tag is None else _existing(tag)
    if existing is not None and rule == LOAD:
        return _given_back(existing, rule, existing.placement.components, tag or "", ())
    draft = Draft.of(func, map_options, chunksize, keeps=existing is not None and rule == RESUME)
    if existing is not None and rule == ERROR:
        raise TagAlreadyExists(tag or "")
    with user_warnings.gathered() as warnings, scratch_htmap_dir() as scratch:
        calls = _calls(func, args, starmap=starmap)
        ahead = _Ahead(draft, tag, calls, operator.length_hint(args), wanted, scratch, warnings)
        if existing is not None and rule == RESUME:
            return ahead.resumed(existing)
        made = ahead.in_pool() if wanted == names.POOL else ahead.here()
    return made if existing is None else attrs.evolve(made, existing=Existing(existing.placement.components, rule))


def _calls(func: Callable[..., Any], args: Iterable[Any], *, starmap: bool) -> Iterator[Call]:
    if not starmap:
        Calls(func, "map").checked((None,), {}, 0)
        return (((arg,), {}) for arg in inputs_of(args))
    fitting, numbered = Calls(func, "starmap"), enumerate(inputs_of(args))
    return (fitting.checked(*call_of(component, given, None), component) for component, given in numbered)


def _existing(tag: str) -> MapDir | None:
    try:
        found = find_map(tag)
    except TagNotFound:
        return None
    found.refresh()
    return found


@attrs.frozen
class _Ahead:
    """A map that is planned.

    :param total: the number of *calls*; 0 where it is not known.
    :param where: where it would run.
    :param scratch: a folder in the place of HTMAP_DIR.
    :param warnings: what was warned of meanwhile.
    """

    draft: Draft
    tag: Optional[str]
    calls: Iterator[Call]
    total: int
    where: str
    scratch: Path
    warnings: list[Warning]

    def in_pool(self) -> Plan:
        """Return the plan of a new map."""
        pool, connection = pools.find_pool(looks_only=True)
        chosen = self._chosen(pool, connection)
        given = self.calls, self.total, self.tag, chosen.method, pool, connection
        with self.draft.written(*given, scratch=self.scratch) as written:
            return self._of_pool(written, chosen)

    def here(self) -> Plan:
        """Return the plan of a map that runs on this machine, without a submit description."""
        from htmap_core.maps.here.machine import ThisMachine  # few plans need it

        given = self.calls, self.total, self.tag, ThisMachine()
        with self.draft.written_for_here(*given, scratch=self.scratch) as written:
            described = written.describe()
            written.check(described)
            own = {"sizes_reason": "", "answers": (), "slots": None, "lines": (), "not_called": ()}
            where = {"delivery_method": self.where, "delivery_reason": how(self.where)}
            return self._of(written, described.commands, **own, **where)

    def resumed(self, existing: MapDir) -> Plan:
        """Return the plan of a map that is given back, perhaps with more components."""
        from htmap_core.maps.resuming import foreseen, growing  # few plans need them

        tag = self.tag or ""
        found = foreseen.foresee(existing, tag, self.draft, self.calls, is_here=self.where != names.POOL)
        if found.calls is None:
            found.warn(0)
            return _given_back(existing, RESUME, found.components, tag, self.warnings)
        pool, connection = growing.pool_of(existing, looks_only=True)
        chosen = self._chosen(pool, connection)
        grown, left = stand_in(existing, self.scratch), max(0, self.total - found.components)
        given = found.calls, left, grown, tag, chosen.method, pool, connection
        with self.draft.added(*given, scratch=self.scratch) as written:
            plan = self._of_pool(written, chosen)
        found.warn(plan.components)
        now = Existing(found.components, RESUME)
        return attrs.evolve(plan, existing=now, warnings=tuple(map(str, self.warnings)))

    def _chosen(self, pool: Pool, connection: Connection) -> Chosen:
        pools.check_place(connection)
        needed, options = self.draft.needed_modules, self.draft.options
        return choose_delivery_method(pool, connection, needed, options, writes_down=False)

    def _of_pool(self, written: Written, chosen: Chosen) -> Plan:
        described, pool = written.describe(), written.plan.pool
        written.check(described)
        commands = with_root(*without_root(described.commands, self.scratch), htmap_dir())
        return self._of(
            written,
            described.commands,
            sizes_reason="" if written.reason is None else str(written.reason),
            delivery_method=chosen.method.name,
            delivery_reason=chosen.reason,
            answers=tuple(Answer(name, said.verdict, said.reason) for name, said in chosen.found.items()),
            slots=matching.fit(described.submit, pool),
            lines=lines(commands, described.authors),
            not_called=tuple(_not_called(chosen.method, written.plan)),
        )

    def _of(self, written: Written, commands: Mapping[str, str], **more: Any) -> Plan:
        creation, address = written.creation, written.plan.pool.address
        return Plan(
            tag=creation.tag,
            components=creation.components,
            sizes=tuple(creation.runs),
            pool=address.pool,
            schedd=address.schedd,
            travels=tuple(_travelling(creation, commands, self.scratch)),
            warnings=tuple(map(str, self.warnings)),
            **more,
        )


def _given_back(existing: MapDir, rule: str, components: int, tag: str, warnings: Iterable[Warning]) -> Plan:
    """Return the plan of a map that is given back as it is, with so many components."""
    record = existing.record
    return Plan(
        tag=tag,
        components=0,
        sizes=(),
        sizes_reason="",
        pool=record.pool.pool,
        schedd=record.pool.schedd,
        delivery_method=record.delivery_method,
        delivery_reason=record.delivery_reason,
        answers=(),
        slots=None,
        lines=(),
        travels=(),
        not_called=(),
        warnings=tuple(map(str, warnings)),
        existing=Existing(components, rule),
    )


def _travelling(creation: Writing, commands: Mapping[str, str], scratch: Path) -> Iterator[Travelling]:
    rows = rows_in(creation.map_dir.items(creation.submission), creation.jobs)
    for each in travelling(commands, creation.columns, rows, creation.files):
        yield attrs.evolve(each, what=each.what.replace(os.fspath(scratch), os.fspath(htmap_dir())))


def _not_called(method: DeliveryMethod, plan: MapPlan) -> Iterator[Step]:
    """Yield the steps of plugins that were not called for a plan."""
    for hook, why in _STEPS.items():
        for record, own in plugins.steps(hook):
            if own and plan.pool.address.pool not in own:
                yield Step(record.name, hook, f"not for this pool: its steps are for {', '.join(sorted(own))} alone")
            elif why:
                yield Step(record.name, hook, why)
    if (left_out := plugins.unprepared(method, plan)) is not None:
        yield Step(method.name, "prepare", left_out)


_STEPS = {
    "htmap_setup_credentials": "a plan sets up no credentials; what this adds to the submit description is missing",
    "htmap_rewrite_submit": "",
}
