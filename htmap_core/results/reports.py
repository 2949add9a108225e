"""Texts for people: reports on components that went wrong."""

from __future__ import annotations

import datetime
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from htmap_core.results import own_modules


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
    parts += [_block(f"The end of its {stream} is", text.splitlines()) for stream, text in tails.items() if text]
    if str(error.get("traceback")).count(_TRACEBACK) > 1:
        parts.append(_block("With its causes, as Python shows it:", str(error["traceback"]).splitlines()))
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
        parts.append(_block("The end of its standard error is", stderr.splitlines()))
    return _framed("error report", tag, component, parts)


def _while_unpickling(error: Mapping[str, Any]) -> bool:
    return str(error.get("doing")).startswith("unpickling")


_TRACEBACK = "Traceback (most recent call last)"


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
    return [*lines, *str(error["text"]).splitlines()]


def _block(title: str, lines: Iterable[str]) -> str:
    return title + "\n" + textwrap.indent("\n".join(lines), "  ")


def _framed(what: str, tag: str, component: int, parts: Iterable[str]) -> str:
    start = f"========== Start {what} for component {component} of map {tag} =========="
    end = f"========== End {what} for component {component} of map {tag} ==========".center(len(start), "=")
    return "\n".join([start, *("\n" + part for part in parts), "", end])
