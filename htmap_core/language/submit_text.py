"""Submit commands and their values as text: what may stand in a submit description, and how."""

from __future__ import annotations

import datetime
import math
import numbers
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Union

from htmap_core.exceptions import InvalidOption, ReservedOptionKeyword
from htmap_core.language.expressions import check_expression

REQUIREMENTS = "requirements"

OptionValue = Union[str, int, float, bool, "os.PathLike[str]", datetime.timedelta]

# What HTMap sets itself, also by HTCondor's other names for it: those of the submit language, and those of the attributes in
# the job's ad, which `MY.<name>` would write over.
RESERVED_COMMANDS = frozenset({
    "args",
    "arguments",
    "arguments2",
    "batch_name",
    "cmd",
    "component",
    "components",
    "err",
    "error",
    "executable",
    "htmapid",
    "htmapsubmission",
    "initial_dir",
    "initialdir",
    "ishtmapjob",
    "iwd",
    "job_iwd",
    "jobbatchname",
    "jobuniverse",
    "log",
    "out",
    "output",
    "should_transfer_files",
    "shouldtransferfiles",
    "stderr",
    "stdout",
    "submit_event_notes",
    "transfer_executable",
    "transfer_input_files",
    "transfer_output_files",
    "transfer_output_remaps",
    "transferexecutable",
    "transferinput",
    "transferoutput",
    "transferoutputremaps",
    "universe",
    "userlog",
    "when_to_transfer_output",
    "whentotransferoutput",
})  # fmt: skip

# Words that the submit language gives a meaning of their own at the beginning of a line.
_KEYWORDS = frozenset({"queue", "if", "elif", "else", "endif", "include", "use", "warning"})

_COMMAND = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Control characters but the tab, what else ends a line for Python, and what no encoding can hold.
_BREAKS_OUT = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def option_text(name: str, value: Any) -> str:
    """Return an option's value as HTCondor reads it.

    :param value: any of str, int, float, bool, path, and timedelta, which HTCondor counts in seconds.
    :raises InvalidOption: it is something else, text that would break out of its line, or requirements that would break out
        of their brackets.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    value = _number(name, value)
    if not isinstance(value, (str, int, float, os.PathLike)):
        kind = type(value).__name__
        raise InvalidOption(name, value, f"is a {kind}; it can be str, int, float, bool, a path or a timedelta")
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if not isinstance(text, str):
        raise InvalidOption(name, value, "is a path of bytes; use text")
    text = text.strip(" \t")
    if _BREAKS_OUT.search(text):
        raise InvalidOption(name, value, "has a line break or control character, which no submit description can hold")
    if text.endswith("\\"):
        raise InvalidOption(name, value, "ends in a backslash, which joins lines in a submit description")
    if name.casefold().endswith(REQUIREMENTS):
        check_expression(name, text)
    return text


def _number(name: str, value: Any) -> Any:
    """Return an option's value as a number of Python's own, where it is a number or a duration; else as it is."""
    if isinstance(value, datetime.timedelta):
        return math.ceil(value.total_seconds())
    if isinstance(value, numbers.Integral):
        return int(value)  # numpy's are as good as Python's
    if not isinstance(value, numbers.Real) or isinstance(value, numbers.Rational):
        return value
    if not math.isfinite(value):
        raise InvalidOption(name, value, "is no number that HTCondor could do anything with")
    return float(value)


def check_command(command: str) -> str:
    """Return *command* in lower case, which is then known to be a command that users and plugins may set.

    :raises ReservedOptionKeyword: HTMap itself sets it.
    :raises InvalidOption: it is no name, or a keyword of the submit language.
    """
    name = command.strip().casefold() if isinstance(command, str) else ""
    if name in RESERVED_COMMANDS:
        raise ReservedOptionKeyword(command)
    if name in _KEYWORDS or not _COMMAND.fullmatch(name):
        raise InvalidOption(str(command), "...", "is not the name of a submit command")
    return name


def check_attribute(name: str) -> str:
    """Return *name*, which is then known to be an attribute of the job's ad that users and plugins may set.

    :raises ReservedOptionKeyword: HTMap itself sets it.
    :raises InvalidOption: it is no name.
    """
    if name.casefold() in RESERVED_COMMANDS:
        raise ReservedOptionKeyword(f"MY.{name}")
    if not _ATTRIBUTE.fullmatch(name):
        raise InvalidOption(f"MY.{name}", "...", "the name of an attribute has letters, digits and '_' only")
    return name


def attribute_name(command: str) -> str | None:
    """Return what follows ``+`` or ``MY.`` in *command*; None where it has neither and so is a submit command."""
    name = command.strip() if isinstance(command, str) else ""
    if name.startswith("+"):
        return name[1:]
    return name[3:] if name[:3].casefold() == "my." else None


def submit_path(path: os.PathLike[str] | str) -> str:
    """Return *path* as it must be written in a submit description, where ``$`` begins a macro.

    Paths of users can have one::

        submit.add_input_file(submit_path(image))

    :raises InvalidOption: no submit description can hold it.

    Since 0.7.
    """
    return option_text("path", path).replace("$", "$(DOLLAR)")


def render(commands: Mapping[str, str], columns: Iterable[str], items: Path) -> str:
    """Return the text of a submit description that queues one job for each row of the file *items*."""
    lines = [f"{name} = {text}" for name, text in commands.items()]
    return "\n".join([*lines, f"queue {','.join(columns)} from {items}", ""])
