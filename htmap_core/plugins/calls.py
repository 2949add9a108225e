"""The calls of plugins. No other module of HTMap calls a hook; those of objects that a plugin offers are in ``offered``.

Each hook has one typed method. A plugin with a wrong answer is switched off; the others go on (see ``discovery``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from htmap_core.contract.delivery import DeliveryMethod, RegisteredDeliveryMethod
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool, PoolAccess
from htmap_core.contract.protocol import TransferProtocol
from htmap_core.contract.site.checks import Check
from htmap_core.contract.site.words import Interruption, SiteWords
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import HTMapException, PluginError, UnknownPythonDeliveryMethod
from htmap_core.plugins import missing_tables
from htmap_core.plugins.guarding.answers import only_answer
from htmap_core.plugins.guarding.guard import blame, failure
from htmap_core.plugins.guarding.tracing import trace_failure
from htmap_core.plugins.offered import Offered
from htmap_core.plugins.offers import Offers, problem_with_offer
from htmap_core.plugins.record import FIRST_PARTY, PluginRecord
from htmap_core.settings import dotted
from htmap_core.settings.defaults import OFFERED
from htmap_core.settings.tables import problem_with_tables

if TYPE_CHECKING:
    import click
    import pluggy


class Plugins(Offered):
    """The installed plugins. The first method that needs them loads them."""

    def __init__(self) -> None:
        super().__init__()
        self.of_map = self._discovery.of_map
        self._offers = Offers(self._discovery, self._guard)
        self._defaults: dict[str, dict[str, Any]] = {}

    # --- what is installed

    def records(self) -> list[PluginRecord]:
        """Ask every plugin for all its offers, and return the records of all plugins, also of broken and disabled ones."""
        self.records_for_maps()
        self.commands()
        return self._discovery.records()

    def records_for_maps(self) -> list[PluginRecord]:
        """Ask every plugin for all its offers but commands, which no map needs, and return the records of all plugins.

        A plugin that is still switched on then stays so until the map is submitted.
        """
        self.settings_tables()
        self.default_settings()
        self.delivery_methods()
        self.transfer_protocols()
        self.pools()
        return self._discovery.records()

    def tables_of_unavailable_plugins(self) -> list[str]:
        """Return the settings tables that cannot be checked, because their plugin is broken, disabled or not installed."""
        return missing_tables.names(self._discovery.records())

    # --- offers

    def delivery_methods(self) -> dict[str, DeliveryMethod]:
        """Return all delivery methods by name; those that the user's program registered win over those of plugins."""
        return {**self._offers.by_name("htmap_delivery_methods", DeliveryMethod), **self._registered}

    def delivery_method(self, name: str, origin: str | None = None) -> DeliveryMethod:
        """Return the delivery method named *name*.

        :param origin: where the name comes from, for the message.
        :raises PluginError: its plugin is broken or disabled.
        :raises UnknownPythonDeliveryMethod: no installed plugin offers it.
        """
        methods = self.delivery_methods()
        if name in methods:
            return methods[name]
        for record in self._discovery.records():
            if record.state != "ok" and record.distribution and (record.name == name or name in record.withdrawn):
                raise PluginError(record.name, record.distribution, record.why_off, record.advice)
        installed = any(record.name == name and record.distribution for record in self._discovery.records())
        hint = f"{name!r} comes with its own package: `pip install htmap-{name}`"
        raise UnknownPythonDeliveryMethod(
            name, methods, origin, hint if name in FIRST_PARTY and not installed else None
        )

    def is_registered(self, name: str) -> bool:
        """Return whether the delivery method *name* is of this program or a one-off file: another program may lack it."""
        files = [record for record in self._discovery.records() if record.is_one_off]
        return name in self._registered or any(name in each.offers.get("delivery methods", ()) for each in files)

    def register_delivery_method(self, method: DeliveryMethod) -> None:
        """Add a delivery method for this process; it replaces any other of the same name."""
        self._registered[method.name] = method

    def transfer_protocols(self) -> dict[str, TransferProtocol]:
        """Return all transfer protocols by scheme."""
        return self._offers.by_name("htmap_transfer_protocols", TransferProtocol, key="scheme")

    def pools(self) -> list[Pool]:
        """Return all pools, in the order in which HTMap tries them."""
        offered = self._offers.by_name("htmap_pools", Pool)
        return sorted(offered.values(), key=lambda pool: (-pool.rank, pool.name))

    def settings_tables(self) -> dict[str, type]:
        """Return the attrs classes of all plugins' settings tables, by the table's name."""
        tables: dict[str, type] = {}
        for record, offer in sorted(
            self._offers.of_each("htmap_settings", Mapping), key=lambda each: not each[0].is_first_party
        ):
            if (problem := problem_with_tables(offer, tables)) is not None:
                self._discovery.switch_off(record, f"htmap_settings {problem}")
                continue
            tables.update({name.upper(): cls for name, cls in offer.items()})
            record.offers["settings"] = [name.upper() for name in offer]
        return tables

    def default_settings(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the settings that each plugin offers as defaults, with its name; not those of plugins that are not there."""
        for record, offer in list(self._offers.of_each("htmap_default_settings", Mapping)):
            if record.name in self._defaults:
                continue
            tables = self.settings_tables()
            if (problem := problem_with_offer(offer, tables, record.name)) is not None:
                self._discovery.switch_off(record, f"htmap_default_settings {problem}")
                continue
            known = {name: value for name, value in offer.items() if name.upper() in {*tables, *OFFERED}}
            self._defaults[record.name] = known
            record.offers["default settings"] = list(dotted.keys(known))
        working = [record.name for record in self._discovery.working("htmap_default_settings")]
        return [(name, self._defaults[name]) for name in working if name in self._defaults]

    def tables_of_delivery_methods(self) -> dict[str, type]:
        """Return the same for plugins that offer delivery methods alone."""
        tables, _ = self.settings_tables(), self.delivery_methods()
        offers = [record.offers for record in self._discovery.records() if record.offers.get("delivery methods")]
        return {name.upper(): tables[name.upper()] for each in offers for name in each.get("settings", ())}

    def why_no_table(self, name: str) -> str | None:
        """Return why no working plugin has the settings table *name*, and what to do; None if one has it, or none is known."""
        return missing_tables.why(name, self._discovery.records())

    def commands(self) -> dict[str, click.Command]:
        """Return the commands that plugins add to the command line, by name."""
        import click  # 40 ms, and only the command line needs it

        return self._offers.by_name("htmap_commands", click.Command)

    def failure_of_command(self, name: str, error: Exception) -> PluginError:
        """Return that a command of a plugin failed, with the plugin's name: the command line runs it, without a guard."""
        owners = (record for record in self._discovery.records() if name in record.offers.get("commands", ()))
        record, what = next(owners), f"the command {name!r}"
        trace_failure(record, what, error)
        return failure(record, what, error)

    # --- steps

    def setup_credentials(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Let every plugin set up the credentials that the map's jobs need."""
        self._step("htmap_setup_credentials", submit, plan)

    def rewrite_submit(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Let every plugin edit the submit description for the last time."""
        self._step("htmap_rewrite_submit", submit, plan)

    # --- questions

    def checks(self, pool: PoolAccess) -> Iterator[Check]:
        """Ask every plugin for its checks of *pool*. What one cannot check is a problem that names the plugin."""
        for record, call in self.concerned("htmap_checks", pool.address.pool):
            try:
                yield from self._guard.ask_for_all(record, Check, only_answer(call), pool=pool)
            except HTMapException as error:
                yield Check("plugins", "problem", *blame(record, error))

    def site_words(self, pool: str, interruption: Interruption) -> Iterator[str]:
        """Ask every plugin what a site means by what happened to a job in *pool*, and yield what each has to say, for people.

        A plugin that fails is named with the reason: whoever explains a hold must not fail for it.
        """
        kinds: dict[type, str] = {SiteWords: "SiteWords", type(None): "None"}
        for record, call in self.concerned("htmap_site_words", pool):
            try:
                words = self._guard.ask(record, kinds, only_answer(call), interruption=interruption)
            except HTMapException as error:
                yield blame(record, error)[0]
            else:
                if words is not None:
                    yield f"{record.author} says: {words}"

    # --- calling hooks

    def steps(self, hook: str) -> Iterator[tuple[PluginRecord, set[str]]]:
        """Yield the plugins that have a hook, in order, each with the pools for whose maps alone it is; with none for all."""
        limiting = {pool.name for pool in self.pools() if pool.limits_steps}
        for record in sorted(self._discovery.working(hook), key=lambda record: (record.is_one_off, record.name)):
            yield record, limiting.intersection(record.offers.get("pools", ()))

    def concerned(self, hook: str, pool: str) -> Iterator[tuple[PluginRecord, pluggy.HookCaller]]:
        """Yield the plugins that take part in what is done with a pool, in order, each with what calls *hook* of it."""
        for record, own in self.steps(hook):
            if not own or pool in own:
                yield record, self._discovery.caller(hook, record)

    def _step(self, hook: str, submit: SubmitDescription, plan: MapPlan) -> None:
        for record, call in self.concerned(hook, plan.pool.address.pool):
            self._guard.act(record, call, submit=submit, plan=plan)


def registered(name: str, descriptors_func: Any, setup_func: Any = None) -> DeliveryMethod:
    """Return the delivery method for the arguments of :func:`htmap.register_delivery_method`."""
    return RegisteredDeliveryMethod(name, descriptors_func, setup_func)


plugins = Plugins()
