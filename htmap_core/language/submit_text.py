"""Submit commands and their values as text for a submit description."""

from __future__ import annotations

import datetime
import functools
import math
import numbers
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Union

from htmap_core.exceptions import InvalidOption, ReservedOptionKeyword
from htmap_core.language.environment_text import environment_text
from htmap_core.language.expressions import check_expression
from htmap_core.language.literals import is_writable, literal

REQUIREMENTS = "requirements"
ENVIRONMENT = frozenset({"environment", "env"})  # whose values may be mappings

OptionValue = Union[str, int, float, bool, "os.PathLike[str]", datetime.timedelta]

# The commands that HTMap itself sets, with HTCondor's other names for them: those of the submit language, and those of the
# job's attributes, which `MY.<name>` would replace.
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
    "log_xml",
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
    "userlogusexml",
    "when_to_transfer_output",
    "whentotransferoutput",
})  # fmt: skip

# Words that begin statements of the submit language.
_KEYWORDS = frozenset({"queue", "if", "elif", "else", "endif", "include", "use", "warning"})

_COMMAND = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Control characters except the tab, other line ends for Python, and surrogates, which no encoding can hold.
_BREAKS_OUT = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def option_text(name: str, value: Any) -> str:
    """Return an option's value as text for a submit description.

    :param value: a str, int, float, bool, path or timedelta; a timedelta becomes seconds. For the environment also a mapping.
    :raises InvalidOption: the value has another type, is text that would break out of its line, or is an expression for
        ``requirements`` that would break out of its brackets.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping) and name.strip().casefold() in ENVIRONMENT:
        value = environment_text(name, value)
    value = _number(name, value)
    if not isinstance(value, (str, int, float, os.PathLike)):
        kind = type(value).__name__
        raise InvalidOption(name, value, f"must be a str, int, float, bool, path or timedelta, not {kind}")
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if not isinstance(text, str):
        raise InvalidOption(name, value, "must be a path of text, not of bytes")
    text = text.strip(" \t")
    if _BREAKS_OUT.search(text):
        raise InvalidOption(name, value, "has a line break or control character, which no submit description can hold")
    if text.endswith("\\"):
        raise InvalidOption(name, value, "ends in a backslash, which joins lines in a submit description")
    if name.casefold().endswith(REQUIREMENTS):
        check_expression(name, text)
    return text


def _number(name: str, value: Any) -> Any:
    """Return a number or duration as an int or float, and any other value as it is."""
    if isinstance(value, datetime.timedelta):
        return math.ceil(value.total_seconds())
    if isinstance(value, numbers.Integral):
        return int(value)  # also for numpy's integers
    if not isinstance(value, numbers.Real) or isinstance(value, numbers.Rational):
        return value
    if not math.isfinite(value):
        raise InvalidOption(name, value, "must be a finite number")
    return float(value)


def check_command(command: str) -> str:
    """Return *command* in lower case if users and plugins may set it.

    :raises ReservedOptionKeyword: HTMap itself sets it.
    :raises InvalidOption: it is not the name of a command, or is a keyword of the submit language.
    """
    name = command.strip().casefold() if isinstance(command, str) else ""
    if name in RESERVED_COMMANDS:
        raise ReservedOptionKeyword(command)
    if name in _KEYWORDS or not _COMMAND.fullmatch(name):
        raise InvalidOption(str(command), "...", "is not the name of a submit command")
    return name


def check_attribute(name: str) -> str:
    """Return *name* if users and plugins may set this attribute of the job's ad.

    :raises ReservedOptionKeyword: HTMap itself sets it.
    :raises InvalidOption: it is not the name of an attribute.
    """
    if name.casefold() in RESERVED_COMMANDS:
        raise ReservedOptionKeyword(f"MY.{name}")
    if not _ATTRIBUTE.fullmatch(name):
        raise InvalidOption(f"MY.{name}", "...", "the name of an attribute can have only letters, digits and '_'")
    return name


def attribute_name(command: str) -> str | None:
    """Return the attribute's name behind ``+`` or ``MY.`` in *command*; None for a submit command, which has neither."""
    name = command.strip() if isinstance(command, str) else ""
    if name.startswith("+"):
        return name[1:]
    return name[3:] if name[:3].casefold() == "my." else None


@functools.lru_cache(maxsize=1024)
def in_common(name: str) -> str:
    """Return what the names have in common of a command, and of the attribute that HTCondor makes of it.

    Where both are set, the attribute wins, whoever has set it. ::

        assert in_common("accounting_group") == in_common("MY.AccountingGroup") == in_common("+accountinggroup")
    """
    attribute = attribute_name(name)
    folded = (attribute or name).strip().casefold().replace("_", "")
    return folded if attribute else _MADE_OF.get(folded, folded)


# The attributes that HTCondor does not call as the command that it makes them of.
_MADE_OF = {
    "env": "environment",
    "leaveinqueue": "leavejobinqueue",
    "notification": "jobnotification",
    "prio": "jobprio",
    "priority": "jobprio",
}


def submit_path(path: os.PathLike[str] | str) -> str:
    """Return *path* as text for a submit description, where ``$`` can begin a macro.

    Paths of users can have a ``$``::

        submit.add_input_file(submit_path(image))

    :raises InvalidOption: no submit description can hold it.

    Since 0.7.
    """
    text = option_text("path", path)
    if text != os.fspath(path):
        raise InvalidOption("path", path, "has outer blanks, which a submit description cannot hold")
    return literal("path", text)


def why_unusable(folder: os.PathLike[str] | str) -> str | None:
    """Return why HTCondor cannot be told of the files in a folder of the submit side; None if it can."""
    try:
        text = submit_path(folder)
    except InvalidOption as error:
        return error.reason
    if "|" in text:
        return "has a |, which HTCondor takes for a program whose output it should read"
    return "has a backslash beside a slash or another one, and HTCondor leaves it out" if _LOST.search(text) else None


_LOST = re.compile(r"\\[\\/]|/\\")


def batch_name(tag: str) -> str:
    """Return the name that a map's jobs have in ``condor_q``: its tag, with other letters for what HTCondor would replace."""
    return tag if is_writable(tag) else tag.replace("$", "_")


def render(commands: Mapping[str, str], columns: Iterable[str], items: Path) -> str:
    """Return a submit description that queues one job for each row of the file *items*."""
    lines = [f"{name} = {text}" for name, text in commands.items()]
    return "\n".join([*lines, f"queue {','.join(columns)} from {submit_path(items)}", ""])
