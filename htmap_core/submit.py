"""The submit description of a map, as plugins may edit it, and the text that HTCondor gets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Union

import attrs

from htmap_core.exceptions import InvalidOption, ReservedOptionKeyword, SubmitConflict
from htmap_core.names import RUNTIME

REQUIREMENTS = "requirements"

OptionValue = Union[str, int, float, bool, "os.PathLike[str]"]

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
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")

# Control characters but the tab, what else ends a line for Python, and what no encoding can hold.
_BREAKS_OUT = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _check_text(_: object, attribute: attrs.Attribute[str], text: str) -> None:
    option_text(attribute.name, text)


@attrs.define
class SubmitDescription:
    """What will be submitted, as far as delivery methods, protocols and sites have a say.

    What HTMap itself needs (arguments, log, outputs and the like) is not in it and cannot be set. Nothing here looks at the
    pool: a value that HTCondor does not like is refused when the map is submitted.
    """

    universe: str = attrs.field(default="vanilla", validator=_check_text)
    executable: str = attrs.field(default=RUNTIME, validator=_check_text)
    transfer_executable: bool = True
    _commands: dict[str, str] = attrs.field(factory=dict)
    _attributes: dict[str, str] = attrs.field(factory=dict)
    _requirements: list[str] = attrs.field(factory=list)
    _input_files: list[str] = attrs.field(factory=list)
    _transfer_plugins: dict[str, str] = attrs.field(factory=dict)

    def set(self, command: str, value: OptionValue) -> None:
        """Set a submit command.

        ``requirements`` are combined with those that others want; ``+Name`` and ``MY.Name`` set an attribute of the job.

        :raises SubmitConflict: the command already has another value.
        :raises ReservedOptionKeyword: HTMap itself sets this command.
        :raises InvalidOption: the name or the value cannot stand in a submit description.
        """
        if (attribute := attribute_name(command)) is not None:
            self.set_attribute(attribute, value)
            return
        name, text = check_command(command), option_text(command, value)
        if name == REQUIREMENTS:
            self.require(text)
            return
        present = self._commands.setdefault(name, text)
        if present != text:
            raise SubmitConflict(name, present, text)

    def set_default(self, command: str, value: OptionValue) -> None:
        """Set a submit command unless it has a value already: the user's wins. Otherwise as :meth:`set`."""
        if not self.has(command):
            self.set(command, value)

    def has(self, command: str) -> bool:
        """Return whether a command, or with ``+`` or ``MY.`` in front an attribute, is set."""
        return self.get(command) is not None

    def get(self, command: str) -> str | None:
        """Return what a command, or with ``+`` or ``MY.`` in front an attribute, is set to; None where it is not set."""
        name = command.strip().casefold()
        if (attribute := attribute_name(name)) is not None:
            return next((text for known, text in self._attributes.items() if known.casefold() == attribute), None)
        return self.requirements if name == REQUIREMENTS else self._commands.get(name)

    def set_attribute(self, name: str, expression: OptionValue) -> None:
        """Set an attribute of the job's ad, as ``MY.<name> = <expression>``; text needs its own double quotes.

        :raises SubmitConflict: the attribute already has another value.
        :raises ReservedOptionKeyword: HTMap itself sets this attribute.
        :raises InvalidOption: the name or the expression cannot stand in a submit description.
        """
        check_attribute(name)
        text = option_text(f"MY.{name}", expression)
        if name.casefold() == REQUIREMENTS:  # the attribute would write over everybody's requirements
            self.require(text)
            return
        spelt = next((known for known in self._attributes if known.casefold() == name.casefold()), name)
        present = self._attributes.setdefault(spelt, text)
        if present != text:
            raise SubmitConflict(f"MY.{name}", present, text)

    def require(self, expression: str) -> None:
        """Add a ClassAd expression that a slot must satisfy, besides all others."""
        text = option_text(REQUIREMENTS, expression)
        if text and text not in self._requirements:
            self._requirements.append(text)

    def add_input_file(self, path_or_url: OptionValue) -> None:
        """Send a file, a folder, or what a URL names, along with every job.

        :raises InvalidOption: the path is empty, or has a comma or outer blanks, which HTCondor cannot transfer.
        """
        text = option_text("transfer_input_files", path_or_url)
        if not text or "," in text or text != str(path_or_url):
            raise InvalidOption(
                "transfer_input_files", path_or_url, "HTCondor cannot transfer a path with a comma or outer blanks"
            )
        if text not in self._input_files:
            self._input_files.append(text)

    def add_transfer_plugin(self, scheme: str, script: Path) -> None:
        """Send an HTCondor file transfer plugin along with every job, for URLs of *scheme*.

        :raises SubmitConflict: another script already serves the scheme.
        :raises InvalidOption: the scheme is none, or the script's path has what separates one script from the next.
        """
        text = option_text("transfer_plugins", script)
        if not _SCHEME.fullmatch(scheme.lower()) or not text or any(c in text for c in ";,="):
            raise InvalidOption("transfer_plugins", f"{scheme}={text}", "is not a URL scheme and a path without ; , =")
        present = self._transfer_plugins.setdefault(scheme.lower(), text)
        if present != text:
            raise SubmitConflict(f"transfer_plugins for {scheme}", present, text)

    def set_universe(self, universe: str) -> None:
        """Set the universe that jobs run in.

        :raises SubmitConflict: another one than ``vanilla`` is set already.
        """
        text = option_text("universe", universe).lower()
        if self.universe not in {"vanilla", text}:
            raise SubmitConflict("universe", self.universe, text)
        self.universe = text

    def launch_with(self, executable: OptionValue, *, transfer: bool) -> None:
        """Start the runtime archive with *executable*, which gets its name and its arguments, instead of by itself.

        :param executable: a program or script that ends by running the archive named by its first argument.
        :param transfer: whether it is a file of the submit side that travels with the job, or one that is on the execute node.
        :raises SubmitConflict: something else starts the archive already.
        """
        text = option_text("executable", executable)
        if self.executable not in {RUNTIME, text}:
            raise SubmitConflict("executable", self.executable, text)
        self.executable, self.transfer_executable = text, transfer

    @property
    def requirements(self) -> str | None:
        """All requirements, and-ed; None where there are none."""
        if len(self._requirements) == 1:
            return self._requirements[0]
        return " && ".join(f"({each})" for each in self._requirements) or None

    @property
    def input_files(self) -> tuple[str, ...]:
        """The files that go along with every job, besides HTMap's own."""
        return tuple(self._input_files)

    @property
    def transfer_plugins(self) -> Mapping[str, str]:
        """The file transfer plugins that go along, by scheme."""
        return dict(self._transfer_plugins)

    def commands(self) -> dict[str, str]:
        """Return all that was set, as submit commands; HTMap adds its own to it."""
        described = dict(self._commands)
        if self.requirements:
            described["requirements"] = self.requirements
        described.update({f"MY.{name}": text for name, text in self._attributes.items()})
        return described


def option_text(name: str, value: Any) -> str:
    """Return an option's value as HTCondor reads it.

    :param value: any of str, int, float, bool and path.
    :raises InvalidOption: it is something else, or text that would break out of its line.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float, os.PathLike)):
        raise InvalidOption(name, value, f"is a {type(value).__name__}; it can be str, int, float, bool or a path")
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    if not isinstance(text, str):
        raise InvalidOption(name, value, "is a path of bytes; use text")
    text = text.strip(" \t")
    if _BREAKS_OUT.search(text):
        raise InvalidOption(name, value, "has a line break or control character, which no submit description can hold")
    if text.endswith("\\"):
        raise InvalidOption(name, value, "ends in a backslash, which joins lines in a submit description")
    return text


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
    """Return *path* as it must be written in a submit description, where ``$`` begins a macro."""
    return option_text("path", path).replace("$", "$(DOLLAR)")


def render(commands: Mapping[str, str], columns: Iterable[str], items: Path) -> str:
    """Return the text of a submit description that queues one job for each row of the file *items*."""
    lines = [f"{name} = {text}" for name, text in commands.items()]
    return "\n".join([*lines, f"queue {','.join(columns)} from {items}", ""])
