"""Exceptions of settings."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core.exceptions.roots import HTMapException, UnknownName, from_origin
from htmap_core.wording import followed


@attrs.define(slots=False)
class MissingSetting(UnknownName, KeyError):
    """A setting has no value: it is not set, and has no default.

    :param hint: which plugin knows the setting and how to get it, if that is known.
    """

    hint: str | None = None

    def __str__(self) -> str:
        return followed(f"no setting {self._quoted()}", self.hint or "`htmap settings` lists all settings")


class UnknownSetting(UnknownName):
    """Neither the core nor an installed plugin knows this setting."""

    def __str__(self) -> str:
        return (
            f"unknown setting {self._quoted()}\n"
            f"known: {', '.join(sorted(self.known))}. "
            f"Correct or delete it; if it belongs to a plugin, install that plugin (`htmap plugins list`)"
        )


@attrs.define(slots=False)
class InvalidSetting(HTMapException, ValueError):
    """A setting has an invalid value."""

    name: str
    value: object
    reason: str
    origin: str | None = None

    def __str__(self) -> str:
        return f"setting {self.name} = {self.value!r}{from_origin(self.origin)}: {self.reason}"


@attrs.define(slots=False)
class InvalidSettingsFile(HTMapException, ValueError):
    """A settings file is not valid TOML or cannot be read."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"cannot read the settings in {self.path}: {self.reason}. Correct the file, or move it away"
