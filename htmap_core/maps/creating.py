"""Create maps: pickle the function and its inputs, plan, submit."""

from __future__ import annotations

import itertools
import operator
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import attrs

from htmap_core import user_warnings
from htmap_core.contract.authors import Authors
from htmap_core.contract.option_values import WALLTIME
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.walltime import Walltime, of_all_jobs
from htmap_core.exceptions import EmptyMap
from htmap_core.maps import recovery
from htmap_core.maps.earlier_runs import FUNCTION, EarlierRuns
from htmap_core.maps.map import Map
from htmap_core.plugins import pools
from htmap_core.plugins.calls import plugins, registered
from htmap_core.plugins.faults import plugin_faults
from htmap_core.results.needed_modules import needed_modules
from htmap_core.results.pickling import Pickled, pickle_function, pickle_input
from htmap_core.settings import tables, variables
from htmap_core.settings.chain import settings
from htmap_core.settings.waiting import while_created
from htmap_core.storage.creation import Creation
from htmap_core.storage.log import logger
from htmap_core.storage.record import MapRecord
from htmap_core.submission import planning
from htmap_core.submission.archive import build
from htmap_core.submission.checkpointing import Checkpointing, checkpointing
from htmap_core.submission.chunking import choice
from htmap_core.submission.chunking.choice import Chunks, Reason
from htmap_core.submission.delivery_choice import choose_delivery_method
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.handshake import handshake, versions
from htmap_core.submission.known_commands import check_commands
from htmap_core.submission.option_columns import OptionColumns
from htmap_core.submission.submit import submit_map, without_keeping

Call = tuple[tuple[Any, ...], dict[str, Any]]


def map(
    func: Callable[[Any], Any],
    args: Iterable[Any],
    map_options: MapOptions | None = None,
    tag: str | None = None,
    quiet: bool = False,
    *,
    chunksize: int | str | None = None,
) -> Map:
    """Map a function of one argument over an iterable of arguments.

    Each call is a component, and runs somewhere in the pool. Since 0.6 or earlier::

        doubled = htmap.map(lambda x: 2 * x, range(3))
        print(list(doubled))  #> [0, 2, 4]

    :param func: the function. Its code travels if it cannot be imported. Modules that it imports must be on the execute node.
    :param args: one argument for each component. They are taken one by one, so a generator need not fit into memory.
    :param map_options: HTCondor submit commands, and HTMap's few own options.
    :param tag: the map's name. A map without a tag gets a random one and is transient: :func:`htmap.clean` removes it.
    :param quiet: do not print in an interactive session that the map was created.
    :param chunksize: how many components share a job; 1 unless the option of that name is set. Short calls should share jobs.
        With ``"auto"`` HTMap chooses that, see :meth:`htmap.Map.chunk_report`. Between components, the environment, signals and
        other state of the process are put back; global variables, mutable defaults and random numbers are shared: see
        "Components that share a job" in the documentation.
    :returns: the map, which has been submitted.
    :raises TagAlreadyExists: the tag is in use.
    :raises EmptyMap: *args* is empty.
    :raises CannotPickle: the function or an argument cannot be pickled.
    :raises PoolNotFound: there is no pool to submit to.
    :raises RequiredPluginError: a plugin that the setting PLUGINS.REQUIRED names does not work.
    """
    calls: Iterator[Call] = (((arg,), {}) for arg in args)
    total = operator.length_hint(args)
    return create_map(func, calls, map_options=map_options, tag=tag, quiet=quiet, chunksize=chunksize, total=total)


def starmap(
    func: Callable[..., Any],
    args: Iterable[Iterable[Any]] | None = None,
    kwargs: Iterable[Mapping[str, Any]] | None = None,
    map_options: MapOptions | None = None,
    tag: str | None = None,
    quiet: bool = False,
    *,
    chunksize: int | str | None = None,
) -> Map:
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
    pairs = enumerate(itertools.zip_longest(args, kwargs))
    calls: Iterator[Call] = (_call(component, *pair) for component, pair in pairs)
    return create_map(func, calls, map_options=map_options, tag=tag, quiet=quiet, chunksize=chunksize, total=total)


def _call(component: int, given: Iterable[Any] | None, named: Mapping[str, Any] | None) -> Call:
    try:
        return () if given is None else tuple(given), {} if named is None else dict(named)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"starmap() needs a tuple of arguments and a dictionary of keyword arguments for each component, "
            f"got {given!r} and {named!r} for component {component}"
        ) from error


def create_map(
    func: Callable[..., Any],
    calls: Iterable[Call],
    *,
    map_options: MapOptions | None = None,
    tag: str | None = None,
    quiet: bool = False,
    chunksize: int | str | None = None,
    total: int = 0,
) -> Map:
    """Create and submit a map over *calls*. An error before the schedd has accepted the map leaves nothing behind.

    :param total: the number of calls, for the progress bar; 0 where it is not known.
    """
    if not callable(func):
        raise TypeError(f"map() needs a function, got {func!r}")
    plugin_faults.check()
    options = merged_options(map_options)
    size = choice.given(chunksize, options)
    function = pickle_function(func)
    checkpoints = checkpointing(function, options)
    recovery.settle()
    pool, connection = pools.find_pool()
    needed = needed_modules(function, [*(str(path) for path in options.fixed_input_files), *function.sources])
    method = choose_delivery_method(pool, connection, needed, options)
    asked, runs, authors = connection.schedd_parameter, EarlierRuns(func), Authors(_origins(map_options))
    view = choice.View(connection, asked, total, runs.calls, lambda: plugins.time_limit(pool, options))
    chunks = choice.equal(size) if size else choice.chosen(options, view, keeps_checkpoints=checkpoints.is_on)
    columns, files = OptionColumns(options, jobs_differ=chunks.differ), MapFiles(options)
    with Creation(tag, sizes=chunks, columns=tuple(columns.names.values()), joined=files.columns) as creation:
        _add_function(creation, function, files, checkpoints, runs_again_alone=chunks.reason is not None)
        _add_inputs(creation, while_created(calls, creation.tag, total), columns, files, chunks)
        plan = _plan(creation, options, connection, checkpoints.is_on, columns.walltime)
        commands = planning.describe(plan, method, creation.map_dir.id, columns.names, files, asked, authors)
        unproven = check_commands(commands, connection, authors.origin, columns.referred_to)
        for warning in (*unproven, *files.warnings(connection)):
            user_warnings.warn(warning)
        record = _record(plan, creation, method.name, _chunking(chunks.reason, runs), untagged=tag is None)
        with planning.blaming(authors):
            submit_map(creation, record, commands, connection)
        created = Map(tag=creation.tag, map_dir=creation.map_dir)
    _note(plan, chunks.reason, runs, quiet=quiet)
    return created


def _note(plan: MapPlan, reason: Reason | None, runs: EarlierRuns, *, quiet: bool) -> None:
    """Write down that a map was created, and tell who sits before it."""
    if reason is not None and reason.teaches:
        runs.add(plan.map_dir.name)
    why = "" if reason is None else f"; {reason}"
    logger.info("created map %r: %d components in %d jobs%s", plan.tag, plan.components, plan.jobs, why)
    if _is_interactive() and not quiet:
        share = f" in {plan.jobs} job{'' if plan.jobs == 1 else 's'}{why}" if why else ""
        print(f"Created map {plan.tag} with {plan.components} components{share}")  # noqa: T201 -- asked for


def _add_function(
    creation: Creation, function: Pickled, files: MapFiles, checkpoints: Checkpointing, *, runs_again_alone: bool
) -> None:
    creation.add_runtime(build())
    for_all = files.of_all(creation.map_dir.path, function.sources)
    record = {**handshake(function), "files": for_all, "checkpoints": checkpoints.is_on}
    if runs_again_alone:
        record["runs_again_alone"] = True
    if checkpoints.is_on:
        record.update(checkpoint_interval=checkpoints.interval, checkpoint_exit=checkpoints.by_exit)
    creation.add_function(function.payload, record, function.functions)


def _add_inputs(
    creation: Creation, calls: Iterable[Call], columns: OptionColumns, files: MapFiles, chunks: Chunks
) -> None:
    for pickled in chunks.following(pickle_input(*call, component) for component, call in enumerate(calls)):
        entries, of_files = files.of_next(pickled.sources, begins_job=creation.begins_job)
        creation.add_input(pickled.payload, columns.of_next(), of_files, entries, by_value=pickled.by_value)
    if not creation.components:
        raise EmptyMap
    columns.end()
    files.end()
    creation.finish()


def _plan(
    creation: Creation, options: MapOptions, pool: PoolView, checkpoints: bool, walltime: Walltime | None
) -> MapPlan:
    return MapPlan(
        tag=creation.tag,
        map_dir=creation.map_dir.path,
        runtime=creation.map_dir.runtime,
        components=creation.components,
        jobs=creation.jobs,
        options=options,
        settings=settings,
        pool=pool,
        checkpoints=checkpoints,
        walltime=walltime or of_all_jobs(options.get(WALLTIME), creation.chunksize),
    )


def _origins(given: MapOptions | None) -> Callable[[str], str | None]:
    """Return what tells the setting behind an option that was not given for this map."""
    return lambda name: None if given is not None and name in given else settings.origin(f"MAP_OPTIONS.{name}")


def _record(
    plan: MapPlan, creation: Creation, delivery_method: str, chunking: dict[str, Any] | None, *, untagged: bool
) -> MapRecord:
    return MapRecord(
        components=plan.components,
        chunksize=creation.chunksize,
        sizes=() if creation.has_equal_jobs else creation.runs,
        delivery_method=delivery_method,
        pool=plan.pool.address,
        versions=versions(),
        options=plan.options.to_dict(),
        created=time.time(),
        untagged=untagged,
        chunking=chunking,
    )


def _chunking(reason: Reason | None, runs: EarlierRuns) -> dict[str, Any] | None:
    """Return why HTMap has chosen the sizes of jobs, and the function of which the map's results will tell more."""
    return None if reason is None else {**attrs.asdict(reason), FUNCTION: runs.function if reason.teaches else None}


def merged_options(*given: MapOptions | None) -> MapOptions:
    """Check all settings, and return the given map options merged with those of the settings.

    :raises UnknownSetting: neither the core nor a plugin knows a setting.
    :raises InvalidSetting: a setting has an invalid value.
    :raises ReservedOptionKeyword: HTMap itself sets an option.
    """
    for options in given:
        check_options(options)
    known = plugins.settings_tables(), plugins.tables_of_unavailable_plugins()
    tables.check_names(*known)
    variables.warn_of(variables.unknown_variables(*known))
    return MapOptions.merge(*given, without_keeping(MapOptions.from_settings(settings)))


def check_options(options: object) -> None:
    """Check the type of map options.

    :raises TypeError: *options* is neither a ``MapOptions`` nor None.
    """
    if options is not None and not isinstance(options, MapOptions):
        raise TypeError(f"map_options must be an htmap.MapOptions, got {options!r}")


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
