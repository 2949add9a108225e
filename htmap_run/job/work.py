"""Unpickle, call, pickle: what one component does, with everything that may go wrong in it turned into a record."""

from __future__ import annotations

import json
import os
import pickle

from htmap_run import formats, handshake, pickling
from htmap_run.files import remaps
from htmap_run.handshake import Refused

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, Optional


# The opcode that asks for a class or function by its name: without it, a result is plain data, which every Python can unpickle.
# That it may be a byte of a number, too, does no harm.
_NAMES_SOMETHING = b"\x93"


class ResultCarriesCode(Exception):
    """A result holds a function or class by value, which the submit side's other Python could not run."""


class Outcome:
    """How the attempt at one component ended.

    :ivar payload: the pickled result, or None.
    :ivar by_value: whether code in it goes by value.
    :ivar error: what was raised instead, or None.
    :ivar doing: what the runner was doing when it was raised, as in "unpickling the function".
    :ivar result_type: the name of the result's type, where the function returned.
    """

    def __init__(self) -> None:
        self.payload: Optional[bytes] = None
        self.by_value = False
        self.error: Optional[BaseException] = None
        self.doing = ""
        self.result_type = ""


class Work:
    """The function and the inputs of one job.

    :param archive: where the runner itself is.
    :param scratch: the job's scratch directory.
    :param function: the file of the function.
    :param blocks: the files of the inputs.
    :param writer: where results go.
    :raises CorruptFile: where one of the files is damaged.
    :raises FileNotFoundError: where one of them is missing.
    """

    def __init__(
        self, archive: str, scratch: str, function: str, blocks: list[str], writer: formats.PackWriter
    ) -> None:
        self.archive = archive
        self.scratch = scratch
        self._writer = writer
        self._archive_file = open(archive, "rb")  # open as long as this process is
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
        """Run *component*.

        :raises ValueError: where the blocks of this job have no input for it.
        """
        if component not in self._inputs:
            raise ValueError(f"there is no input for component {component} in {', '.join(self._blocks)}")
        reader, place = self._inputs[component]
        pickled_inputs = reader.payload(*place)
        outcome = Outcome()
        try:
            self._call(component, pickled_inputs, outcome)
        except BaseException as error:  # sys.exit() and the like are that component's error, not the job's end
            outcome.error = error
        return outcome

    def keep(self, outcome: Outcome) -> dict[str, Any]:
        """Write the result, or the report of what was raised; return that part of the component's record."""
        self._restore_archive()
        kept = self._kept(outcome)
        self._writer.flush()  # a later component may end this process
        return kept

    def _restore_archive(self) -> None:
        """Put the archive back where the function has cleaned up behind itself: what describes errors is imported from it."""
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
        """Write, once for the job, what the submit side can tell where it is unable to unpickle a result."""
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
        """Put files in their places, and tell the TransferPaths that will be unpickled where they are."""
        entries = [*self._index.get("files", ()), *self._files.get(str(component), ())]
        if self._files or entries:
            from htmap_run.files.placing import place

            place(self.scratch, entries)

    def _load_function(self) -> Callable[..., Any]:
        """Unpickle the function once, and fail in the same way for every component where that fails."""
        if self._load_error is not None:
            error, trace = self._load_error
            raise error.with_traceback(trace)
        if self._function is None:
            try:
                self._function = pickle.loads(self._pickled_function)  # running the user's own code is the purpose
            except BaseException as error:
                self._load_error = error, error.__traceback__
                raise
        return self._function

    def _unpickle_inputs(self, component: int, payload: bytes) -> Any:
        if self._mismatched and component in self._with_code:
            raise Refused(
                f"the inputs of this component carry code by value, and {handshake.mismatch(self._index)}",
                "With ALLOW_PYTHON_MISMATCH only what can be imported on both sides may travel: move the functions and "
                "classes concerned into a module that is installed on both.",
            )
        return pickle.loads(payload)  # written by the user's own map

    def _pickle_result(self, result: Any) -> tuple[bytes, bool]:
        payload, by_value = pickling.dumps(result)
        if self._mismatched and by_value:
            raise ResultCarriesCode(
                f"the result, a {type(result).__qualname__}, carries code by value, which the other Python version of "
                "the submit side cannot run"
            )
        return payload, by_value

    def _pickle_exception(self, error: BaseException) -> tuple[Optional[bytes], bool]:
        """Return *error* pickled, and whether code in it goes by value; None where it could not be unpickled, as many."""
        if type(error) in (Refused, ResultCarriesCode):
            return None, False
        try:
            payload, by_value = pickling.dumps(error)
            if self._mismatched and by_value:
                return None, True
            again = pickle.loads(payload)  # pickled above
        except BaseException:  # the report has all of it as text; the object is an extra
            return None, False
        return (payload if type(again) is type(error) else None), by_value

    def _report(self, error: BaseException) -> dict[str, Any]:
        from htmap_run.reports import report

        try:
            return report.describe(error, self.archive, self.scratch)
        except BaseException as failure:  # out of memory, perhaps; the component's own error must be told all the same
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
                f"The function ran to its end, but its result, a {outcome.result_type}, cannot be sent back: return plain "
                "data (numbers, text, containers, arrays), not open files, locks, generators, connections or their owners."
            )
        return report.advice_on(outcome.error, outcome.doing)


# The names that reports show.
Refused.__module__ = ResultCarriesCode.__module__ = "htmap"
