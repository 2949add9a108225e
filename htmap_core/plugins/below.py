"""A delivery method as another one gets it that adds to it, such as packages to an image."""

from __future__ import annotations

from collections.abc import Collection

from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.plugins.calls import plugins


class Below(DeliveryMethod):
    """Calls a delivery method of any plugin. What goes wrong in it is blamed on that plugin, as is what it sets.

    :param method: the delivery method.
    """

    def __init__(self, method: DeliveryMethod) -> None:
        self._method = method
        self.name, self.remedy, self.saves_jobs = method.name, method.remedy, method.saves_jobs  # type: ignore[misc]

    def check(self, pool: PoolView) -> Suitability:
        """Ask it whether it suits a pool."""
        return plugins.check(self._method, pool)

    def lacks(self, modules: Collection[str], options: MapOptions) -> Collection[str]:
        """Ask it which modules it lacks."""
        return plugins.lacks(self._method, modules, options)

    def prepare(self, plan: MapPlan) -> None:
        """Let it do its slow work."""
        plugins.prepare(self._method, plan)

    def unprepared(self, plan: MapPlan) -> str | None:
        """Ask it what it would prepare."""
        return plugins.unprepared(self._method, plan)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Let it write its part of a description."""
        plugins.describe(self._method, submit, plan)


def delivery_method(name: str, origin: str | None = None) -> DeliveryMethod:
    """Return a delivery method by its name, for one that adds to what it does.

    What goes wrong in it is blamed on its own plugin, which :func:`htmap.plan` also names beside what it sets. Since 0.7::

        def describe(self, submit, plan):
            delivery_method("docker").describe(submit, plan)
            submit.add_input_file(archive)

    :param origin: where the name comes from, for the message.
    :raises PluginError: its plugin is broken or disabled.
    :raises UnknownPythonDeliveryMethod: no installed plugin offers it.
    """
    return Below(plugins.delivery_method(name, origin))
