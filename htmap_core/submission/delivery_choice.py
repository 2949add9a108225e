"""The choice of a map's delivery method."""

from __future__ import annotations

from collections.abc import Mapping

from htmap_core import user_warnings
from htmap_core.contract.delivery import DeliveryMethod, Suitability
from htmap_core.contract.pools import Pool, PoolView
from htmap_core.exceptions import NoSuitableDeliveryMethod
from htmap_core.plugins.calls import plugins
from htmap_core.settings.chain import settings


def choose_delivery_method(
    pool: Pool, view: PoolView, known: Mapping[str, Suitability] | None = None
) -> DeliveryMethod:
    """Return the delivery method for a map on a pool.

    If the user names a method, HTMap uses it, and warns if it does not suit the pool. Otherwise HTMap takes the method that the
    site prefers, else the best method that suits the pool, else the best method of which that is unknown.

    :param known: the answers of methods that were asked before, by name; only others are asked.
    :raises UnknownPythonDeliveryMethod: no plugin offers the method that the settings name.
    :raises PluginError: its plugin is broken or disabled.
    :raises NoSuitableDeliveryMethod: no installed method can run on the pool.
    """
    answers = known or {}
    name = str(settings["DELIVERY_METHOD"])
    if name != "auto":
        method = plugins.delivery_method(name, settings.origin("DELIVERY_METHOD"))
        found = answers.get(name) or plugins.check(method, view)
        if found.verdict == "no":
            user_warnings.warn(user_warnings.UnsuitableDeliveryMethod(name, found.reason))
        return method
    methods = plugins.delivery_methods()
    if pool.delivery_method in methods:
        return methods[pool.delivery_method]
    found_all = {name: answers.get(name) or plugins.check(method, view) for name, method in methods.items()}
    return methods[best(found_all)]


def best(found: Mapping[str, Suitability]) -> str:
    """Return the name of the delivery method that suits best.

    :raises NoSuitableDeliveryMethod: no method can run on the pool.
    """
    for verdict in ("yes", "unknown"):
        fitting = [name for name, suitability in found.items() if suitability.verdict == verdict]
        if fitting:
            return min(fitting, key=lambda name: (-found[name].rank, name))
    raise NoSuitableDeliveryMethod({name: suitability.reason for name, suitability in found.items()})
