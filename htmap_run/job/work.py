"""Unpickle, call, pickle: the work on one component. Every error in it becomes part of the component's record."""

from __future__ import annotations

import json
import os
import pickle

from htmap_run import formats, handshake, pickling
from htmap_run.files import remaps
from htmap_run.handshake import Refused

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, Optional


# The opcode that looks up a class or function by name. A result without it is plain data, which every Python can unpickle.
# The same byte may also be part of a number: that does no harm.
_NAMES_SOMETHING = b"\x93"


class ResultCarriesCode(Exception):
    """A result has a function or class by value, and the submit side's Python has another version, which could not run it."""


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

    :param archive: the path of the archive that the runner is in.
    :param scratch: the job's scratch directory.
    :param function: the path of the packed function.
    :param blocks: the paths of the input blocks.
    :param writer: writes the results.
    :raises CorruptFile: one of the files is damaged.
    :raises FileNotFoundError: one of them is missing.
    """

    def __init__(
        self, archive: str, scratch: str, function: str, blocks: list[str], writer: formats.PackWriter
    ) -> None:
        self.archive = archive
        self.scratch = scratch
        self._writer = writer
        self._archive_file = open(archive, "rb")  # it stays open as long as this process lives
        with formats.PackReader(function) as file:
            self._index = file.index
            self._pickled_function = file.payload(*file.index["payload"])
        self._blocks = blocks
        self._files: dict[str, list[list[str]]] = {}
        self._with_code: set[int] = set()
        self._inputs: dict[int, tuple[formats.PackReader, list[int]]] = {}
        for block in blocks:
            reader = formats.PackReader(block)
            self._inputs.update((n, (reader, place)) for n, place in formats.input_places(reader.index).items())
            self._files.update(reader.index.get("files", {}))
            self._with_code.update(reader.index["by_value"])
        self.keeps_checkpoints: bool = self._index.get("checkpoints", False)
        self._refusal = handshake.refusal(self._index)
        self._mismatched = handshake.differs(self._index)
        self._function: Optional[Callable[..., Any]] = None
        self._has_surroundings = False
        self._load_error: Optional[tuple[BaseException, Optional[TracebackType]]] = None

    def attempt(self, component: int) -> Outcome:
        """Run *component* and return its outcome.

        :raises ValueError: the input blocks of this job have no input for it.
        """
        if component not in self._inputs:
            raise ValueError(f"there is no input for component {component} in {', '.join(self._blocks)}")
        reader, place = self._inputs[component]
        pickled_inputs = reader.payload(*place)
        outcome = Outcome()
        try:
            self._call(component, pickled_inputs, outcome)
        except BaseException as error:  # sys.exit() and the like end this component, not the job
            outcome.error = error
        return outcome

    def keep(self, outcome: Outcome) -> dict[str, Any]:
        """Write the result or the report on the error; return that part of the component's record."""
        self._restore_archive()
        kept = self._kept(outcome)
        self._writer.flush()  # a later component may end this process
        return kept

    def _restore_archive(self) -> None:
        """Restore the archive if the function has deleted it: the modules that describe errors are imported from it."""
        if not os.path.lexists(self.archive):
            os.makedirs(self.scratch, exist_ok=True)
            formats.copy_from(self._archive_file, self.archive)

    def _kept(self, outcome: Outcome) -> dict[str, Any]:
        if outcome.error is None:
            assert outcome.payload is not None
            result = {"result": self._writer.add(outcome.payload), "by_value": outcome.by_value}
            return {"status": "OK", **result, **self._surroundings(outcome.payload)}
        error = self._report(outcome.error)
        error["advice"] = self._advice(outcome)
        error["missing_module"] = self._missing_module(outcome.error)
        error["doing"] = outcome.doing
        exception, error["by_value"] = self._pickle_exception(outcome.error)
        error["exception"] = None if exception is None else self._writer.add(exception)
        return {"status": "REFUSED" if type(outcome.error) is Refused else "ERR", "error": error}

    def _surroundings(self, payload: bytes) -> dict[str, Any]:
        """Write, once for a job, the facts that the submit side shows if it cannot unpickle a result."""
        if self._has_surroundings or _NAMES_SOMETHING not in payload:
            return {}
        self._has_surroundings = True
        from htmap_run.reports import surroundings

        told = json.dumps(surroundings.of_result(self.scratch))
        return {"surroundings": self._writer.add(told.encode("ascii"))}

    def _call(self, component: int, pickled_inputs: bytes, outcome: Outcome) -> None:
        if self._refusal is not None:
            raise self._refusal
        outcome.doing = "putting the input files in their places"
        self._place_files(component)
        outcome.doing = "unpickling the function"
        function = self._load_function()
        outcome.doing = "unpickling the inputs"
        args, kwargs = self._unpickle_inputs(component, pickled_inputs)
        outcome.doing = "running the function"
        result = function(*args, **kwargs)
        remaps.check(self.scratch)
        outcome.doing = "pickling the result"
        outcome.result_type = type(result).__qualname__
        outcome.payload, outcome.by_value = self._pickle_result(result)

    def _place_files(self, component: int) -> None:
        """Put the input files in their places, where the unpickled TransferPaths will point to."""
        entries = [*self._index.get("files", ()), *self._files.get(str(component), ())]
        if self._files or entries:
            from htmap_run.files.placing import place

            place(self.scratch, entries)

    def _load_function(self) -> Callable[..., Any]:
        """Unpickle the function once. If that fails, every component fails in the same way."""
        if self._load_error is not None:
            error, trace = self._load_error
            raise error.with_traceback(trace)
        if self._function is None:
            try:
                self._function = pickle.loads(self._pickled_function)  # a job exists to run its user's code
            except BaseException as error:
                self._load_error = error, error.__traceback__
                raise
        return self._function

    def _unpickle_inputs(self, component: int, payload: bytes) -> Any:
        if self._mismatched and component in self._with_code:
            raise Refused(
                f"the inputs of this component have code by value, and {handshake.mismatch(self._index)}",
                "With ALLOW_PYTHON_MISMATCH, functions and classes must be importable on both sides: move those in the inputs "
                "into a module that is installed on both.",
            )
        return pickle.loads(payload)  # written by the user's own map

    def _pickle_result(self, result: Any) -> tuple[bytes, bool]:
        payload, by_value = pickling.dumps(result)
        if self._mismatched and by_value:
            raise ResultCarriesCode(
                f"the result, a {type(result).__qualname__}, has code by value, which the submit side cannot run because its "
                "Python has another version"
            )
        return payload, by_value

    def _pickle_exception(self, error: BaseException) -> tuple[Optional[bytes], bool]:
        """Return the pickle of *error*, or None if it cannot be unpickled, as many cannot; and whether it has code by value."""
        if type(error) in (Refused, ResultCarriesCode):
            return None, False
        try:
            payload, by_value = pickling.dumps(error)
            if self._mismatched and by_value:
                return None, True
            again = pickle.loads(payload)  # pickled above
        except BaseException:  # the report has everything as text; the object is an extra
            return None, False
        return (payload if type(again) is type(error) else None), by_value

    def _report(self, error: BaseException) -> dict[str, Any]:
        from htmap_run.reports import report

        try:
            return report.describe(error, self.archive, self.scratch)
        except BaseException as failure:  # memory may be full; the component's error must still be reported
            return report.briefly(error, failure)

    def _missing_module(self, error: BaseException) -> Optional[str]:
        from htmap_run.reports import report

        return report.missing_module(error)

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
        return report.advice_on(outcome.error, outcome.doing)


# Reports show these names.
Refused.__module__ = ResultCarriesCode.__module__ = "htmap"
