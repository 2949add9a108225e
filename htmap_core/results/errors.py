"""What is known of a component that failed, as an object."""

from __future__ import annotations

import datetime
import linecache
import traceback
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Optional

import attrs

from htmap_core.results import reports

if TYPE_CHECKING:
    from htmap_core.maps.map_view import MapView


_OURS = f"{Path(__file__).parent}/"


@attrs.frozen(kw_only=True)
class ComponentError:
    """What a component experienced: an exception of the function, a refusal to run it, or an end without a result.

    :param map: the map.
    :param component: the component's index.
    :param exception_msg: the exception as text, such as ``ZeroDivisionError: division by zero``.
    :param node_info: name and address of the execute node, and when the component started there.
    :param python_info: path and version of the Python that ran it, and the packages installed there.
    :param scratch_dir_contents: the files in the job's scratch directory.
    :param stack_summary: the user's stack frames with the text of local variables, outermost first.
    :param exception: the exception itself, where it could travel.
    """

    map: MapView
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
        map: MapView,  # noqa: A002 -- as the attribute is called
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
        started = datetime.datetime.fromtimestamp(entry["start"])  # noqa: DTZ006 -- for people, here
        return cls(
            map=map,
            component=component,
            exception_msg=error["text"],
            node_info=(host["name"], host["address"], started),
            python_info=(runtime["executable"], runtime["python"], tuple(error.get("packages", ()))),
            scratch_dir_contents=[PurePath(path) for path in error.get("scratch", ())],
            stack_summary=_stack(error["frames"]),
            exception=exception,
            report=reports.error_report(map.tag, component, index, {**entry, "error": error}),
        )

    @classmethod
    def without_result(cls, map: MapView, component: int, note: str, stderr: str) -> ComponentError:  # noqa: A002 -- as above
        """Return what is known of a component whose job ended without a result.

        :param note: how the job ended, as far as the event log knows.
        :param stderr: the end of what the job wrote to its standard error.
        """
        text = f"the job ended without a result: {note or 'the event log does not say why'}"
        report = reports.lost_report(map.tag, component, note, stderr)
        return cls(map=map, component=component, exception_msg=text, report=report)


def frames_here(error: BaseException | None) -> list[dict[str, Any]]:
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
