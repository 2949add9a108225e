"""What is written of a draft: its inputs, one by one, and what can be done with it then."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any, Optional

import attrs

from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.exceptions import EmptyMap, MisalignedInputData
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.record import one_off_files
from htmap_core.progress.work import LongWork
from htmap_core.results.pickling import Pickled
from htmap_core.storage.portions.writing import Writing
from htmap_core.storage.record import MapRecord
from htmap_core.submission.archive import build
from htmap_core.submission.checkpointing import Checkpointing
from htmap_core.submission.chunking.reason import Reason
from htmap_core.submission.files.arguments import LARGE
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.handshake import handshake, versions
from htmap_core.submission.mistakes.requests import Requests
from htmap_core.submission.option_columns import OptionColumns
from htmap_core.submission.planning import Description
from htmap_run.arguments import RECORDED

if TYPE_CHECKING:
    from htmap_core.maps.drafts.kept import Kept


@attrs.frozen
class Written:
    """A draft whose files are written.

    :param plan: what plugins get of it.
    :param describe: makes its submit description. The error of a plugin comes from there by the shortest way to the user.
    :param check: warns of what is doubtful in the description.
    :param reason: why HTMap has chosen the sizes of jobs; None where the user has.
    """

    creation: Writing
    plan: MapPlan
    describe: Callable[[], Description]
    check: Callable[[Description], None]
    reason: Optional[Reason]

    def record(
        self,
        kept: Kept | None,
        method: str,
        method_reason: str,
        *,
        untagged: bool,
        executor: bool = False,
        chunking: Mapping[str, Any] | None = None,
    ) -> MapRecord:
        """Return what a map keeps of how it was made.

        :param kept: what a later run of the script compares; None where none will find the map.
        :param method: the name of the delivery method, or of what stands for one on this machine.
        :param untagged: whether the tag is a random one.
        :param executor: whether an executor makes it.
        :param chunking: why jobs have the sizes that they have; None where the user has chosen them.
        """
        creation = self.creation
        return MapRecord(
            components=self.plan.components,
            chunksize=creation.chunksize,
            sizes=() if creation.has_equal_jobs else creation.runs,
            delivery_method=method,
            pool=self.plan.pool.address,
            versions=versions(),
            options=self.plan.options.to_dict(),
            created=time.time(),
            untagged=untagged,
            chunking=chunking,
            delivery_reason=method_reason,
            plugin_files=one_off_files(plugins.records_for_maps()),
            kept=None if kept is None else kept.facts(),
            executor=executor,
        )


def add_function(
    creation: Writing, function: Pickled, checkpoints: Checkpointing, files: MapFiles, *, runs_again_alone: bool
) -> None:
    """Write the archive that jobs run, and the function with what the execute side reads before it unpickles that.

    :param runs_again_alone: whether a component that failed beside others runs once more by itself.
    """
    creation.add_runtime(build())
    large = [creation.add_argument(name, content) for name, content in function.parts.items()]
    for_all = files.of_all(creation.map_dir.path, function.sources, large, prefix=creation.files.prefix)
    record = {**handshake(function), "files": for_all, "checkpoints": checkpoints.is_on}
    if runs_again_alone:
        record["runs_again_alone"] = True
    if checkpoints.is_on:
        record.update(checkpoint_interval=checkpoints.interval, checkpoint_exit=checkpoints.by_exit)
    if large:
        record[RECORDED] = [*function.parts]
    creation.add_function(function.payload, record, function.functions)


def add_inputs(
    creation: Writing, coming: Iterator[Pickled], columns: OptionColumns, files: MapFiles, requests: Requests | None
) -> None:
    """Write the inputs, and with them what their components have of their own.

    :param requests: compares what components request with what they are sent; None where the settings want no such look.
    :raises EmptyMap: there are none.
    """
    looks_at_all = requests is not None and requests.looks_at_all
    for pickled in coming:
        large = [*pickled.arguments.values()]
        entries, of_files = files.of_next(pickled.sources, begins_job=creation.begins_job, arguments=large)
        values = columns.of_next()
        if requests is not None and (of_files[0] or looks_at_all or len(pickled.payload) >= LARGE):
            requests.note(creation.first + creation.components, pickled, files.job_bytes, values)
        facts = pickled.by_value, pickled.fingerprint, pickled.arguments
        creation.add_input(pickled.payload, values, of_files, entries, *facts, key=pickled.key)
    if not creation.components:
        raise EmptyMap
    columns.end()
    files.end()
    creation.finish()


@contextlib.contextmanager
def counting_inputs(creation: Writing, options: MapOptions, total: int, *, quiet: bool = False) -> Iterator[LongWork]:
    """Yield what shows how far the block is, which writes the inputs of a map.

    An error about an option that has not as many values tells both numbers where they are known.

    :param total: how many inputs there are; 0 where it is not known.
    """
    try:
        with LongWork(f"creating {creation.tag}", total, "component", quiet=quiet) as work:
            yield work
    except MisalignedInputData as error:
        given = options.get(error.option)
        values = len(given) if isinstance(given, Sized) else error.option_length
        # A hint may be wrong; and inputs that are added are not all that the map has.
        is_known = error.inputs is None and values is not None and total > values and not creation.first
        raise attrs.evolve(error, option_length=values, inputs=total if is_known else error.inputs) from None
