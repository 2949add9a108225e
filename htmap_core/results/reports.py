"""Texts for people: reports on components that went wrong."""

from __future__ import annotations

import datetime
import linecache
import os
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any

from htmap_core.results import own_modules
from htmap_core.storage.content.source_lines import SourceLines
from htmap_core.wording import counted, in_shell, printable

_WIDTH = 100  # characters
_LINES_OF_PACKAGES = 10
_HEADLINE = 300  # characters


def with_source(error: Mapping[str, Any], lines: SourceLines) -> dict[str, Any]:
    """Return the facts of an error with the user's paths and lines of source, which the execute node may not have.

    :param lines: those that were kept with the map. Others are looked up here in their file, if the execute side had none.
    """
    frames = [_with_line(frame, lines) for frame in error.get("frames", ())]
    related = [
        {**each, "frames": [_with_line(frame, lines) for frame in each["frames"]]} for each in error.get("related", ())
    ]
    with_lines = {**error, "frames": frames, "related": related}
    if "traceback" in error:
        with_lines["traceback"] = "\n".join(_traceback_with_lines(str(error["traceback"]), lines))
    return with_lines


def headline(error: Mapping[str, Any]) -> str:
    """Return an error in one line: ``ZeroDivisionError: division by zero, in bad, study.py line 3``."""
    text = _one_line(str(error["text"]), str(error.get("type", "")))[:_HEADLINE]
    frames = error.get("frames") or ()
    own = [frame for frame in frames if frame.get("is_own")] or frames
    if own:
        name = str(own[-1]["name"]).rpartition("<locals>.")[2]
        file = PurePath(own[-1]["filename"]).name
        text = f"{text}, in {name}, {file} line {own[-1]['lineno']}"
    return printable(text)


def error_report(tag: str, component: int, run: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Return the report on a component whose function raised an exception or was refused.

    :param run: the facts of the job's run in the file of results.
    :param record: the facts of the component in it.
    """
    error = record["error"]
    parts = [
        headline(error),
        *_what_happened(error),
        *_where_it_ran(run, record),
        _block("Scratch directory contents are", error.get("scratch", ())),
        _block("Installed packages are", _few(error.get("packages", ()), component)),
    ]
    return _framed("error report", tag, component, parts)


def short_report(tag: str, component: int, run: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Return the report as an exception shows it, which has the headline itself: files and packages are only counted."""
    error = record["error"]
    files = len(error.get("scratch", ()))
    place = [
        *_where_it_ran(run, record),
        f"Scratch directory contents are {counted(files, 'file')}",
        f"Installed packages are {len(error.get('packages', ()))}; `htmap errors {in_shell(tag)}` lists them, and the files",
    ]
    return _framed("error report", tag, component, [*_what_happened(error), "\n".join(place)])


def _what_happened(error: Mapping[str, Any]) -> list[str]:
    tails = error.get("tails", {})
    title = "What happened:" if tails else "Exception and traceback (most recent call last):"
    parts = [_block(title, _frames(error))]
    parts += [_block(f"The end of its {stream} is", _lines(text)) for stream, text in tails.items() if text]
    if _has_related(str(error.get("traceback"))):
        parts.append(_block("With its causes and members, as Python shows it:", _lines(str(error["traceback"]))))
    related = [each for each in error.get("related", ()) if any(frame.get("locals") for frame in each["frames"])]
    parts += [_block("A cause or member, with its local variables:", _frames(each)) for each in related]
    if error.get("advice"):
        parts.append(str(error["advice"]))
    if error.get("missing_module"):
        parts.append(own_modules.how_to_send(error["missing_module"], while_unpickling=_while_unpickling(error)))
    if error.get("missing_file"):
        parts.append(_how_to_send_file(error["missing_file"]))
    return parts


def _where_it_ran(run: Mapping[str, Any], record: Mapping[str, Any]) -> list[str]:
    host, runtime = run["host"], run["runtime"]
    started = datetime.datetime.fromtimestamp(record["start"]).isoformat(sep=" ")
    return [
        f"Landed on execute node {host['name']}{_in_brackets(host['address'])} at {started}",
        f"Python executable is {runtime['executable'] or 'unknown'} (version {runtime['python']})",
    ]


def lost_report(tag: str, component: int, note: str, stderr: str, words: Iterable[str] = ()) -> str:
    """Return the report on a component whose job ended without a result file.

    :param note: how the job ended, from the event log; may be empty.
    :param stderr: the end of the job's standard error.
    :param words: what the site's plugins have to say on that.
    """
    parts = [f"The job ended without a result: {note or 'the event log does not say why'}", *words]
    if stderr:
        parts.append(_block("The end of its standard error is", _lines(stderr)))
    return _framed("error report", tag, component, parts)


def _how_to_send_file(path: str) -> str:
    """Return advice for a file that a component did not find; one of that path that is here is probably the one meant."""
    whose = f"{path!r} is here" if os.path.isfile(path) else f"If {path!r} is a file of yours"
    return (
        f"A component runs in a directory of its own, which has what is sent along. {whose}: send it with the map,\n"
        f"    map_options=htmap.MapOptions(fixed_input_files=[{path!r}])\n"
        f"and open it there as {os.path.basename(path)!r}; or give the function htmap.TransferPath({path!r}) as an argument."
    )


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


def _with_line(frame: Mapping[str, Any], lines: SourceLines) -> Mapping[str, Any]:
    """Return a frame with its path and its line of source."""
    filename, lineno = frame["filename"], frame["lineno"]
    path, line = lines.path(filename), lines.line(filename, lineno)
    if line is not None:
        return {**frame, "filename": path, "line": line or None, "is_own": True}
    if frame.get("line") or not os.path.isfile(path):  # the execute side says what it likes: /dev/zero has no end
        return {**frame, "filename": path}
    return {**frame, "filename": path, "line": linecache.getline(path, lineno).strip()}


def _traceback_with_lines(traceback: str, lines: SourceLines) -> Iterator[str]:
    """Yield the lines of a traceback, and the lines of source that it lacks."""
    shown = traceback.split("\n")
    for text, following in zip(shown, [*shown[1:], ""]):
        yield text
        if frame := _FRAME.match(text):
            margin = f"{frame['margin']}  "
            line = lines.line(frame["filename"], int(frame["lineno"]))
            if line and not following.startswith(margin):
                yield margin + line


_FRAME = re.compile(r'(?P<margin>[ |]*)File "(?P<filename>.+)", line (?P<lineno>\d+), in ')


def _one_line(text: str, kind: str) -> str:
    """Return the line of an exception's text that names it. That of a SyntaxError has its file and line before."""
    name = kind.rpartition(".")[2]
    shown = text.strip().splitlines() or ["an unknown error"]
    return next((line for line in shown if name and re.match(rf"([\w.]+\.)?{re.escape(name)}\b", line)), shown[0])


def _few(packages: Iterable[str], component: int) -> list[str]:
    """Return packages in a few lines. Most installations fit; ``python_info`` of an error has all."""
    shown = list(packages)
    lines = textwrap.wrap(", ".join(map(printable, shown)), _WIDTH, break_long_words=False, break_on_hyphens=False)
    if len(lines) <= _LINES_OF_PACKAGES:
        return lines
    kept = lines[:_LINES_OF_PACKAGES]
    more = len(shown) - sum(line.count(",") for line in kept)
    return [*kept, f"... and {more} more; `map.get_err({component}).python_info` has all"]


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
