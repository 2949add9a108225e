"""Create maps: pickle the function and its inputs, plan, submit."""

from __future__ import annotations

import contextlib
import functools
import itertools
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal, Optional

from htmap_core import names
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.maps import earlier_runs, recovery
from htmap_core.maps.drafts.arguments import call_of, explaining, inputs_of
from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.drafts.written import Written
from htmap_core.maps.earlier_runs import EarlierRuns
from htmap_core.maps.here.place import place
from htmap_core.maps.map import Map
from htmap_core.maps.resuming import replacing
from htmap_core.maps.resuming.rule import ERROR, rule_for
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins, registered
from htmap_core.progress import interruption
from htmap_core.settings.moment import of_one_moment
from htmap_core.storage.creation import Creation
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission import planning
from htmap_core.submission.chunking.reason import Reason
from htmap_core.submission.delivery_choice import choose_delivery_method
from htmap_core.submission.mistakes.calls import Call, Calls
from htmap_core.submission.submit import submit_map
from htmap_core.type_variables import R, T
from htmap_core.wording import counted


@explaining
def map(
    func: Callable[[T], R],
    args: Iterable[T],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    quiet: bool = False,
    *,
    chunksize: int | Literal["auto"] | None = None,
    where: str | None = None,
    if_exists: str | None = None,
) -> Map[R]:
    """Map a function of one argument over an iterable of arguments.

    Each call is a component, and runs somewhere in the pool. Since 0.6 or earlier::

        doubled = htmap.map(lambda x: 2 * x, range(3))
        print(list(doubled))  #> [0, 2, 4]

    :param func: the function. Its code travels if it cannot be imported. Modules that it imports must be on the execute node.
    :param args: one argument for each component. They are taken one by one, so a generator need not fit into memory.
    :param map_options: HTCondor submit commands, and HTMap's few own options.
    :param tag: the map's name. A map without a tag gets a random one and is transient: :func:`htmap.clean` removes it.
    :param quiet: do not print in an interactive session that the map was created, and do not show on a terminal how far that is.
    :param chunksize: how many components share a job. By default, unless the option of that name is set, HTMap chooses that
        (``"auto"``), see :meth:`htmap.Map.chunk_report`. Between components, the environment, signals and other state of the
        process are put back; global variables, mutable defaults and random numbers are shared (`htmap docs shared-jobs`). With 1
        nothing is.
    :param where: ``"here"`` tries the map on this machine, in this process, and returns when all has run: prints and breakpoints
        work, and no HTCondor is needed. ``"processes"`` does so in child processes. By default the setting WHERE: ``"pool"``.
    :param if_exists: what becomes of a map that has the tag already. ``"error"``, the default of the setting IF_EXISTS, refuses
        the new one. ``"resume"`` gives it back if it has the same function and inputs, and adds those that are new behind
        them. ``"load"`` gives it back whatever it has. ``"replace"`` removes it once the new one is submitted
        (`htmap docs run-a-script-again`). Since 0.7.
    :returns: the map, which has been submitted.
    :raises TagAlreadyExists: the tag is in use; as :class:`~htmap.exceptions.MapDiffers`, by a map of another function or other
        inputs, which was to be resumed.
    :raises EmptyMap: *args* is empty.
    :raises CannotPickle: the function or an argument cannot be pickled.
    :raises ArgumentsDoNotFit: the function cannot be called with one argument.
    :raises PoolNotFound: there is no pool to submit to.
    :raises RequiredPluginError: a plugin that the setting PLUGINS.REQUIRED names does not work.
    """
    Calls(func, "map").checked((None,), {}, 0)
    calls: Iterator[Call] = (((arg,), {}) for arg in inputs_of(args))
    total = operator.length_hint(args)
    return create_map(
        func,
        calls,
        map_options=map_options,
        tag=tag,
        quiet=quiet,
        chunksize=chunksize,
        where=where,
        total=total,
        if_exists=if_exists,
    )


@explaining
def starmap(
    func: Callable[..., R],
    args: Iterable[Iterable[Any]] | None = None,
    kwargs: Iterable[Mapping[str, Any]] | None = None,
    map_options: MapOptions | None = None,
    tag: str | None = None,
    quiet: bool = False,
    *,
    chunksize: int | Literal["auto"] | None = None,
    where: str | None = None,
    if_exists: str | None = None,
) -> Map[R]:
    """Map a function over positional and keyword arguments: a tuple and a dictionary for each component.

    The shorter of the two iterables is filled up with empty tuples or dictionaries. The other arguments and the exceptions are
    those of :func:`htmap.map`. Since 0.6 or earlier::

        powers = htmap.starmap(pow, args=[(2, 3), (3, 2)])
        print(list(powers))  #> [8, 9]

    :param args: the positional arguments of each component.
    :param kwargs: the keyword arguments of each component.
    :returns: the map, which has been submitted.
    """
    args, kwargs = () if args is None else args, () if kwargs is None else kwargs
    total = max(operator.length_hint(args), operator.length_hint(kwargs))
    pairs = enumerate(itertools.zip_longest(inputs_of(args), inputs_of(kwargs)))
    fitting = Calls(func, "starmap")
    calls: Iterator[Call] = (fitting.checked(*call_of(component, *pair), component) for component, pair in pairs)
    return create_map(
        func,
        calls,
        map_options=map_options,
        tag=tag,
        quiet=quiet,
        chunksize=chunksize,
        where=where,
        total=total,
        if_exists=if_exists,
    )


def create_map(
    func: Callable[..., R],
    calls: Iterable[Call],
    *,
    map_options: MapOptions | None = None,
    tag: str | None = None,
    quiet: bool = False,
    chunksize: int | Literal["auto"] | None = None,
    where: str | None = None,
    total: int = 0,
    if_exists: str | None = None,
) -> Map[R]:
    """Create and submit a map over *calls*, or find it. An error before the schedd has accepted the map leaves nothing behind.

    :param total: the number of calls, for the progress bar; 0 where it is not known.
    :param if_exists: what becomes of a map that has the tag already; None for the setting.
    """
    rule, wanted, begun = rule_for(if_exists, tag), place(where), list[Written]()
    draft = functools.partial(Draft.of, func, map_options, chunksize)
    create = _creator(wanted, begun, tag=tag, total=total, quiet=quiet)
    with _of_a_pool(begun, may_exist=rule != ERROR) if wanted == names.POOL else contextlib.nullcontext():
        if rule == ERROR or tag is None:
            made = draft()
            recovery.settle()
            return create(made, iter(calls), None)
        from htmap_core.maps.resuming import finding  # few need it

        keeping = functools.partial(draft, keeps=True)
        asked = finding.Wanted(tag, rule, keeping, iter(calls), total, create, begun, is_here=wanted != names.POOL)
        found, added = finding.made_or_found(asked)
    if added is not None:
        more = f", and {added} {'was' if added == 1 else 'were'} added" if added else ""
        _say(f"Found map {tag} with {counted(len(found), 'component')}{more}", quiet=quiet)
    return found


def _creator(
    where: str, begun: list[Written], *, tag: str | None, total: int, quiet: bool
) -> Callable[[Draft, Iterator[Call], Optional[MapDir]], Map]:
    """Return what makes a map of a draft and its calls, and of the map that has the tag so far."""
    if where == names.POOL:
        return functools.partial(created, begun=begun, tag=tag, total=total, quiet=quiet)
    # The runner and what it needs; most maps go to a pool.
    from htmap_core.maps.here.creation import create_here

    return functools.partial(create_here, total=total, tag=tag, where=where)


@contextlib.contextmanager
def _of_a_pool(begun: list[Written], *, may_exist: bool) -> Iterator[None]:
    """Make a map in the block with the settings of one moment; Ctrl-C tells whether there is one."""
    with of_one_moment(), interruption.of_a_creation(lambda: _submitted(begun), may_exist=may_exist):
        yield


def created(
    draft: Draft,
    calls: Iterable[Any],
    replaces: MapDir | None,
    *,
    begun: list[Written],
    tag: str | None,
    total: int,
    quiet: bool,
) -> Map[Any]:
    """Create and submit a map.

    :param replaces: the map that has the tag so far.
    :param begun: gets what is written, for whoever interrupts it.
    """
    pool, connection = pools.find_pool()
    pools.check_place(connection)
    chosen = choose_delivery_method(pool, connection, draft.needed_modules, draft.options)
    with draft.written(calls, total, tag, chosen.method, pool, connection, quiet=quiet, replaces=replaces) as written:
        begun.append(written)
        described = written.describe()
        written.check(described)
        creation = written.creation
        assert isinstance(creation, Creation)
        chunking = earlier_runs.chunking(written.reason, draft.runs)
        how, of_executor = (chosen.method.name, chosen.reason), draft.inputs is not None
        record = written.record(draft.kept, *how, untagged=tag is None, executor=of_executor, chunking=chunking)
        with planning.blaming(described):
            submit_map(creation, record, described.commands, connection, described.authors)
        if replaces is not None:
            replacing.take_place(replaces, creation.map_dir, creation.tag, connection)
        created: Map[Any] = Map(tag=written.plan.tag, map_dir=creation.map_dir)
    _note(written.plan, written.reason, draft.runs, quiet=quiet)
    return created


def _submitted(begun: list[Written]) -> str | None:
    """Return the tag of a map whose creation was interrupted, if the schedd may have its jobs."""
    for each in begun:
        if any(known.number == each.creation.submission for known in each.creation.map_dir.submissions.all()):
            return each.plan.tag
    return None


def _note(plan: MapPlan, reason: Reason | None, runs: EarlierRuns, *, quiet: bool) -> None:
    """Write down that a map was created, and tell who sits before it."""
    if reason is not None and reason.teaches:
        runs.add(plan.map_dir.name)
    why = "" if reason is None else f"; {reason}"
    logger.info("created map %r: %d components in %d jobs%s", plan.tag, plan.components, plan.jobs, why)
    share = f" in {counted(plan.jobs, 'job')}{why}" if why and plan.jobs < plan.components else ""
    _say(f"Created map {plan.tag} with {counted(plan.components, 'component')}{share}", quiet=quiet)


def _say(text: str, *, quiet: bool) -> None:
    """Tell who sits before an interactive session, unless the program wants none of it."""
    if _is_interactive() and not quiet:
        print(text)  # noqa: T201 -- asked for


def register_delivery_method(
    name: str,
    descriptors_func: Callable[[str, Any], Mapping[str, Any]],
    setup_func: Callable[[str, Any], None] | None = None,
) -> None:
    """Add a delivery method for this process. A plugin adds one for good, with the hook ``htmap_delivery_methods``.

    Since 0.6 or earlier::

        htmap.register_delivery_method("bare", lambda tag, map_dir: {"executable": "/usr/bin/python3"})

    :param name: the value of the setting DELIVERY_METHOD that chooses it.
    :param descriptors_func: takes a map's tag and directory, and returns the HTCondor submit commands of this method.
    :param setup_func: takes the same arguments, and prepares what the method needs. It runs before *descriptors_func*.
    """
    plugins.register_delivery_method(registered(name, descriptors_func, setup_func))


def _is_interactive() -> bool:
    ipython = sys.modules.get("IPython")
    return hasattr(sys, "ps1") or (ipython is not None and ipython.get_ipython() is not None)
