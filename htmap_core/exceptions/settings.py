"""What is wrong with settings."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core.exceptions.roots import HTMapException, UnknownName, from_origin
from htmap_core.wording import followed


@attrs.define(slots=False)
class MissingSetting(UnknownName, KeyError):
    """A setting that has no default was asked for, and nobody has set it.

    :param hint: how to get what knows the setting, where that is known.
    """

    hint: str | None = None

    def __str__(self) -> str:
        return followed(f"no setting {self._quoted()}", self.hint or "`htmap settings` shows all that there are")


class UnknownSetting(UnknownName):
    """A setting is set that neither the core nor an installed plugin knows."""

    def __str__(self) -> str:
        return (
            f"unknown setting {self._quoted()}\n"
            f"known: {', '.join(sorted(self.known))}. "
            f"Correct or delete it; if a plugin brings it, install that plugin (`htmap plugins list`)"
        )


@attrs.define(slots=False)
class InvalidSetting(HTMapException, ValueError):
    """A setting has a value that it cannot have."""

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
