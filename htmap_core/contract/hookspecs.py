"""All hooks: everything that a plugin can do.

A plugin is a module that an entry point of the group ``htmap`` names, or a one-off file. Its hook functions are marked with
``@htmap_core.hookimpl``, and have the name and any of the arguments of a hook below. There are three kinds of hooks:

*Offers* return named objects. A setting or HTMap picks one of them by its name.
*Steps* edit or check their arguments. HTMap calls them for every map, on every plugin, in the order of the plugins' names, and
those of one-off files last; those of a plugin that offers a pool can be for maps of this pool alone
(:attr:`~htmap_core.Pool.limits_steps`).
*Questions* have an answer for the user, who waits for it: no longer than the setting ``PLUGINS.TIME_LIMIT`` says. HTMap asks the
plugins whose steps it calls for the pool in question. Of one that fails, the answer is its name and the reason.

HTMap loads plugins when it calls the first hook, never at ``import htmap``. It switches off a plugin that cannot be loaded, and
one whose offer raises or returns a wrong object; ``htmap plugins list`` shows the reason. The first map that is made without it
gives a warning, and none is made if the setting ``PLUGINS.REQUIRED`` names the plugin. An exception in a step ends the creation
of the map, because the map may depend on that step.

The hooks have a version, :data:`HOOKS_VERSION`, and a plugin can require one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from htmap_core.contract.delivery import DeliveryMethod
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolAccess, PoolView
from htmap_core.contract.protocol import InputFile, TransferProtocol
from htmap_core.contract.site.checks import Check
from htmap_core.contract.site.words import Interruption, SiteWords
from htmap_core.contract.submit import SubmitDescription
from htmap_core.names import ENTRY_POINT_GROUP

if TYPE_CHECKING:
    import click

HOOKS_VERSION = "1.0"
"""The version of the hooks, and of what they are given and return: all that this file and ``htmap_core.__all__`` name.

What is new raises the second number. What is taken away, or means something else, raises the first one: plugins for the old ones
are switched off then, with the reason. Before that happens, what will go gives a warning for at least one version of HTMap.

A plugin that needs more than 1.0 says so in its module, and is switched off where the first number differs or the second is
less. Since 0.7. ::

    HTMAP_HOOKS = "1.2"
"""

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
    have no effect. :func:`htmap.plan` does not call it. Since 0.7. ::

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

    Called once per map, on the submit machine, after all other hooks, but not again when components are rerun. Use
    :meth:`~htmap_core.SubmitDescription.set_default` for values that users may change. Tell the site of the option ``walltime``
    in its own words. Since 0.7. ::

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
def htmap_checks(pool: PoolAccess) -> Sequence[Check]:  # type: ignore[empty-body]
    """Question: is there what the site needs for maps, such as a credential that lasts or the name of a project.

    ``htmap doctor`` shows the checks among its own, with the same verdicts and the same exit code. They start, submit and change
    nothing. Where no pool can be used, the reason is that of :meth:`~htmap_core.Pool.advice`, and nothing is asked.

    Called once by each ``htmap doctor``, on the submit machine, for the pool that the next map would go to. Since 0.7. ::

        @hookimpl
        def htmap_checks(pool):
            if table("SITE", SiteSettings).project is None:
                return [Check("project", "problem", "no project is set", "`htmap set SITE.PROJECT NAME`")]
            return [Check("project", "ok", "it is set")]

    :param pool: the pool. What it raises where a daemon does not answer need not be caught: it becomes a problem.
    :raises HTMapException: something cannot be checked; ``htmap doctor`` shows its text as a problem.
    """


@hookspec
def htmap_site_words(interruption: Interruption) -> SiteWords | None:
    """Question: what does the site mean by a hold, a removal, a vacate or a limit of its schedds, and what is the user to do.

    The words are shown by ``htmap why``, ``htmap reasons``, ``htmap errors`` and ``Map.hold_report``, and are in the text of
    :class:`~htmap.exceptions.MapComponentHeld` and :class:`~htmap.exceptions.MapComponentRemoved`: always beside HTCondor's own
    text, never in its place. A subcode of the site's own (``SYSTEM_PERIODIC_HOLD_SUBCODE``) is easier to tell than a text.

    Called when one of these is shown, once for each different reason of a map in a process, on the submit machine. Commands that
    only show statuses do not call it. Since 0.7. ::

        @hookimpl
        def htmap_site_words(interruption):
            if interruption.kind == "hold":
                named = wording.in_shell(interruption.tag)  # a tag may have characters that a shell obeys
                return SiteWords("held jobs are removed after a day", f"`htmap release {named}` before that")
            return None

    :param interruption: what happened to the job.
    :returns: the site's words; None if the site has none on this.
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

    Called once per process, on the submit machine, when the user calls a command that the core does not have, completes one that
    no plugin declares, or lists plugins. A plugin cannot replace a command of the core. An entry point of the group
    ``htmap.commands`` with the name of the command and the plugin's module has ``htmap --help`` list it. Since 0.7. ::

        @hookimpl
        def htmap_commands():
            return [cvmfs_command]
    """
