"""What is known of components that have no result: as objects, and as exceptions to raise."""

from __future__ import annotations

import datetime
import linecache
import textwrap
import traceback
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Optional

import attrs

from htmap_core.components import ComponentStatus
from htmap_core.exceptions import ComponentProblem, MapComponentError, MapComponentHeld, MapComponentRemoved
from htmap_core.results import reports
from htmap_core.results.pickling import CannotUnpickle, unpickle_exception
from htmap_core.storage.tags import TaggedMap
from htmap_core.tracking.source import StateSource

_OURS = f"{Path(__file__).parents[1]}/"
_STDERR_TAIL = 2000  # bytes


@attrs.frozen(kw_only=True)
class ComponentError:
    """What a component experienced: an exception of the function, a refusal to run it, or an end without a result.

    :param map: the :class:`~htmap_core.maps.map.Map` that was asked for it.
    :param component: the component's index.
    :param exception_msg: the exception as text, such as ``ZeroDivisionError: division by zero``.
    :param node_info: name and address of the execute node, and when the component started there.
    :param python_info: path and version of the Python that ran it, and the packages installed there.
    :param scratch_dir_contents: the files in the job's scratch directory.
    :param stack_summary: the user's stack frames with the text of local variables, outermost first.
    :param exception: the exception itself, where it could travel.
    """

    map: Any = None
    component: int
    exception_msg: str
    node_info: tuple[Any, ...] = attrs.field(default=(), repr=False)
    python_info: tuple[Any, ...] = attrs.field(default=(), repr=False)
    scratch_dir_contents: list[PurePath] = attrs.field(factory=list, repr=False)
    stack_summary: traceback.StackSummary = attrs.field(factory=traceback.StackSummary, repr=False)
    exception: Optional[BaseException] = attrs.field(default=None, eq=False)
    _report: str = attrs.field(default="", repr=False)

    def report(self) -> str:
        """Return a report for people."""
        return self._report

    @classmethod
    def from_result(
        cls,
        tag: str,
        component: int,
        index: Mapping[str, Any],
        entry: Mapping[str, Any],
        exception: BaseException | None,
    ) -> ComponentError:
        """Return what a result file says of a component.

        :param index: what it says of the job.
        :param entry: what it says of the component.
        :param exception: the exception itself, where it could be unpickled.
        """
        host, runtime = index["host"], index["runtime"]
        error = {**entry["error"], "frames": [_with_line(frame) for frame in entry["error"].get("frames", ())]}
        started = datetime.datetime.fromtimestamp(entry["start"])
        return cls(
            component=component,
            exception_msg=error["text"],
            node_info=(host["name"], host["address"], started),
            python_info=(runtime["executable"], runtime["python"], tuple(error.get("packages", ()))),
            scratch_dir_contents=[PurePath(path) for path in error.get("scratch", ())],
            stack_summary=_stack(error["frames"]),
            exception=exception,
            report=reports.error_report(tag, component, index, {**entry, "error": error}),
        )

    @classmethod
    def without_result(cls, tag: str, component: int, note: str, stderr: str) -> ComponentError:
        """Return what is known of a component whose job ended without a result.

        :param note: how the job ended, as far as the event log knows.
        :param stderr: the end of what the job wrote to its standard error.
        """
        text = f"the job ended without a result: {note or 'the event log does not say why'}"
        report = reports.lost_report(tag, component, note, stderr)
        return cls(component=component, exception_msg=text, report=report)


class ErrorReader:
    """Reads what is known of the components of a map that have no result.

    :param states: what tells of their holds, and how their jobs ended.
    """

    def __init__(self, map: TaggedMap, states: StateSource) -> None:
        self._map = map
        self._map_dir = map.map_dir
        self._states = states

    def entry(self, component: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a component's result file says of the job, and of the component.

        :raises FileNotFoundError: there is none.
        """
        return self._map_dir.outputs.entry(self._map_dir.placement.job_of(component), component)

    def has_failed(self, component: int, status: ComponentStatus) -> bool:
        """Return whether a component has ended without a result; also where its function ended the job as if all were well."""
        if status is ComponentStatus.COMPLETED:
            return not self._map_dir.outputs.exists(self._map_dir.placement.job_of(component))
        return status.is_final

    def problem(self, component: int, status: ComponentStatus) -> ComponentProblem:
        """Return what stands in the way of a component's result, as an exception.

        :raises MapWasRemoved: the map was removed meanwhile.
        """
        self._map.check_existence()
        if (hold := self._states.hold(component)) is not None:
            return MapComponentHeld(self._map.tag, component, f"{hold}{self._last_words(component)}")
        if status is ComponentStatus.REMOVED:
            return MapComponentRemoved(self._map.tag, component, self._states.note(component))
        error = self.error(component, status)
        problem = MapComponentError(self._map.tag, component, error.report())
        problem.__cause__ = error.exception
        return problem

    def error(self, component: int, status: ComponentStatus) -> ComponentError:
        """Return what a component experienced that has failed.

        :raises MapWasRemoved: the map was removed meanwhile.
        """
        self._map.check_existence()
        try:
            index, entry = self.entry(component)
        except FileNotFoundError:
            note = self._states.note(component) or f"it is {status}, but nothing came back"
            return ComponentError.without_result(
                self._map.current_tag(), component, note, self._end_of_stderr(component)
            )
        exception = None
        if entry["error"].get("exception"):
            job = self._map_dir.placement.job_of(component)
            payload = self._map_dir.outputs.payload(job, entry["error"]["exception"])
            exception = unpickle_exception(payload, index["runtime"]["python"], entry["error"].get("by_value"))
        return ComponentError.from_result(self._map.current_tag(), component, index, entry, exception)

    def unreadable(self, component: int, problem: CannotUnpickle) -> ComponentError:
        """Return the error of a component that has a result, which cannot be made an object here."""
        index, entry = self.entry(component)
        around = self._map_dir.outputs.surroundings(self._map_dir.placement.job_of(component), index)
        error = {**around, "text": str(problem), "frames": _frames_here(problem.__cause__)}
        return ComponentError.from_result(self._map.current_tag(), component, index, {**entry, "error": error}, problem)

    def _last_words(self, component: int) -> str:
        """Return the end of what a held component's job wrote to its standard error, where it ran at all."""
        text = self._end_of_stderr(component).rstrip()
        return f"\nThe end of its standard error is\n{textwrap.indent(text, '  ')}" if text else ""

    def _end_of_stderr(self, component: int) -> str:
        return self._map_dir.outputs.tail(self._map_dir.placement.job_of(component), "stderr", _STDERR_TAIL)


def _frames_here(error: BaseException | None) -> list[dict[str, Any]]:
    """Return the frames of what was raised on this side, as those of result files, but for HTMap's own and without values."""
    found = traceback.extract_tb(error.__traceback__) if error is not None else []
    return [
        {"filename": frame.filename, "lineno": frame.lineno, "name": frame.name, "line": frame.line}
        for frame in found
        if not frame.filename.startswith(_OURS)
    ]


def _with_line(frame: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a frame with its line of source, which this side has where the execute side had no such file."""
    return (
        frame if frame.get("line") else {**frame, "line": linecache.getline(frame["filename"], frame["lineno"]).strip()}
    )


def _stack(frames: Any) -> traceback.StackSummary:
    summaries = []
    for frame in frames:
        summary = traceback.FrameSummary(
            frame["filename"], frame["lineno"], frame["name"], lookup_line=False, line=frame.get("line") or ""
        )
        summary.locals = dict(frame.get("locals") or {})
        summaries.append(summary)
    return traceback.StackSummary.from_list(summaries)
