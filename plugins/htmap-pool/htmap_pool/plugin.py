"""The hooks of this plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from htmap_core import Pool, PoolAddress, hookimpl, table
from htmap_pool.errors import NotInstalled
from htmap_pool.places import Places
from htmap_pool.settings import PoolSettings
from htmap_pool.system import is_possible

if TYPE_CHECKING:
    import click


@hookimpl
def htmap_pools() -> Sequence[Pool]:
    """Offer the personal pool of this HTMAP_DIR."""
    return [PersonalPool()]


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    """Offer the table POOL."""
    return {"POOL": PoolSettings}


@hookimpl
def htmap_commands() -> Sequence[click.Command]:
    """Offer ``htmap pool``."""
    from htmap_pool.commands import pool

    return [pool]


class PersonalPool(Pool):
    """An HTCondor that the user runs on this machine, with its files below HTMAP_DIR."""

    name = "personal"
    rank = 0
    grows = False  # it is this machine

    def named_by(self) -> str | None:
        """Return CONDOR_CONFIG if it is this pool's, as `htmap pool status` advises for HTCondor's own tools."""
        named = PoolAddress.of_machine(self.name).configuration
        is_ours = named is not None and named.resolve() == Places.current().configuration
        return f"environment variable CONDOR_CONFIG = {str(named)!r}" if is_ours else None

    def find(self) -> PoolAddress | None:
        """Return the pool's address if its master and schedd run, else None.

        :raises RunningElsewhere: another machine that shares HTMAP_DIR runs the pool.
        """
        from htmap_pool.running import daemons

        places = Places.current()
        return self._address(places) if daemons.usable(places) else None

    def start(self) -> PoolAddress | None:
        """Start the pool and return its address; None if none is installed or the setting POOL.AUTOSTART is off.

        :raises CannotStart: the pool did not start.
        """
        from htmap_pool import release
        from htmap_pool.installing.install import adapt_if_moved
        from htmap_pool.running import daemons
        from htmap_pool.running.configuration import Shape

        places, wanted = Places.current(), table("POOL", PoolSettings)
        if not wanted.autostart:
            return None
        adapt_if_moved(places)
        try:
            found = release.find(places, wanted.prefix)
        except NotInstalled:
            if wanted.prefix is not None:
                raise  # the user expects an HTCondor there
            return None
        shape = Shape(wanted.cpus, wanted.memory, wanted.idle_shutdown, wanted.enforce_memory)
        daemons.start(places, found, shape, wanted.start_timeout)
        return self._address(places)

    def starts_when_needed(self) -> bool:
        """Return whether an HTCondor is installed for the pool, and the setting POOL.AUTOSTART is on."""
        return table("POOL", PoolSettings).autostart and _is_installed()

    def advice(self) -> str:
        """Return the command that installs or starts the pool."""
        if not is_possible():
            return "it runs on Linux only"
        if not _is_installed():
            return "no HTCondor is installed for it; `htmap pool install` installs one without root"
        if not table("POOL", PoolSettings).autostart:
            return "it is installed but not running, and POOL.AUTOSTART is off; `htmap pool start` starts it"
        return "it is installed but not running; the next map starts it, and so does `htmap pool start`"

    def _address(self, places: Places) -> PoolAddress:
        return PoolAddress(pool=self.name, configuration=places.configuration)


def _is_installed() -> bool:
    from htmap_pool import release

    try:
        release.find(Places.current(), table("POOL", PoolSettings).prefix)
    except NotInstalled:
        return False
    return True
