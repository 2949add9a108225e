"""Run the components of a job in this very process, which is the user's own: breakpoints, debuggers and prints work there.

Pickles, files, results and reports are those of any job. No other process outlives this one: what ends it ends all, and what the
function changes in it stays, but for the environment, the current folder, the module path and the standard streams.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile

from htmap_run import names, transferred
from htmap_run.files import remaps
from htmap_run.files.own_archive import OwnArchive
from htmap_run.job import eviction, worker
from htmap_run.job.work import Outcome, Work
from htmap_run.journal.results import Results
from htmap_run.reports.capture import Capture
from htmap_run.reports.host import PeakMemory

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Callable, Optional

    OnError = Callable[[BaseException], None]

OUR_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
"""The folder of the runner's modules. Their frames are left out of reports."""


def run(
    archive: str,
    scratch: str,
    block: str,
    components: Sequence[int],
    *,
    remapped: str = "",
    environment: Mapping[str, str],
    on_error: Optional[OnError] = None,
    before_output: Optional[Callable[[], object]] = None,
) -> int:
    """Run some components of a job, and return the exit code that it has.

    A KeyboardInterrupt, or that somebody leaves the debugger, ends it: nothing is written down of the component that runs.

    :param archive: the path of the archive, which processes run that multiprocessing starts anew.
    :param scratch: the job's scratch directory, with its input files.
    :param block: the name of the input block there.
    :param remapped: the output files that go elsewhere (see :mod:`htmap_run.files.remaps`).
    :param environment: variables of the job's own.
    :param on_error: called with the exception of a component, before it is described.
    :param before_output: called before text is shown that the function prints.
    """
    returned = os.path.join(scratch, names.RETURN)
    os.makedirs(returned, exist_ok=True)
    variables = {**environment, **dict.fromkeys(names.SCRATCH, scratch)}
    variables.update(HTMAP_ON_EXECUTE="1", HTMAP_OUTPUT_FILES=os.path.join(returned, names.FILES))
    if remapped:
        variables[remaps.VARIABLE] = remapped
    with _as_in_a_job(scratch, variables), contextlib.ExitStack() as opened:
        own = OwnArchive(archive, scratch)
        opened.callback(own.close)
        results = Results(os.path.join(returned, names.RESULTS), components)
        opened.callback(results.close)
        results.run(eviction.facts(scratch))
        paths = os.path.join(returned, names.STDOUT), os.path.join(returned, names.STDERR)
        capture = Capture(*paths, is_shown=True, before_output=before_output)
        opened.callback(capture.close)
        with capture:
            work = _InThisProcess(own, scratch, names.FUNCTION, [block], results)
            work.on_error = on_error
            memory = PeakMemory()
            for component in components:
                # As the first one of its process: none runs again in another, where others have left it too little memory.
                worker.run_one(work, component, capture, results, memory, is_first=True)
        results.flush()
        results.read()
        results.complete()
        capture.remove()
        return results.exit_code


class _InThisProcess(Work):
    """The work on components in a process that goes on after them.

    :ivar on_error: called with the exception of a component.
    """

    on_error: Optional[OnError] = None

    def __init__(self, archive: OwnArchive, scratch: str, function: str, blocks: list[str], results: Results) -> None:
        super().__init__(archive, scratch, function, blocks, results, None)
        self._own_files = OUR_FOLDER
        self.checkpoints_by_exit = False  # it would end this process

    def attempt(self, component: int) -> Outcome:
        """Run *component* and return its outcome."""
        outcome = Outcome()
        try:
            with _put_back():
                self._call(component, outcome)
        except BaseException as error:
            if _is_by_the_user(error):
                raise
            if self.on_error is not None:
                self.on_error(error)
            outcome.error = error
        return outcome


def _is_by_the_user(error: BaseException) -> bool:
    """Return whether somebody wants all to end: by Ctrl-C, or by leaving the debugger."""
    debugger = sys.modules.get("bdb")
    return isinstance(error, KeyboardInterrupt) or (debugger is not None and isinstance(error, debugger.BdbQuit))


@contextlib.contextmanager
def _as_in_a_job(scratch: str, variables: Mapping[str, str]) -> Iterator[None]:
    """Have the block find what a job finds: its folder, its environment, its modules, and its paths of files."""
    folder, temporary = os.getcwd(), tempfile.tempdir
    with _put_back(), transferred.OnExecuteSide():
        try:
            os.chdir(scratch)
            tempfile.tempdir = scratch
            os.environ.update(variables)
            worker.look_in(scratch)
            yield
        finally:
            tempfile.tempdir = temporary
            os.chdir(folder)


@contextlib.contextmanager
def _put_back() -> Iterator[None]:
    """Put the environment and the module path back as they were before the block."""
    variables, path = dict(os.environ), [*sys.path]
    try:
        yield
    finally:
        sys.path[:] = path
        for name in [name for name in os.environ if name not in variables]:
            del os.environ[name]
        os.environ.update({name: value for name, value in variables.items() if os.environ.get(name) != value})
