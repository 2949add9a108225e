"""The submit description of a map, for plugins to edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import attrs

from htmap_core.contract.authors import INPUT_FILE, Authors
from htmap_core.exceptions import InvalidOption, SubmitConflict
from htmap_core.language.environment_text import assignment, merged
from htmap_core.language.expressions import conjunction, conjuncts
from htmap_core.language.submit_text import (
    REQUIREMENTS,
    OptionValue,
    attribute_name,
    check_attribute,
    check_command,
    in_common,
    option_text,
)
from htmap_core.names import RUNTIME
from htmap_core.user_warnings.roots import SuspiciousMap

_SCHEME = re.compile(r"[a-z][a-z0-9]*")


def _check_text(_: object, attribute: attrs.Attribute[str], text: str) -> None:
    option_text(attribute.name, text)


@attrs.define
class SubmitDescription:
    """The part of a map's submit description that delivery methods, protocols and sites may edit.

    Commands that HTMap itself sets (arguments, log, outputs and the like) are not in it, and cannot be set. The pool is not
    asked: HTCondor refuses bad values when the map is submitted. Since 0.7.

    >>> submit = SubmitDescription()
    >>> submit.set("request_memory", "2GB")
    >>> submit.require("HasDocker")
    >>> submit.commands()
    {'request_memory': '2GB', 'requirements': 'HasDocker'}
    """

    universe: str = attrs.field(default="vanilla", validator=_check_text)
    executable: str = attrs.field(default=RUNTIME, validator=_check_text)
    transfer_executable: bool = True
    _commands: dict[str, str] = attrs.field(factory=dict)
    _attributes: dict[str, str] = attrs.field(factory=dict)
    _requirements: list[str] = attrs.field(factory=list)
    _input_files: list[str] = attrs.field(factory=list)
    _transfer_plugins: dict[str, str] = attrs.field(factory=dict)
    _environment: dict[str, str] = attrs.field(factory=dict)
    _built_in: dict[str, str] = attrs.field(factory=dict)
    authors: Authors = attrs.field(factory=Authors, eq=False, repr=False)  # who has set what, for messages
    warnings: list[SuspiciousMap] = attrs.field(factory=list, init=False)
    """What the user is told about the map."""

    def set(self, command: str, value: OptionValue) -> None:
        """Set a submit command.

        ``requirements`` are combined with the requirements of others; ``+Name`` and ``MY.Name`` set an attribute of the job. ::

            submit.set("docker_image", "python:3.12")

        :raises SubmitConflict: the command already has another value.
        :raises ReservedOptionKeyword: HTMap itself sets this command.
        :raises InvalidOption: a submit description cannot hold the name or the value.
        """
        if (attribute := attribute_name(command)) is not None:
            self.set_attribute(attribute, value)
            return
        name, text = check_command(command), option_text(command, value)
        if name == REQUIREMENTS:
            self.require(text)
            return
        self._put(self._commands, name, name, text)

    def _put(self, values: dict[str, str], key: str, name: str, text: str) -> None:
        """Set one of some values, unless it has another one; *name* is what messages call it."""
        if key not in values:
            values[key] = text
            self.authors.note(name)
        elif values[key] != text:
            raise SubmitConflict(name, values[key], text, self.authors.of(name), self.authors.present)

    def set_default(self, command: str, value: OptionValue) -> None:
        """Set a submit command as :meth:`set` does, unless it :meth:`has` a value already: the user's value wins.

        HTMap's built-in values, such as 128 MB of memory, give way to it. ::

            submit.set_default("+JobFlavour", '"espresso"')
        """
        if not self.has(command):
            self.set(command, value)

    def fall_back(self, command: str, value: OptionValue) -> None:
        """Give a submit command a value that gives way to any other, also to a default, whoever sets that, and when.

        HTMap's built-in values are set so. For :meth:`get` the command has this value then, for :meth:`has` it is not set. ::

            submit.fall_back("request_memory", "128MB")
        """
        self._built_in[check_command(command)] = option_text(command, value)

    def add_environment(self, name: str, value: object) -> None:
        """Set an environment variable of the jobs, besides those that the user and others set. The user's own value wins.

        ::

            submit.add_environment("HTTP_PROXY", "http://squid.example.org:3128")

        :param value: text, a number or a path; it arrives as it is, with blanks and quotes.
        :raises SubmitConflict: another plugin gives the variable another value.
        :raises InvalidOption: the name is none of a variable, or a submit description cannot hold the value.
        """
        text = option_text("environment", assignment("environment", name, value))
        self._put(self._environment, name, f"environment variable {name}", text)

    def take(self, command: str) -> str | None:
        """Remove a command, or an attribute (with ``+`` or ``MY.`` in front), and return its value; None if it is not set.

        A plugin that translates a site's own command into HTCondor's uses it: names that HTCondor does not know, and that no
        plugin has taken, are refused. ``htmap set`` accepts them if the plugin has a setting of that name. Requirements stay,
        because others share them. ::

            if (seconds := submit.take("max_runtime")) is not None:
                submit.set("+MaxRuntime", seconds)
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
            self._built_in.pop(name, None)
        self.authors.forget(name if attribute is None else f"MY.{attribute}")
        return text

    def has(self, command: str) -> bool:
        """Return whether a command, or an attribute (with ``+`` or ``MY.`` in front), is set, by whichever of its names.

        ``accounting_group`` and ``MY.AccountingGroup`` are two names: a command, and the attribute that HTCondor makes of it. ::

            is_limited = submit.has("+MaxRuntime")
        """
        if (wanted := in_common(command)) == REQUIREMENTS:
            return bool(self._requirements)
        return wanted in map(in_common, [*self._commands, *(f"MY.{name}" for name in self._attributes)])

    def get(self, command: str) -> str | None:
        """Return the value of a command, or of an attribute (with ``+`` or ``MY.`` in front), by this name; None if it has none.

        ::

            memory = submit.get("request_memory")
        """
        name = command.strip().casefold()
        if (attribute := attribute_name(name)) is not None:
            return next((text for known, text in self._attributes.items() if known.casefold() == attribute), None)
        text = self.requirements if name == REQUIREMENTS else self._commands.get(name)
        return self._built_in.get(name) if text is None else text

    def set_attribute(self, name: str, expression: OptionValue) -> None:
        """Set an attribute of the job's ad, as ``MY.<name> = <expression>``; text needs its own double quotes.

        ::

            submit.set_attribute("AccountingGroup", quoted("group_physics"))

        :raises SubmitConflict: the attribute already has another value.
        :raises ReservedOptionKeyword: HTMap itself sets this attribute.
        :raises InvalidOption: a submit description cannot hold the name or the expression.
        """
        check_attribute(name)
        text = option_text(f"MY.{name}", expression)
        if name.casefold() == REQUIREMENTS:  # the attribute would replace the requirements of all others
            self.require(text)
            return
        spelt = next((known for known in self._attributes if known.casefold() == name.casefold()), name)
        self._put(self._attributes, spelt, f"MY.{name}", text)

    def require(self, expression: str) -> None:
        """Add a ClassAd expression that a slot must satisfy, besides the other requirements.

        ::

            submit.require("TARGET.HasDocker")
        """
        text = option_text(REQUIREMENTS, expression)
        if text:
            self._requirements.append(text)
            for part in (text, *conjuncts(text)):
                self.authors.note(part)

    def add_input_file(self, path_or_url: OptionValue) -> None:
        """Send a file, a folder, or the target of a URL with every job.

        ::

            submit.add_input_file(archive)

        :raises InvalidOption: the path is empty, or has a comma or outer blanks, which HTCondor cannot transfer.
        """
        text = option_text("transfer_input_files", path_or_url)
        if not text or "," in text or text != str(path_or_url):
            raise InvalidOption(
                "transfer_input_files", path_or_url, "HTCondor cannot transfer a path with a comma or outer blanks"
            )
        if text not in self._input_files:
            self._input_files.append(text)
            self.authors.note(f"{INPUT_FILE}{text}")

    def add_transfer_plugin(self, scheme: str, script: Path) -> None:
        """Send an HTCondor file transfer plugin with every job, for URLs of *scheme*.

        ::

            submit.add_transfer_plugin("root", Path(__file__).with_name("xrootd_plugin"))

        :raises SubmitConflict: another script already serves the scheme.
        :raises InvalidOption: *scheme* is not a URL scheme, or the script's path has one of ``; , =``.
        """
        text = option_text("transfer_plugins", script)
        if not _SCHEME.fullmatch(scheme.lower()) or not text or any(c in text for c in ";,="):
            raise InvalidOption("transfer_plugins", f"{scheme}={text}", "is not a URL scheme and a path without ; , =")
        self._put(self._transfer_plugins, scheme.lower(), f"transfer_plugins for {scheme.lower()}", text)

    def set_universe(self, universe: str) -> None:
        """Set the universe that jobs run in.

        ::

            submit.set_universe("docker")

        :raises SubmitConflict: a universe other than ``vanilla`` is set already.
        """
        text = option_text("universe", universe).lower()
        self._replace("universe", self.universe, "vanilla", text)
        self.universe = text

    def _replace(self, name: str, present: str, unset: str, text: str) -> None:
        self._put({} if present == unset else {name: present}, name, name, text)

    def launch_with(self, executable: OptionValue, *, transfer: bool) -> None:
        """Start the runtime archive with *executable*, which gets the archive's name and arguments as its own.

        HTMap's own launcher starts it. What it writes to standard error before the archive runs comes back with the job.

        ::

            submit.launch_with("/opt/python/bin/python3", transfer=False)

        :param executable: a program or script that finally runs the archive named by its first argument.
        :param transfer: True for a file of the submit side to send with the job, False for a program on the execute node.
        :raises SubmitConflict: another executable starts the archive already.
        """
        text = option_text("executable", executable)
        self._replace("executable", self.executable, RUNTIME, text)
        self.executable, self.transfer_executable = text, transfer

    def warn(self, warning: SuspiciousMap) -> None:
        """Warn the user of the map, when its description is complete.

        A class of the plugin's own lets users ignore this warning and no other. Since 0.7. ::

            submit.warn(ManyCpus("hardly a slot has as many CPUs; jobs may wait for days"))

        :raises TypeError: it is no :class:`SuspiciousMap`.
        """
        if not isinstance(warning, SuspiciousMap):
            raise TypeError(f"a warning of a map is a SuspiciousMap, not {warning!r}")
        self.warnings.append(warning)

    @property
    def requirements(self) -> str | None:
        """All requirements, combined with ``&&``; None if there are none."""
        return conjunction(self._requirements) or None

    @property
    def attributes(self) -> Mapping[str, str]:
        """The attributes of the job's ad that were set."""
        return dict(self._attributes)

    @property
    def input_files(self) -> tuple[str, ...]:
        """The files to send with every job, besides HTMap's own."""
        return tuple(self._input_files)

    @property
    def transfer_plugins(self) -> Mapping[str, str]:
        """The paths of the file transfer plugins to send with every job, by scheme."""
        return dict(self._transfer_plugins)

    def commands(self) -> dict[str, str]:
        """Return everything that was set as submit commands, without HTMap's own.

        ::

            assert submit.commands()["request_memory"] == "2GB"
        """
        described = {**self._built_in, **self._commands}
        if self._environment:
            name = "environment" if "environment" in described or "env" not in described else "env"
            described[name] = merged(self._environment.values(), described.get(name, ""))
        if self.requirements:
            described["requirements"] = self.requirements
        described.update({f"MY.{name}": text for name, text in self._attributes.items()})
        return described
