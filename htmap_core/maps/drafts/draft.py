"""The draft of a map: all that is decided and written before its jobs are submitted."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import attrs

from htmap_core import names, user_warnings
from htmap_core.condor.connection import Connection
from htmap_core.contract.authors import Authors
from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.option_values import WALLTIME
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolView
from htmap_core.contract.walltime import Walltime, of_all_jobs
from htmap_core.maps.drafts.arguments import check_function
from htmap_core.maps.drafts.options import merged_options, origins
from htmap_core.maps.drafts.told import Modules, mistakes
from htmap_core.maps.drafts.written import Written, add_function, add_inputs, counting_inputs
from htmap_core.maps.earlier_runs import EarlierRuns
from htmap_core.maps.here.fetching import check_schemes
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.faults import plugin_faults
from htmap_core.results.needed_modules import needed_modules
from htmap_core.results.pickling import Pickled, pickle_input
from htmap_core.settings import tables
from htmap_core.settings.chain import settings
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.writing import Writing
from htmap_core.storage.root import htmap_dir
from htmap_core.submission import planning
from htmap_core.submission.checkpointing import Checkpointing, checkpointing
from htmap_core.submission.chunking import choice
from htmap_core.submission.chunking.choice import Chunks
from htmap_core.submission.files.arguments import Arguments, Inputs, Store, function_apart
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.known_commands import check_commands
from htmap_core.submission.mistakes.looks import Looks
from htmap_core.submission.mistakes.own_modules import OwnModules
from htmap_core.submission.mistakes.requests import Requests
from htmap_core.submission.option_columns import OptionColumns
from htmap_core.submission.planning import Description

if TYPE_CHECKING:
    from htmap_core.maps.drafts.kept import Kept


@attrs.frozen
class Draft:
    """What is known of a map before a pool is looked for.

    :param options: its options, merged with those of the settings.
    :param size: how many components share a job; None where HTMap chooses.
    :param authors: notes who has set what in its submit description.
    :param own: the user's own modules that it needs.
    :param looks: what was seen of its function, for warnings of mistakes; None where the settings want none.
    :param kept: notes what a later run of the script compares; None where none will find the map.
    :param inputs: makes what gives the inputs of its calls from what stores large arguments; None where each is pickled when its
        turn comes.
    """

    options: MapOptions
    size: Optional[int]
    function: Pickled
    checkpoints: Checkpointing
    runs: EarlierRuns
    authors: Authors
    own: OwnModules
    looks: Optional[Looks]
    kept: Optional[Kept] = None
    inputs: Optional[Callable[[Store], Inputs]] = None

    @classmethod
    def of(
        cls,
        func: Callable[..., Any],
        given: MapOptions | None,
        chunksize: int | str | None,
        *,
        keeps: bool = False,
        function: Pickled | None = None,
    ) -> Draft:
        """Return the draft of a map of *func*.

        :param given: the options without those of the settings.
        :param keeps: whether a later run of the script may find the map again.
        :param function: its pickle, where it was made before: the function may have changed since.
        """
        check_function(func)
        plugin_faults.check()
        options = merged_options(given)
        size = choice.given(chunksize, options)
        function = function_apart(func) if function is None else function
        own = OwnModules.of(function, options, sends=tables.setting("SEND_MODULES"))
        if own.sent:
            options = MapOptions.merge(options, MapOptions(fixed_input_files=own.sent))
        looks = Looks.at(func, function) if tables.setting("TELL_MISTAKES") else None
        kept = checkpointing(function, options)
        runs = EarlierRuns(func)
        draft = cls(options, size, function, kept, runs, Authors(origins(given)), own, looks)
        if not keeps:
            return draft
        from htmap_core.maps.drafts.kept import Kept  # it takes the fingerprints along

        return attrs.evolve(draft, kept=Kept(runs.fingerprints))

    @property
    def needed_modules(self) -> frozenset[str]:
        """The modules that the function needs on the execute node, besides what travels and what the user has to send."""
        return needed_modules(self.function, self.sent_by_function) - self.own.missing.keys()

    @property
    def sent_by_function(self) -> list[str]:
        """The paths or URLs of what travels to all jobs, because the options say so, or for the function."""
        return [*map(str, self.options.fixed_input_files), *self.function.sources]

    def _inputs_of(self, creation: Writing) -> Inputs:
        if self.inputs is not None:
            return self.inputs(creation.add_argument)
        return Arguments(creation.add_argument, pickle_input if self.kept is None else self.kept.pickle_input)

    def written(
        self,
        calls: Iterable[Any],
        total: int,
        tag: str | None,
        method: DeliveryMethod,
        pool: Pool,
        connection: Connection,
        *,
        scratch: Path | None = None,
        quiet: bool = False,
        replaces: MapDir | None = None,
    ) -> contextlib.AbstractContextManager[Written]:
        """Write the files of a map, which are deleted if the block raises. Its submit description is made in the block.

        :param total: the number of *calls*, for the progress bar; 0 where it is not known.
        :param scratch: where to write them instead of HTMAP_DIR, for a map that is only planned. Plugins do no slow work and set
            up no credentials then.
        :param quiet: do not show how far it is.
        :param replaces: the map that has the tag so far.
        """
        chunks = self._chunks(pool, method, connection, total)
        made = functools.partial(Creation, tag, root=scratch, replaces=replaces)
        given = calls, total, made, chunks, method, pool, connection
        return self._written(*given, scratch=scratch, quiet=quiet)

    def added(
        self,
        calls: Iterable[Any],
        total: int,
        grown: MapDir,
        tag: str,
        method: DeliveryMethod,
        pool: Pool,
        connection: Connection,
        *,
        scratch: Path | None = None,
        quiet: bool = False,
    ) -> contextlib.AbstractContextManager[Written]:
        """Write the files of components that are added to a map, as :meth:`written` does for a map.

        :param grown: the map, of which the caller has looked at all components.
        :param scratch: the folder that has it in the place of HTMAP_DIR, where they are only planned.
        """
        chunks, first = self._chunks(pool, method, connection, total), grown.placement.components
        given = calls, total, functools.partial(Growth, grown, tag, first), chunks, method, pool, connection
        return self._written(*given, first=first, scratch=scratch, quiet=quiet)

    @contextlib.contextmanager
    def _written(
        self,
        calls: Iterable[Any],
        total: int,
        made: Callable[..., Any],
        chunks: Chunks,
        method: DeliveryMethod,
        pool: Pool,
        connection: Connection,
        *,
        scratch: Path | None = None,
        first: int = 0,
        quiet: bool = False,
    ) -> Iterator[Written]:
        """Write the files of a portion of a map.

        :param made: returns what they are written into, a context manager.
        :param first: the first component of the portion.
        """
        columns = OptionColumns(self.options, jobs_differ=chunks.differ, first=first)
        files, modules = MapFiles(self.options, connection, first=first), Modules(self)
        with made(sizes=chunks, columns=tuple(columns.names.values()), joined=files.columns) as creation:
            add_function(creation, self.function, self.checkpoints, files, runs_again_alone=chunks.reason is not None)
            arguments = self._inputs_of(creation)
            compared = self.options, columns.names, self.function, creation.files.runtime, files.job_bytes
            requests = None if self.looks is None else Requests(*compared)
            with counting_inputs(creation, self.options, total, quiet=quiet) as work:
                numbered = enumerate(work.counting(calls), creation.first)
                coming = chunks.following(arguments.pickled(numbered))
                add_inputs(creation, modules.sent_before(coming, arguments, files), columns, files, requests)
            plan = self._plan(
                creation, connection, columns.walltime, scratch, modules, is_chosen=chunks.reason is not None
            )
            of_map = creation.files, columns.names, files, connection.schedd_parameter, self.authors
            describe = functools.partial(planning.describe, plan, method, *of_map, acts=scratch is None)

            def check(described: Description) -> None:
                unproven = check_commands(described.commands, connection, self.authors.came_from, columns.referred_to)
                hardly_meant = mistakes(self, plan, pool, connection, arguments, requests)
                for warning in (*unproven, *files.warnings(connection), *modules.warnings(), *hardly_meant):
                    user_warnings.warn(warning)

            yield Written(creation, plan, describe, check, chunks.reason)

    @contextlib.contextmanager
    def written_for_here(
        self,
        calls: Iterable[Any],
        total: int,
        tag: str | None,
        machine: PoolView,
        *,
        scratch: Path | None = None,
        replaces: MapDir | None = None,
    ) -> Iterator[Written]:
        """Write the files of a map that runs on this machine: no site has a say, and each component has a job of its own.

        :param total: the number of *calls*, for the progress bar; 0 where it is not known.
        :param machine: what stands for the pool.
        :param scratch: where to write them instead of HTMAP_DIR, for a map that is only planned.
        :param replaces: the map that has the tag so far.
        """
        chunks, modules = choice.equal(self.size or 1), Modules(self)
        columns, files = OptionColumns(self.options), MapFiles(self.options)
        made = functools.partial(Creation, tag, root=scratch, replaces=replaces)
        with made(sizes=chunks, columns=tuple(columns.names.values()), joined=files.columns) as creation:
            add_function(creation, self.function, self.checkpoints, files, runs_again_alone=False)
            arguments = self._inputs_of(creation)
            with counting_inputs(creation, self.options, total) as work:
                inputs = chunks.following(arguments.pickled(enumerate(work.counting(calls))))
                add_inputs(creation, modules.sent_before(inputs, arguments, files), columns, files, None)
            plan = self._plan(creation, machine, columns.walltime, scratch, modules, is_chosen=False)
            check_schemes(files.input_schemes, files.output_schemes)
            of_map = creation.files, columns.names, files, self.authors
            describe = functools.partial(planning.of_this_machine, plan, *of_map)

            def check(_: Description) -> None:
                for warning in (*files.warnings(machine), *modules.warnings(is_trial=True)):
                    user_warnings.warn(warning)

            yield Written(creation, plan, describe, check, None)

    def _chunks(self, pool: Pool, method: DeliveryMethod, connection: Connection, total: int) -> Chunks:
        if self.size:
            return choice.equal(self.size)
        asked, earlier = connection.schedd_parameter, self.runs.calls
        view = choice.View(
            *(connection, pool.grows, asked, total, earlier),
            saves=method.saves_jobs,
            site_limit=lambda: plugins.time_limit(pool, self.options),
        )
        return choice.chosen(self.options, view, self.function, keeps_checkpoints=self.checkpoints.is_on)

    def _plan(
        self,
        creation: Writing,
        pool: PoolView,
        walltime: Walltime | None,
        scratch: Path | None,
        modules: Modules,
        *,
        is_chosen: bool,
    ) -> MapPlan:
        return MapPlan(
            tag=creation.tag,
            map_dir=creation.map_dir.path if scratch is None else htmap_dir() / names.MAPS / creation.map_dir.id,
            runtime=creation.files.runtime,
            components=creation.components,
            jobs=creation.jobs,
            options=self.options,
            settings=settings,
            pool=pool,
            checkpoints=self.checkpoints.is_on,
            walltime=walltime or of_all_jobs(self.options.get(WALLTIME), creation.chunksize),
            is_chosen=is_chosen,
            modules=modules.needed,
        )
