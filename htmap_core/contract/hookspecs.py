"""All hooks: everything that a plugin can do.

A plugin is a module that an entry point of the group ``htmap`` names. Its hook functions are marked with
``@htmap_core.hookimpl``, and have the name and any of the arguments of a hook below. There are two kinds of hooks:

*Offers* return named objects. A setting or HTMap picks one of them by its name.
*Steps* edit or check their arguments. HTMap calls them for every map, on every plugin, in the order of the plugins' names; those
of a plugin that offers a pool can be for maps of this pool alone (:attr:`~htmap_core.Pool.limits_steps`).

HTMap loads plugins when it calls the first hook, never at ``import htmap``. It switches off a plugin that cannot be loaded, and
one whose offer raises or returns a wrong object; ``htmap plugins list`` shows the reason. The first map that is made without it
gives a warning, and none is made if the setting ``PLUGINS.REQUIRED`` names the plugin. An exception in a step ends the creation
of the map, because the map may depend on that step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolView
from htmap_core.contract.protocol import InputFile, TransferProtocol
from htmap_core.contract.submit import SubmitDescription
from htmap_core.names import ENTRY_POINT_GROUP

if TYPE_CHECKING:
    import click

hookspec = pluggy.HookspecMarker(ENTRY_POINT_GROUP)
hookimpl = pluggy.HookimplMarker(ENTRY_POINT_GROUP)
"""Mark a function of a plugin as the implementation of the hook of that name. Since 0.7.

::

    @hookimpl
    def htmap_delivery_methods():
        return [Cvmfs()]
"""


@hookspec
def htmap_delivery_methods() -> Sequence[DeliveryMethod]:  # type: ignore[empty-body]
    """Offer delivery methods: ways for Python to reach the execute node.

    Called once per process, on the submit machine, when a map is created or plugins are listed. The setting ``DELIVERY_METHOD``
    names one of the methods. A plugin that offers a name again is switched off. Since 0.7. ::

        @hookimpl
        def htmap_delivery_methods():
            return [Cvmfs()]
    """


@hookspec
def htmap_transfer_protocols() -> Sequence[TransferProtocol]:  # type: ignore[empty-body]
    """Offer transfer protocols: URL schemes for inputs and outputs.

    Called once per process, on the submit machine, when a map is created or plugins are listed. Since 0.7. ::

        @hookimpl
        def htmap_transfer_protocols():
            return [TransferProtocol("root", script=Path(__file__).with_name("xrootd_plugin"))]
    """


@hookspec
def htmap_check_place(folder: Path, pool: PoolView) -> None:
    """Step: refuse the place of maps on the submit side, such as a file system that the site's schedds do not see.

    Called once per map, on the submit machine, before anything is written there; also before components are run again, and by
    ``htmap doctor`` and ``htmap move``. Since 0.7. ::

        @hookimpl
        def htmap_check_place(folder, pool):
            if folder.resolve().is_relative_to("/scratch"):
                raise MapOnScratch(folder)

    :param folder: the folder of HTMAP_DIR in which each map has its directory, with its event log; it may not exist yet, and
        links are not followed.
    :param pool: the pool that the maps go to.
    :raises HTMapException: maps of this pool cannot lie there; the message says why, and what to do.
    """


@hookspec
def htmap_rewrite_input(file: InputFile, pool: PoolView) -> None:
    """Step: replace an input file by a URL, warn about it, or refuse it.

    Called once per file or folder of this machine that jobs are to fetch, on the submit machine, while the map is created; also
    if several components get the file, unless there are more than ten thousand others between them. Files that delivery methods
    send are not among them, nor is what the user has given by a URL. It should be quick: a map may have a hundred thousand files.
    Since 0.7. ::

        @hookimpl
        def htmap_rewrite_input(file, pool):
            if file.path.parts[1:2] == ("staging",):
                file.fetch_from(f"osdf:///chtc{file.path}")
            elif (file.size or 0) > 1_000_000_000:
                file.warn("it has more than 1 GB; keep such files in /staging")

    :param file: the file to edit.
    :param pool: the pool that the map goes to.
    :raises HTMapException: the site's rules forbid this file; nothing is submitted, and the user sees the message.
    """


@hookspec
def htmap_setup_credentials(submit: SubmitDescription, plan: MapPlan) -> None:
    """Step: obtain and store the credentials that the map's jobs need, and mention them in the submit description.

    Called once per map, on the submit machine, after the delivery method and before :func:`htmap_rewrite_submit`. It may be slow
    and have side effects; it should find stored credentials again, so that the next map is quick. It runs again before each
    rerun of components. Then *submit* and the options of *plan* have the attributes that the map was submitted with, and edits
    have no effect. Since 0.7. ::

        @hookimpl
        def htmap_setup_credentials(submit, plan):
            connect(plan.pool.address).store_kerberos_credential(read_ticket())
            submit.set_attribute("SendCredential", True)

    :param submit: the description to edit.
    :param plan: the plan of the map.
    :raises HTMapException: the credentials cannot be obtained; nothing is submitted, and the user sees the message.
    """


@hookspec
def htmap_rewrite_submit(submit: SubmitDescription, plan: MapPlan) -> None:
    """Step: add a site's defaults and rules, as the last plugin step before submission.

    Called once per map, on the submit machine. Use :meth:`~htmap_core.SubmitDescription.set_default` for values that users may
    change. Tell the site of the option ``walltime`` in its own words. Since 0.7. ::

        @hookimpl
        def htmap_rewrite_submit(submit, plan):
            submit.set_default("+JobFlavour", '"espresso"')
            if plan.walltime is not None:
                submit.set_default("+MaxRuntime", plan.walltime.seconds)

    :param submit: the description to edit.
    :param plan: the plan of the map.
    :raises HTMapException: the site's rules forbid this map; nothing is submitted, and the user sees the message.
    """


@hookspec
def htmap_pools() -> Sequence[Pool]:  # type: ignore[empty-body]
    """Offer pools to submit to.

    Called once per process, on the submit machine, when HTMap first needs a pool. A map remembers the name of its pool.
    Since 0.7. ::

        @hookimpl
        def htmap_pools():
            return [BatchService()]
    """


@hookspec
def htmap_settings() -> Mapping[str, type]:  # type: ignore[empty-body]
    """Offer the plugin's settings table: its name in capitals, and an attrs class with a default for every field.

    The metadata of a field document it: ``attrs.field(default=1800, metadata={"meaning": "seconds until it stops"})``. The key
    ``"default"`` describes a default that is computed or None.

    Called once per process, on the submit machine, before settings are checked. Read the table with :func:`htmap_core.table`.
    Since 0.7. ::

        @hookimpl
        def htmap_settings():
            return {"CVMFS": CvmfsSettings}
    """


@hookspec
def htmap_default_settings() -> Mapping[str, Any]:  # type: ignore[empty-body]
    """Offer defaults of settings, in the form of a settings file: of ``MAP_OPTIONS``, ``DELIVERY_METHOD`` and plugins' tables.

    They win over the built-in defaults only. Of two plugins that offer a setting, the first by name wins. What belongs to a
    plugin that is not installed is passed over; a wrong value switches the plugin off. A site that needs no more than this can
    write it into ``/etc/htmap/htmaprc`` instead.

    Called once per process, on the submit machine, when one of these settings is needed or plugins are listed. Since 0.7. ::

        @hookimpl
        def htmap_default_settings():
            return {"MAP_OPTIONS": {"request_memory": "2GB"}, "DELIVERY_METHOD": "shared"}
    """


@hookspec
def htmap_commands() -> Sequence[click.Command]:  # type: ignore[empty-body]
    """Offer commands or groups of commands for the ``htmap`` command line.

    Called once per process, on the submit machine, when the user calls or completes a command that the core does not have, or
    lists plugins. A plugin cannot replace a command of the core. Since 0.7. ::

        @hookimpl
        def htmap_commands():
            return [cvmfs_command]
    """
