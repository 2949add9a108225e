"""Texts for people: reports on components that went wrong."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from htmap_core.results import own_modules
from htmap_core.wording import printable


def error_report(tag: str, component: int, run: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Return the report on a component whose function raised an exception or was refused.

    :param run: the facts of the job's run in the file of results.
    :param record: the facts of the component in it.
    """
    host, runtime, error = run["host"], run["runtime"], record["error"]
    started = datetime.datetime.fromtimestamp(record["start"]).isoformat(sep=" ")
    parts = [
        f"Landed on execute node {host['name']}{_in_brackets(host['address'])} at {started}",
        f"Python executable is {runtime['executable'] or 'unknown'} (version {runtime['python']})",
        _block("with installed packages", error.get("packages", ())),
        _block("Scratch directory contents are", error.get("scratch", ())),
        _block(
            "What happened:" if error.get("tails") else "Exception and traceback (most recent call last):",
            _frames(error),
        ),
    ]
    tails = error.get("tails", {})
    parts += [_block(f"The end of its {stream} is", _lines(text)) for stream, text in tails.items() if text]
    if _has_related(str(error.get("traceback"))):
        parts.append(_block("With its causes and members, as Python shows it:", _lines(str(error["traceback"]))))
    related = [each for each in error.get("related", ()) if any(frame.get("locals") for frame in each["frames"])]
    parts += [_block("A cause or member, with its local variables:", _frames(each)) for each in related]
    if error.get("advice"):
        parts.append(str(error["advice"]))
    if error.get("missing_module"):
        parts.append(own_modules.how_to_send(error["missing_module"], while_unpickling=_while_unpickling(error)))
    return _framed("error report", tag, component, parts)


def lost_report(tag: str, component: int, note: str, stderr: str) -> str:
    """Return the report on a component whose job ended without a result file.

    :param note: how the job ended, from the event log; may be empty.
    :param stderr: the end of the job's standard error.
    """
    parts = [f"The job ended without a result: {note or 'the event log does not say why'}"]
    if stderr:
        parts.append(_block("The end of its standard error is", _lines(stderr)))
    return _framed("error report", tag, component, parts)


def _while_unpickling(error: Mapping[str, Any]) -> bool:
    return str(error.get("doing")).startswith("unpickling")


def _has_related(traceback: str) -> bool:
    """Return whether a traceback has more than one exception: causes, or members of a group, which may never have been raised."""
    return traceback.count(_TRACEBACK) > 1 or any(text in traceback for text in _OF_RELATED)


_TRACEBACK = "Traceback (most recent call last)"
_OF_RELATED = (
    f"Exception Group {_TRACEBACK}",
    "\nThe above exception was the direct cause of the following exception:",
    "\nDuring handling of the above exception, another exception occurred:",
)


def _in_brackets(text: str | None) -> str:
    return f" ({text})" if text else ""


def _frames(error: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for frame in error.get("frames", ()):
        lines.append(f'File "{frame["filename"]}", line {frame["lineno"]}, in {frame["name"]}')
        lines += [f"  {frame['line']}", ""] if frame.get("line") else [""]
        if frame.get("locals"):
            lines.append("  Local variables:")
            lines += [f"    {name} = {text}" for name, text in frame["locals"].items()]
            lines.append("")
    return [*lines, *_lines(str(error["text"]))]


def _lines(text: str) -> list[str]:
    """Return the lines of a text as a terminal shows them; Python itself knows more ends of lines."""
    return printable(text).splitlines()


def _block(title: str, lines: Iterable[str]) -> str:
    return title + "\n" + textwrap.indent("\n".join(lines), "  ")


def _framed(what: str, tag: str, component: int, parts: Iterable[str]) -> str:
    start = f"========== Start {what} for component {component} of map {tag} =========="
    end = f"========== End {what} for component {component} of map {tag} ==========".center(len(start), "=")
    return printable("\n".join([start, *("\n" + part for part in parts), "", end]))
