"""The errors of components: as objects, and as exceptions to raise."""

from __future__ import annotations

import datetime
import textwrap
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, Union

import attrs

from htmap_core import tracebacks
from htmap_core.components import ComponentStatus
from htmap_core.display.view import Section, Shown
from htmap_core.exceptions import (
    ComponentProblem,
    CorruptMap,
    MadeByNewerHTMap,
    MapComponentError,
    MapComponentHeld,
    MapComponentRemoved,
)
from htmap_core.results import reports
from htmap_core.results.unpickling.payloads import CannotUnpickle, PickledException
from htmap_core.storage.content.returned import Returned
from htmap_core.storage.content.source_lines import SourceLines
from htmap_core.storage.tags import TaggedMap
from htmap_core.tracking import holds
from htmap_core.tracking.site_words import SiteSays
from htmap_core.tracking.source import StateSource
from htmap_core.wording import in_shell, printable

_OURS = f"{Path(__file__).parents[1]}/"
_STDERR_TAIL = 2000  # bytes
_NO_LINES = SourceLines()


@attrs.frozen(kw_only=True)
class ComponentError(Shown):
    """The error of a component: an exception in the function, a refusal to run it, or an end without a result.

    ``Map.get_err`` and ``Map.errors`` return errors. Since 0.6 or earlier::

        mapped = htmap.map(lambda x: 1 / x, [0])
        print(mapped.get_err(0))  # ZeroDivisionError: division by zero, in <lambda>, study.py line 2

    :param map: the :class:`~htmap_core.maps.map.Map` that returned the error.
    :param component: the component's index.
    :param exception_msg: the exception as text, such as ``ZeroDivisionError: division by zero``.
    :param node_info: the name and address of the execute node, and the time when the component started there.
    :param python_info: the path and version of the Python that ran the component, and the packages installed there.
    :param scratch_dir_contents: the files in the job's scratch directory.
    :param stack_summary: the user's stack frames with the values of local variables as text, outermost first.
    :param short_report: the report with the numbers of files and packages in place of their names.
    :param related: text and stack of each cause, context and member of the exception, and of theirs.
    """

    map: Any = None
    component: int
    exception_msg: str
    node_info: tuple[Any, ...] = attrs.field(default=(), repr=False)
    python_info: tuple[Any, ...] = attrs.field(default=(), repr=False)
    scratch_dir_contents: list[PurePath] = attrs.field(factory=list, repr=False)
    stack_summary: traceback.StackSummary = attrs.field(factory=traceback.StackSummary, repr=False)
    related: tuple[tuple[str, traceback.StackSummary], ...] = attrs.field(default=(), repr=False)
    _exception: Union[BaseException, PickledException, None] = attrs.field(default=None, eq=False, repr=False)
    _report: str = attrs.field(default="", repr=False)
    _headline: str = attrs.field(default="", repr=False)
    short_report: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        """Return one line: the exception, and where the user's code raised it."""
        return self._headline

    @property
    def exception(self) -> BaseException | None:
        """The exception itself; None if it could not be pickled there or unpickled here.

        The first use unpickles it, which can run code from the execute side. Nothing else of an error does. Its traceback has the
        frames of ``stack_summary``.
        """
        found = self._exception
        if isinstance(found, PickledException):
            found = found.unpickled()
            if found is not None and found.__traceback__ is None:  # no pickle has one
                BaseException.with_traceback(found, tracebacks.made_of(self.stack_summary))  # some classes are frozen
        return found

    def _view(self) -> Iterator[Section]:
        """Return the user's exception first."""
        yield Section(str(self))
        where = f"component {self.component}{'' if self.map is None else f' of map {self.map.tag}'}"
        on = f", on {self.node_info[0]}" if self.node_info else ""
        yield Section(f"{where}{on}; print(error.report()) shows the traceback with local variables")

    def report(self) -> str:
        """Return the whole report, for people."""
        return self._report

    @classmethod
    def from_result(
        cls,
        tag: str,
        component: int,
        run: Mapping[str, Any],
        record: Mapping[str, Any],
        exception: BaseException | PickledException | None,
        lines: SourceLines = _NO_LINES,
    ) -> ComponentError:
        """Return the error that a result file has.

        :param run: the facts of the job's run in the file.
        :param record: the facts of the component in the file.
        :param exception: the exception itself, if it could be pickled.
        :param lines: the lines of source of the map's functions.
        """
        host, runtime = run["host"], run["runtime"]
        error = reports.with_source(record["error"], lines)
        return cls(
            component=component,
            exception_msg=error["text"],
            node_info=(host["name"], host["address"], datetime.datetime.fromtimestamp(record["start"])),
            python_info=(runtime["executable"], runtime["python"], tuple(error.get("packages", ()))),
            scratch_dir_contents=[PurePath(path) for path in error.get("scratch", ())],
            stack_summary=_stack(error["frames"]),
            related=tuple((each["text"], _stack(each["frames"])) for each in error["related"]),
            exception=exception,
            report=reports.error_report(tag, component, run, {**record, "error": error}),
            headline=reports.headline(error),
            short_report=reports.short_report(tag, component, run, {**record, "error": error}),
        )

    @classmethod
    def without_result(
        cls, tag: str, component: int, note: str, stderr: str, words: Sequence[str] = ()
    ) -> ComponentError:
        """Return the error of a component whose job ended without a result.

        :param note: how the job ended, from the event log; may be empty.
        :param stderr: the end of the job's standard error.
        :param words: what the site's plugins have to say on that.
        """
        text = f"the job ended without a result: {note or 'the event log does not say why'}"
        report = reports.lost_report(tag, component, note, stderr, words)
        return cls(component=component, exception_msg=text, report=report, headline=reports.headline({"text": text}))


def failure(tag: str, error: ComponentError) -> MapComponentError:
    """Return the exception that tells of an error where a result was asked for."""
    raised = tracebacks.as_shown(error.stack_summary, error.exception_msg)
    return MapComponentError(tag, error.component, error.report(), str(error), raised, error.short_report)


class ErrorReader:
    """Reads the errors of a map's components.

    :param states: the source of their holds, and of how their jobs ended.
    :param site: what the map's site has to say on holds and removals.
    """

    def __init__(self, map: TaggedMap, states: StateSource, site: SiteSays) -> None:
        self._map = map
        self._map_dir = map.map_dir
        self._states = states
        self._known_lines: dict[int, SourceLines] = {}  # of each portion, by its submission
        self._site = site

    def returned(self, component: int) -> Returned:
        """Return what the latest job of a component has returned, or what has come of the component before the end of its job.

        :raises FileNotFoundError: nothing has come.
        """
        return self._map_dir.outputs.open_for(self._map_dir.placement.job_of(component), component)

    def has_failed(self, component: int, status: ComponentStatus) -> bool:
        """Return whether a component has ended without a result.

        That includes a function that ended the process with exit code 0: its job is COMPLETED, but there is no result file.
        """
        if status is ComponentStatus.COMPLETED:
            return not self._map_dir.outputs.exists(self._map_dir.placement.job_of(component))
        return status.is_final

    def problem(self, component: int, status: ComponentStatus, *, with_cause: bool = False) -> ComponentProblem:
        """Return the reason why a component has no result, as an exception.

        :param with_cause: whether its cause is the original exception, which then is unpickled.
        :raises MapWasRemoved: the map was removed meanwhile.
        """
        self._map.check_existence()
        if (hold := self._states.hold(component)) is not None:
            report, advice = f"{hold}{self._last_words(component)}", holds.advice(hold, self._map.tag)
            words = self._site.on_hold(hold)
            return MapComponentHeld(self._map.tag, component, report, hold.code, hold.subcode, advice, words)
        if status is ComponentStatus.REMOVED:
            note = self._states.note(component)
            return MapComponentRemoved(self._map.tag, component, note, self._site.on_removal(note))
        error = self.error(component, status)
        problem = failure(self._map.tag, error)
        if with_cause:
            problem.__cause__ = error.exception
        return problem

    def error(self, component: int, status: ComponentStatus) -> ComponentError:
        """Return the error of a component that has failed.

        :raises MapWasRemoved: the map was removed meanwhile.
        """
        self._map.check_existence()
        returned = self._ended(component, status)
        if returned is None:
            note = self._states.note(component)
            words = self._site.on_removal(note) if status is ComponentStatus.REMOVED else ()
            tag, stderr = self._map.current_tag(), self._end_of_stderr(component)
            how = note or f"it is {status}, but nothing came back: `htmap rerun components {in_shell(tag)} {component}`"
            return ComponentError.without_result(tag, component, how, stderr, words)
        record, run = returned.record(component), returned.run(component)
        exception = None
        if payload := returned.exception(component):
            exception = PickledException(payload, run["runtime"]["python"], record["error"].get("by_value"))
        return ComponentError.from_result(
            self._map.current_tag(), component, run, record, exception, self._lines(component)
        )

    def _lines(self, component: int) -> SourceLines:
        number = self._map_dir.placement.portion_of(component).submission
        if number not in self._known_lines:
            self._known_lines[number] = self._read_lines(number)
        return self._known_lines[number]

    def _read_lines(self, submission: int) -> SourceLines:
        try:
            return self._map_dir.files_of(submission).source_lines
        except (CorruptMap, MadeByNewerHTMap):  # `htmap doctor` tells it; an error can be understood without
            return _NO_LINES

    def in_a_line(self, component: int, status: ComponentStatus) -> str:
        """Return in one line why a component is held, was removed or has failed. Its pickled exception is not even read."""
        if (hold := self._states.hold(component)) is not None:
            return str(hold)
        if status is ComponentStatus.REMOVED:
            return printable(self._states.note(component) or "removed from the queue")
        returned = self._ended(component, status)
        if returned is None:
            return printable(self._states.note(component) or "nothing came back")
        return reports.headline(reports.with_source(returned.record(component)["error"], self._lines(component)))

    def _ended(self, component: int, status: ComponentStatus) -> Returned | None:
        """Return what came back of a component; None if its job could not finish, or returned nothing."""
        try:
            returned = self.returned(component)
        except FileNotFoundError:
            return None
        if component not in returned.statuses:
            could_not_finish = status is not ComponentStatus.COMPLETED and self._states.note(component)
            return None if could_not_finish else returned
        return returned if "error" in returned.record(component) else None  # it has run again since it failed

    def damaged(self, component: int, damage: CorruptMap | MadeByNewerHTMap) -> ComponentError:
        """Return the error of a component whose results cannot be read, for a list of errors that goes on."""
        return ComponentError.without_result(self._map.current_tag(), component, str(damage), "")

    def unreadable(self, component: int, problem: CannotUnpickle) -> ComponentError:
        """Return the error of a component whose result cannot be unpickled here."""
        returned = self.returned(component)
        error = {**returned.surroundings(component), "text": str(problem), "frames": _frames_here(problem.__cause__)}
        record = {**returned.record(component), "error": error}
        return ComponentError.from_result(self._map.current_tag(), component, returned.run(component), record, problem)

    def _last_words(self, component: int) -> str:
        """Return the end of the standard error of a held component's job; an empty text if it never ran."""
        text = printable(self._end_of_stderr(component)).rstrip()
        return f"\nThe end of its standard error is\n{textwrap.indent(text, '  ')}" if text else ""

    def _end_of_stderr(self, component: int) -> str:
        job = self._map_dir.placement.job_of(component)
        return (self._map_dir.outputs.last_words(job, "stderr", _STDERR_TAIL) or b"").decode(errors="replace")


def _frames_here(error: BaseException | None) -> list[dict[str, Any]]:
    """Return the frames of an exception on the submit side, as result files have them: without HTMap's own and without values."""
    found = traceback.extract_tb(error.__traceback__) if error is not None else []
    return [
        {"filename": frame.filename, "lineno": frame.lineno, "name": frame.name, "line": frame.line}
        for frame in found
        if not frame.filename.startswith(_OURS)
    ]


def _stack(frames: Any) -> traceback.StackSummary:
    summaries = []
    for frame in frames:
        summary = traceback.FrameSummary(
            frame["filename"], frame["lineno"], frame["name"], lookup_line=False, line=frame.get("line") or ""
        )
        summary.locals = dict(frame.get("locals") or {})
        summaries.append(summary)
    return traceback.StackSummary.from_list(summaries)
