"""The submit description of a map, as plugins may edit it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from htmap_core.exceptions import InvalidOption, SubmitConflict
from htmap_core.language.expressions import conjunction
from htmap_core.language.submit_text import (
    REQUIREMENTS,
    OptionValue,
    attribute_name,
    check_attribute,
    check_command,
    option_text,
)
from htmap_core.names import RUNTIME

_SCHEME = re.compile(r"[a-z][a-z0-9]*")


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

    def take(self, command: str) -> str | None:
        """Take a command, or with ``+`` or ``MY.`` in front an attribute, out again, and return what it was set to.

        For a plugin that says in HTCondor's words what the user said in the site's: what it takes, it sets again. Requirements
        stay: they are everybody's.
        """
        text = self.get(command)
        name = command.strip().casefold()
        attribute = attribute_name(name)
        if attribute is not None:
            self._attributes = {
                known: value for known, value in self._attributes.items() if known.casefold() != attribute
            }
        else:
            self._commands.pop(name, None)
        return text

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
        if text:
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
        return conjunction(self._requirements) or None

    @property
    def attributes(self) -> Mapping[str, str]:
        """What was set with :meth:`set_attribute`."""
        return dict(self._attributes)

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
