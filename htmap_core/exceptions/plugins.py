"""Exceptions of plugins, and of the delivery methods that they offer."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from htmap_core.exceptions.roots import HTMapException, UnknownName

SWITCH_OFF = "HTMAP_PLUGINS and the setting PLUGINS.DISABLED switch plugins off"


@attrs.define(slots=False)
class PluginError(HTMapException):
    """A plugin is broken or disabled, or one of its functions failed."""

    plugin: str
    distribution: str
    reason: str
    advice: str = ""

    def __str__(self) -> str:
        return f"plugin {self.plugin!r} (from {self.distribution}): {self.reason}\n{self.advice or SWITCH_OFF}"


@attrs.define(slots=False)
class PluginHangs(PluginError):
    """A plugin gives no answer to a question, and was given up.

    :param reason: the name of what was given up, and that it was.
    :param seconds: how long it was waited for, without the time in HTCondor's calls.
    """

    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{super().__str__()}. The setting PLUGINS.TIME_LIMIT gives it more time"


@attrs.define(slots=False)
class RequiredPluginError(PluginError):
    """A plugin that the setting PLUGINS.REQUIRED names is broken, disabled or not installed, so no map is submitted.

    :param distribution: the distribution that it comes from; empty if none is installed.
    :param origin: where the setting names it.
    """

    origin: str | None = None

    def __str__(self) -> str:
        came_from = f" (from {self.distribution})" if self.distribution else ""
        where = f" (from {self.origin})" if self.origin else ""
        return (
            f"nothing was submitted: PLUGINS.REQUIRED{where} names plugin {self.plugin!r}{came_from}, "
            f"but it {self.reason}\n{self.advice}"
        )


@attrs.define(slots=False)
class CannotMakePlugin(HTMapException):
    """The distribution of a new plugin cannot be made; nothing was written.

    :param name: the name of the plugin.
    :param problem: why not.
    :param advice: what to do.
    """

    name: str
    problem: str
    advice: str

    def __str__(self) -> str:
        return f"no plugin {self.name!r} was made: {self.problem}. {self.advice}"


@attrs.define(slots=False)
class UnknownPythonDeliveryMethod(UnknownName):
    """No installed plugin offers this delivery method.

    :param hint: what to install, if that is known.
    """

    hint: str | None = None

    def __str__(self) -> str:
        installed = ", ".join(sorted(self.known)) or "none"
        hint = f"\n{self.hint}" if self.hint else ""
        return (
            f"unknown delivery method {self._quoted()}\n"
            f"installed: {installed}. `htmap plugins list` shows where each comes from{hint}"
        )


def _dict(reasons: Mapping[str, str]) -> dict[str, str]:
    return dict(reasons)


@attrs.define(slots=False)
class NoSuitableDeliveryMethod(HTMapException):
    """No installed delivery method can run on this pool.

    :param reasons: why each method cannot, by its name.
    :param not_installed: those of HTMap's own that are not installed and would suit it, the best first, each with why.
    :param switched_off: those of HTMap's own that are installed and off, each with why.
    """

    reasons: dict[str, str] = attrs.field(converter=_dict)
    not_installed: dict[str, str] = attrs.field(factory=dict, converter=_dict)
    switched_off: dict[str, str] = attrs.field(factory=dict, converter=_dict)

    def __str__(self) -> str:
        lines = ["no installed delivery method suits this pool:"]
        lines += [f"  {name}: {reason}" for name, reason in sorted(self.reasons.items())]
        lines += [f"  {name} {reason}" for name, reason in sorted(self.switched_off.items())]
        lines += [] if self.reasons or self.switched_off else ["  none is installed"]
        if self.not_installed:
            lines += ["These would suit it, and are not installed; the best is first:"]
            lines += [f"  {name}: {reason}" for name, reason in self.not_installed.items()]
        return "\n".join([*lines, self.advice()])

    def advice(self) -> str:
        """Return the next command."""
        for name in self.not_installed:
            return f"`pip install htmap-{name}`, then try again"
        for name in sorted(self.reasons):
            return f"To use one all the same, name it: `htmap set DELIVERY_METHOD {name}`"
        return "`pip install htmap-assume`, if the nodes have a Python; `htmap docs choose-delivery` has the others"


@attrs.define(slots=False)
class NotDecided(HTMapException):
    """The delivery method for a pool cannot be decided now; what was decided before stays."""

    pool: str
    reason: str

    def __str__(self) -> str:
        return (
            f"the delivery method for the {self.pool} pool cannot be decided now: {self.reason}. "
            f"What was decided before stays; `htmap delivery` shows it"
        )


class CannotTransplantPython(HTMapException):
    """This Python installation cannot be sent to execute nodes; the base of the exceptions of ``htmap-transplant``."""
