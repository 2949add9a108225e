"""Warnings about what is installed and set."""

from __future__ import annotations

from pathlib import Path

import attrs

from htmap_core.user_warnings.roots import HTMapWarning, SuspiciousMap
from htmap_core.wording import followed

_AGAIN = "pip install --force-reinstall --no-deps htmap-core"


@attrs.define(slots=False)
class OriginalInstalled(HTMapWarning):
    """The original HTMap is installed in the same environment.

    :param is_imported: whether ``import htmap`` gives the original, or would.
    """

    is_imported: bool

    def __str__(self) -> str:
        result = "; `import htmap` gives the original" if self.is_imported else ""
        return (
            "the original HTMap (distribution htmap) is installed beside htmap-core, and each overwrites files of the "
            f"other{result}. Repair it: pip uninstall --yes htmap && {_AGAIN}"
        )


@attrs.define(slots=False)
class FilesMissing(HTMapWarning):
    """Files of HTMap's are missing, as where the original was installed too, and was uninstalled: what both have went with it.

    :param folder: where they should be.
    """

    folder: Path

    def __str__(self) -> str:
        return (
            f"files of htmap-core are missing in {self.folder}, so `import htmap` does not work. They were deleted with the "
            f"original HTMap, if that was installed here and then uninstalled. Repair it: {_AGAIN}"
        )


@attrs.define(slots=False)
class UnknownEnvironmentVariable(HTMapWarning):
    """An environment variable begins like HTMap's, but neither the core nor an installed plugin knows it.

    :param variable: its name.
    :param nearest: the known variable that it resembles; None if it resembles none.
    """

    variable: str
    nearest: str | None

    def __str__(self) -> str:
        meant = f"; did you mean {self.nearest}?" if self.nearest else ""
        text = f"the environment variable {self.variable} is no setting of HTMap or of an installed plugin{meant}"
        return followed(text, f"`htmap settings --explain` lists all, `unset {self.variable}` ends this warning")


@attrs.define(slots=False)
class UnknownSharedSetting(HTMapWarning):
    """The settings of the machine have one that neither the core nor an installed plugin knows.

    They are for all users, so it may be for a plugin that others have, or for another version.

    :param name: the setting.
    :param origin: where it stands.
    :param nearest: the known setting that it resembles; None if it resembles none.
    """

    name: str
    origin: str
    nearest: str | None

    def __str__(self) -> str:
        meant = f"; did you mean {self.nearest}?" if self.nearest else ""
        return followed(
            f"{self.name} in {self.origin} is no setting of HTMap or of an installed plugin, and has no effect{meant}",
            "`htmap settings --explain` lists all",
        )


@attrs.define(slots=False)
class PluginIsOff(SuspiciousMap):
    """A map goes without an installed plugin that does not work: what it adds to maps, such as a project, is not there.

    :param plugin: its name.
    :param distribution: the distribution that it comes from; empty if none is installed.
    :param reason: the claim what is wrong with it, as it follows its name.
    :param advice: what to do about it.
    """

    plugin: str
    distribution: str
    reason: str
    advice: str

    def __str__(self) -> str:
        came_from = f" (from {self.distribution})" if self.distribution else ""
        return f"maps go without plugin {self.plugin!r}{came_from}: it {self.reason}. {self.advice}"
