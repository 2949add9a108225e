"""Unpickle, call, pickle: the work on one component. Every error in it becomes part of the component's record."""

from __future__ import annotations

import os
import pickle
import sys

from htmap_run import arguments, frames, handshake, pickling
from htmap_run.by_value.script import Script
from htmap_run.files import remaps
from htmap_run.files.inputs import Inputs
from htmap_run.files.scratch.leftovers import Leftovers, LostFiles, is_of_slot
from htmap_run.files.variable import ComponentVariable
from htmap_run.handshake import Refused
from htmap_run.job.isolation import Isolation

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, Optional

    from htmap_run.files.own_archive import OwnArchive
    from htmap_run.journal.results import Results

    Refusal = Optional[Refused]

# The opcode that looks up a class or function by name. A result without it is plain data, which every Python can unpickle.
# The same byte may also be part of a number: that does no harm.
_NAMES_SOMETHING = b"\x93"

_loads = pickle.loads  # which a function may replace, for all of its job

NOTHING = type(None).__qualname__


class ResultCarriesCode(Exception):
    """A result has a function or class by value, and the submit side's Python has another version, which could not run it."""


class InputChanged(Exception):
    """An input file is not as it came, because another component of the job has changed it, and it is too large for a copy."""


class Outcome:
    """The outcome of one component.

    :ivar payload: the pickled result, or None.
    :ivar by_value: whether the result has code by value.
    :ivar error: the exception that was raised instead, or None.
    :ivar doing: what the runner was doing then, such as "unpickling the function".
    :ivar result_type: the name of the result's type, if the function returned.
    """

    def __init__(self) -> None:
        self.payload: Optional[bytes] = None
        self.by_value = False
        self.error: Optional[BaseException] = None
        self.doing = ""
        self.result_type = ""


class Work:
    """The function and the inputs of one job.

    :param archive: the archive that the runner is in.
    :param scratch: the job's scratch directory.
    :param function: the path of the pickled function.
    :param blocks: the paths of the input blocks.
    :param results: gets what the components leave.
    :param refused: why nothing may be run here, if that is known already; else None.
    :ivar process: the number of this process.
    :ivar script: the user's script, as far as it came along.
    :ivar variable: the environment variable that tells which component runs.
    :ivar lost: finds files that components leave.
    :raises CorruptFile: one of the files is damaged.
    :raises FileNotFoundError: one of them is missing.
    """

    def __init__(
        self, archive: OwnArchive, scratch: str, function: str, blocks: list[str], results: Results, refused: Refusal
    ) -> None:
        self.process = os.getpid()
        self._archive = archive
        self._own_files = archive.path
        self.scratch = scratch
        self.script = Script(archive.path)
        self.variable = ComponentVariable()
        self._results = results
        file = frames.Reader(function)
        frame = file.only(frames.FUNCTION)
        self._index = file.record(frame)
        self._pickled_function = file.payload(frame)
        self._inputs = Inputs(blocks)
        self.keeps_checkpoints: bool = self._index.get("checkpoints", False)
        self.checkpoint_interval: int = self._index.get("checkpoint_interval", 0)
        self.checkpoints_by_exit: bool = self._index.get("checkpoint_exit", False)
        self.runs_again_alone: bool = self._index.get("runs_again_alone", False)
        is_alone = self.runs_again_alone and is_of_slot(scratch)
        self._leftovers = Leftovers(scratch, self._index.get("files", ())) if is_alone else None
        self._changed_input: Optional[str] = None
        self._refusal = refused or handshake.refusal(self._index)
        self._report_of_refusal: Optional[dict[str, Any]] = None
        self._mismatched = handshake.differs(self._index)
        self._function: Optional[Callable[..., Any]] = None
        self._has_surroundings = False
        self._places_files = bool(self._index.get("files"))
        self._is_remapped = remaps.VARIABLE in os.environ
        brought = () if self._leftovers is None else self._leftovers.brought
        self.lost = LostFiles(scratch, folders=not self._places_files, brought=brought)
        self.lost.is_known = self._is_remapped or self.keeps_checkpoints  # files are meant for something else
        self._load_error: Optional[tuple[BaseException, Optional[TracebackType]]] = None
        self._isolation: Optional[Isolation] = None

    def expect(self, components: int) -> None:
        """Prepare for so many components."""
        self.variable.expect(components)
        if self._leftovers is not None and (components > 1 or self._leftovers.keeps_inputs):
            self._leftovers.keep_inputs()

    @property
    def is_spoilt(self) -> bool:
        """Whether a component has changed in this process what cannot be put back: the next one needs another."""
        return self._isolation is not None and self._isolation.is_spoilt

    def enter_scratch(self) -> None:
        """Make the scratch directory the working directory; the component before may have deleted it, or left files there."""
        try:
            os.chdir(self.scratch)
        except OSError:
            self._archive.restore()
            os.chdir(self.scratch)
        self._archive.unlock()
        if self._leftovers is not None:
            self._changed_input = self._leftovers.clear()

    def attempt(self, component: int) -> Outcome:
        """Run *component* and return its outcome."""
        outcome = Outcome()
        if self._isolation is None:
            self._isolation = Isolation(self._archive.restore)
        if "multiprocessing" in sys.modules:  # it may start processes from the archive
            self._archive.restore()
        try:
            self._isolation.run(self._call, component, outcome)
        except BaseException as error:  # sys.exit() and the like end this component, not the job
            outcome.error = error
        return outcome

    def end_of(self, outcome: Outcome) -> tuple[bytes, dict[str, Any], bytes]:
        """Return the last frame of a component: its kind, that part of its record, and its payload."""
        if outcome.error is None:
            assert outcome.payload is not None
            self._add_surroundings(outcome.payload)
            return frames.RESULT, {"by_value": outcome.by_value}, outcome.payload
        self._archive.restore()
        from htmap_run.reports import report

        error = self._report(outcome.error)
        error["classes"] = report.names_of_classes(outcome.error)
        error["advice"] = self._advice(outcome)
        error["missing_module"] = report.missing_module(outcome.error)
        error["missing_file"] = report.missing_file(outcome.error)
        error["doing"] = outcome.doing
        exception, error["by_value"] = self._pickle_exception(outcome.error)
        kind = frames.REFUSED if type(outcome.error) is Refused else frames.ERROR
        return kind, {"error": error}, exception

    def _add_surroundings(self, payload: bytes) -> None:
        """Write, once for a job, the facts that the submit side shows if it cannot unpickle a result."""
        if not self._has_surroundings and _NAMES_SOMETHING in payload:
            from htmap_run.reports import surroundings

            self._results.add_surroundings(surroundings.of_result(self.scratch))
            self._has_surroundings = True

    def _call(self, component: int, outcome: Outcome) -> None:
        if self._refusal is not None:
            raise self._refusal.with_traceback(None)  # that of the component before would stay in it
        if self._changed_input is not None:
            outcome.doing = "putting the input files in their places"
            raise InputChanged(
                f"the input file {self._changed_input!r} is not as it came: a component that ran before in this job has changed "
                "it. HTMap keeps copies of small files, and has none of this one. Let the function work on a copy, or make the "
                "map with chunksize=1: then each component has its own file"
            )
        outcome.doing = "reading the inputs"
        record, pickled_inputs = self._inputs.find(component)
        if self._places_files or record:
            outcome.doing = "putting the input files in their places"
            self._place_files(record)
        function = self._function
        if function is None:
            outcome.doing = "unpickling the function"
            function = self._load_function()
        outcome.doing = "unpickling the inputs"
        args, kwargs = self._unpickle_inputs(record, pickled_inputs)
        outcome.doing = "running the function"
        result = function(*args, **kwargs)
        if self._is_remapped:
            remaps.check(self.scratch)
        outcome.doing = "pickling the result"
        outcome.result_type = type(result).__qualname__
        outcome.payload, outcome.by_value = self._pickle_result(result)

    def _place_files(self, record: dict[str, Any]) -> None:
        """Put the input files in their places, where the unpickled TransferPaths will point to."""
        entries = [*self._index.get("files", ()), *record.get("files", ())]
        if self._places_files or entries:
            from htmap_run.files.placing import place

            self._places_files = True  # those of this component must make way for the next one's
            place(self.scratch, entries)
            self.lost.expect(entries)

    def _load_function(self) -> Callable[..., Any]:
        """Unpickle the function once. If that fails, every component fails in the same way."""
        if self._load_error is not None:
            error, trace = self._load_error
            raise error.with_traceback(trace)
        try:
            self._function = function = self.script.load_function(self._pickled_function)
        except BaseException as error:
            self._load_error = error, error.__traceback__
            raise
        return function  # type: ignore[no-any-return]

    def _unpickle_inputs(self, record: dict[str, Any], payload: bytes) -> Any:
        if self._mismatched and record.get("by_value"):
            raise Refused(
                f"the inputs of this component have code by value, and {handshake.mismatch(self._index)}",
                "With ALLOW_PYTHON_MISMATCH, functions and classes must be importable on both sides: move those in the inputs "
                "into a module that is installed on both.",
            )
        if record.get("by_value"):
            return self.script.load_inputs(payload)
        load = arguments.loads if arguments.RECORDED in record else _loads
        return load(payload)  # written by the user's own map

    def _pickle_result(self, result: Any) -> tuple[bytes, bool]:
        payload, by_value = pickling.dumps(result)
        if self._mismatched and by_value:
            raise ResultCarriesCode(
                f"the result, a {type(result).__qualname__}, has code by value, which the submit side cannot run because its "
                "Python has another version"
            )
        return payload, by_value

    def _pickle_exception(self, error: BaseException) -> tuple[bytes, bool]:
        """Return the pickle of *error*, empty if it cannot be unpickled, as many cannot; and whether it has code by value."""
        if type(error) in (Refused, ResultCarriesCode, InputChanged):
            return b"", False
        try:
            payload, by_value = pickling.dumps(error)
            if self._mismatched and by_value:
                return b"", True
            again = _loads(payload)  # pickled above
        except BaseException:  # the report has everything as text; the object is an extra
            return b"", False
        return (payload if type(again) is type(error) else b""), by_value

    def _report(self, error: BaseException) -> dict[str, Any]:
        from htmap_run.reports import report

        if error is self._refusal and self._report_of_refusal is not None:
            # Each component is refused for the same reason, and that of one tells what the host has.
            return {**self._report_of_refusal, "packages": [], "scratch": []}
        try:
            described = report.describe(error, self._own_files, self.scratch)
        except BaseException as failure:  # memory may be full; the component's error must still be reported
            described = report.briefly(error, failure)
        if error is self._refusal:
            self._report_of_refusal = described
        return described

    def _advice(self, outcome: Outcome) -> Optional[str]:
        from htmap_run.reports import report

        assert outcome.error is not None
        if type(outcome.error) is Refused:
            return outcome.error.advice
        if outcome.doing == "pickling the result":
            return (
                f"The function ran to its end, but its result, a {outcome.result_type}, cannot be pickled. Return plain data "
                "(numbers, text, containers, arrays), not open files, locks, generators, connections or objects that hold them."
            )
        if outcome.doing == "reading the inputs":
            return "The inputs were damaged on the way, or are on the submit side: if they are, running it again will say so."
        return report.advice_on(outcome.error, outcome.doing)


# Reports show these names.
Refused.__module__ = ResultCarriesCode.__module__ = InputChanged.__module__ = frames.CorruptFile.__module__ = "htmap"
