"""All that a plugin can do.

A plugin is a module named by an entry point of the group ``htmap``. It marks functions with ``@htmap_core.hookimpl`` that have
the name, and any of the arguments, of a hook below. There are two kinds of hooks:

*Offers* return named objects, of which a setting or HTMap picks one by its name.
*Steps* are called for every map, on every plugin, in the order of the plugins' names, and edit what they are given.

A plugin is loaded when the first hook is called, never by ``import htmap``. One that cannot be loaded, or whose hook raises or
returns something else than it should, is switched off and shown with the reason by ``htmap plugins list``; only an exception
in a step ends the creation of the map, because what the step should have done may matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
import pluggy

from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool
from htmap_core.contract.protocol import TransferProtocol
from htmap_core.contract.submit import SubmitDescription
from htmap_core.names import ENTRY_POINT_GROUP

hookspec = pluggy.HookspecMarker(ENTRY_POINT_GROUP)
hookimpl = pluggy.HookimplMarker(ENTRY_POINT_GROUP)


@hookspec
def htmap_delivery_methods() -> Sequence[DeliveryMethod]:  # type: ignore[empty-body]
    """Offer ways for Python to reach the execute node.

    Called once in a process, on the submit side, when a map is created or plugins are listed. The setting ``DELIVERY_METHOD``
    names one of all that are offered; two of the same name are an error of the plugin whose name comes later.
    """


@hookspec
def htmap_transfer_protocols() -> Sequence[TransferProtocol]:  # type: ignore[empty-body]
    """Offer URL schemes for inputs and outputs.

    Called once in a process, on the submit side, when a map has a URL among its files.
    """


@hookspec
def htmap_setup_credentials(submit: SubmitDescription, plan: MapPlan) -> None:
    """Step: obtain and store the credentials that the map's jobs will need, and say so in the submit description.

    Called once for each map, on the submit side, after the delivery method and before :func:`htmap_rewrite_submit`. May take
    its time and have side effects; what was stored must be found again, so that the next map is quick. Called once more
    whenever components of the map are to run again, perhaps much later: then *submit* has the attributes that the map was
    submitted with, and *plan* those for its options, and what is edited changes nothing.

    :param submit: the description to edit.
    :param plan: what is known of the map.
    :raises HTMapException: the credentials cannot be had; nothing is submitted, and the message reaches the user.
    """


@hookspec
def htmap_rewrite_submit(submit: SubmitDescription, plan: MapPlan) -> None:
    """Step: bring in a site's defaults and rules, as the last word before submission.

    Called once for each map, on the submit side. Use :meth:`~htmap_core.SubmitDescription.set_default` for what a user may
    choose otherwise.

    :param submit: the description to edit.
    :param plan: what is known of the map.
    :raises HTMapException: the site's rules do not allow this map; nothing is submitted, and the message reaches the user.
    """


@hookspec
def htmap_pools() -> Sequence[Pool]:  # type: ignore[empty-body]
    """Offer places to submit to.

    Called once in a process, on the submit side, when a pool is needed first. A map remembers the name of its pool.
    """


@hookspec
def htmap_settings() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Offer the plugin's settings table: its name in capitals, and an attrs class with a default for every field.

    A field's metadata say what it is for: ``attrs.field(default=1800, metadata={"meaning": "seconds until it stops"})``; in
    ``"default"`` they can have the default in words, where it is computed or None.

    Called once in a process, on the submit side, before settings are checked. Read the table with :func:`htmap_core.table`.
    """


@hookspec
def htmap_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Offer commands, or groups of them, for the ``htmap`` command line.

    Called when a command is used that the core does not have. A command of the core cannot be replaced.
    """
