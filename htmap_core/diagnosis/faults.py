"""What is wrong with settings, so that no map could be made with them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Union

import attrs

from htmap_core.condor.connection import Connection
from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import HTMapException, InvalidOption, PoolNotFound, ReservedOptionKeyword, UnknownOption
from htmap_core.language.submit_commands import referred_to
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.pools import PoolCheck, check_pools
from htmap_core.settings import tables
from htmap_core.settings.chain import Settings
from htmap_core.settings.core import MAP_OPTIONS
from htmap_core.submission.known_commands import AskedPool, check_commands, taken_by_plugins
from htmap_core.user_warnings import UnprovenOption

AUTO = "auto"


Fault = Union[HTMapException, UnprovenOption]


def faults_of_settings(chain: Settings, pool: AskedPool) -> Iterator[Fault]:
    """Yield what is wrong with settings: the first wrong name or value, each wrong map option, and the delivery method.

    What may be wrong, but nobody knows, is a warning.

    :param chain: the settings.
    :param pool: is asked about map options that are unknown otherwise.
    """
    try:
        tables.check_names(plugins.settings_tables(), plugins.tables_of_unavailable_plugins(), chain)
    except HTMapException as error:
        yield error
        return
    yield from _faults_of_options(chain, pool)
    if (method := tables.setting("DELIVERY_METHOD", chain)) != AUTO:
        try:
            plugins.delivery_method(method, chain.origin("DELIVERY_METHOD"))
        except HTMapException as error:
            yield error


def _faults_of_options(chain: Settings, pool: AskedPool) -> Iterator[Fault]:
    given, is_valid = chain.get(MAP_OPTIONS, {}), True
    macros = {name for value in given.values() for name in referred_to(str(value))}
    for name, value in given.items():
        try:
            yield from _unproven(MapOptions.from_settings(Settings({MAP_OPTIONS: {name: value}})), pool, macros)
        except (InvalidOption, ReservedOptionKeyword) as error:
            is_valid = False
            yield attrs.evolve(error, origin=chain.origin(f"{MAP_OPTIONS}.{name}"))
    if is_valid:
        try:
            MapOptions.from_settings(chain)
        except InvalidOption as error:  # one option in two spellings
            yield error


def _unproven(options: MapOptions, pool: AskedPool, macros: set[str]) -> Iterator[UnprovenOption]:
    """Yield warnings about options of which nobody knows whether HTCondor knows them.

    :raises UnknownOption: nobody knows an option: neither HTCondor nor the pool, nor a plugin that has a setting of that name.
    """
    for name, text in {**options.fixed(), **dict.fromkeys(options.per_component(), "")}.items():
        taken = taken_by_plugins([name])
        try:
            doubts = check_commands({name: text}, pool, _nowhere, macros)
        except UnknownOption as error:
            if error.nearest or not taken:
                raise
        else:
            yield from (doubt for doubt in doubts if doubt.nearest or not taken)


def _nowhere(_: str) -> None:
    """Return no origin; whoever gets the exception knows it."""


class PoolInUse:
    """The first pool that can be used now. It is looked for at the first question."""

    @functools.cached_property
    def checked(self) -> list[PoolCheck]:
        """Which pools can be used now, in the order in which HTMap tries them."""
        return check_pools()

    @functools.cached_property
    def _connection(self) -> Connection:
        for each in self.checked:
            if each.address is not None:
                return Connection(each.address)
        raise PoolNotFound([f"{each.pool}: {each.reason}" for each in self.checked])

    def schedd_parameter(self, name: str) -> str | None:
        """Return a parameter of the schedd's configuration; None if it is not set.

        :raises CondorError: there is no pool, or it does not answer.
        """
        return self._connection.schedd_parameter(name)

    def count(self, expression: str) -> tuple[int, int]:
        """Return how many slots satisfy a ClassAd *expression*, and how many slots the pool has.

        :raises CondorError: there is no pool, or it does not answer.
        """
        return self._connection.count(expression)
