"""Who set what in a submit description: a plugin, the user's options, a setting, or HTMap itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Optional

import attrs

from htmap_core.language.expressions import conjuncts
from htmap_core.language.submit_text import REQUIREMENTS, in_common

HTMAP = "HTMap"
OPTIONS = "the map's options"

INPUT_FILE = "input file "
_VARIABLE = "environment variable "

# Commands whose values are joined of what several have set, and how the names of the parts begin.
_JOINED = {
    "environment": _VARIABLE,
    "env": _VARIABLE,
    "transfer_input_files": INPUT_FILE,
    "transfer_plugins": "transfer_plugins for ",
}


def _of_map(_: str) -> None:
    """Return that an option was given for this map."""


@attrs.define
class Authors:
    """The authors of a submit description.

    :param origin: gives where the settings have an option; None if it was given for this map.
    :ivar present: who sets something now.
    """

    origin: Callable[[str], Optional[str]] = _of_map
    present: str = HTMAP
    _by_name: dict[str, str] = attrs.field(factory=dict)

    @contextlib.contextmanager
    def writing(self, author: str) -> Iterator[None]:
        """Let *author* be who sets something inside the block."""
        before, self.present = self.present, author
        try:
            yield
        finally:
            self.present = before

    def note(self, name: str) -> None:
        """Note that the present author has set *name*: a command, an attribute with ``MY.``, or what a requirement says."""
        self._by_name[name.casefold()] = self.present

    def forget(self, name: str) -> None:
        """Note that *name* is not set any more."""
        self._by_name.pop(name.casefold(), None)

    def of(self, name: str) -> str:
        """Return who has set *name*; HTMap itself if nobody else has."""
        return self._by_name.get(name.casefold(), HTMAP)

    def of_command(self, name: str, text: str) -> str:
        """Return who has set a submit command: all of them, where its value is joined of what several have set."""
        folded = name.casefold()
        if folded == REQUIREMENTS:
            found = [self.of(part) for part in conjuncts(text)]
        else:
            found = [self._by_name[folded]] if folded in self._by_name else []
            if folded == "transfer_input_files":
                found = [HTMAP]  # the function and the inputs
            if folded in _JOINED:
                found += [by for part, by in self._by_name.items() if part.startswith(_JOINED[folded])]
        return ", ".join(dict.fromkeys(found)) or HTMAP

    def of_attribute(self, attribute: str) -> tuple[str, str] | None:
        """Return the command that makes an attribute of the job (``RequestMemory``), or the attribute itself, and its author."""
        wanted = in_common(f"MY.{attribute}")
        return next(((name, by) for name, by in self._by_name.items() if in_common(name) == wanted), None)

    def of_what_fails(self, expression: str, is_valid: Callable[[str], bool]) -> tuple[str, str] | None:
        """Return the requirement within a combined expression that is not valid by itself, and its author."""
        folded = expression.casefold()
        found = ((name, by) for name, by in self._by_name.items() if name in folded and " " in name)
        return next(((name, by) for name, by in found if not is_valid(name)), None)

    def of_what_is_told(self, text: str, values: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the command that a complaint of HTCondor's is about, by its name or else its value, and its author.

        Only what somebody else than HTMap has set is looked at. Of two names, the longer one is meant.

        :param values: the values of commands, by their names.
        """
        by_name = {name.casefold(): value for name, value in values.items()}
        set_by = {name: by for name, by in self._by_name.items() if by != HTMAP and name in by_name}
        for pattern in (_name_in, lambda name: _value_in(by_name[name])):
            if told := [name for name in set_by if re.search(pattern(name), text, re.IGNORECASE)]:
                name = max(told, key=len)
                return name, set_by[name]
        return None

    def plugin(self, name: str) -> str | None:
        """Return the plugin that has set *name*, as messages call it; None if no plugin has."""
        author = self.of(name)
        return author if author.startswith(_PLUGIN) else None

    def came_from(self, name: str) -> str | None:
        """Return the plugin that has set *name*, or where the settings have it; None if it was given for this map."""
        return self.plugin(name) or self.origin(name)

    @staticmethod
    def named(plugin: str) -> str:
        """Return what messages call a plugin."""
        return f"{_PLUGIN}{plugin!r}"


_PLUGIN = "plugin "


def _name_in(name: str) -> str:
    """Return a pattern for a name as HTCondor's messages have it: ``concurrency limit``, ``max_retries``, ``AccountingGroup``."""
    words = name.removeprefix("my.").removesuffix("s").split("_")
    return rf"(?<!\w){'[ _]?'.join(map(re.escape, words))}s?(?!\w)"


def _value_in(value: str) -> str:
    return rf"(?<!\w){re.escape(value)}(?!\w)" if len(value) >= _TELLING else _NEVER


_TELLING = 3  # characters: shorter values are in any text
_NEVER = "(?!)"
