"""The plugin ``packages``."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import attrs

from htmap_core import (
    DeliveryMethod,
    MapOptions,
    MapPlan,
    PoolView,
    SubmitDescription,
    Suitability,
    delivery_method,
    hookimpl,
    quoted,
    setting,
    setting_origin,
    submit_path,
    wording,
)
from htmap_packages.errors import WithoutBase
from htmap_packages.settings import PackagesSettings, current

if TYPE_CHECKING:  # a map loads what it needs: most have another delivery method
    import click

    from htmap_packages.declared.declaration import Declaration
    from htmap_packages.store import Archive
    from htmap_packages.target import Target

RANK = 5  # above assume, which needs the same Python and brings less
_BASE = "PACKAGES.ON_TOP_OF"
_MIB = 1024 * 1024
_ALLOWS_OTHERS = "ALLOW_PYTHON_MISMATCH"

_logger = logging.getLogger("htmap")


@attrs.frozen
class Sent:
    """What a map sends: what was declared, for which nodes, and the archive, if it is built."""

    wanted: Declaration
    target: Target
    archive: Optional[Archive]

    def __str__(self) -> str:
        if self.archive is None:
            return f"{self.wanted}, for {self.target}, would be built"
        size, unpacked = wording.size(self.archive.size), wording.size(self.archive.unpacked)
        return f"{', '.join(self.archive.packages)}, for {self.target}: {size}, unpacked {unpacked}"


class PackagesDelivery(DeliveryMethod):
    """Run components with the Python of the node, or of another method, and packages that travel."""

    name = "packages"

    def __init__(self) -> None:
        self._prepared: dict[Path, Sent] = {}

    @property
    def remedy(self) -> str:  # type: ignore[override]  # a class variable in other methods
        """How functions find modules that are not sent."""
        return "name what has them in PACKAGES.REQUIRE"

    @property
    def saves_jobs(self) -> bool:  # type: ignore[override]  # likewise
        """What the method says that brings Python."""
        base = _base(current())
        return base is None or base.saves_jobs

    def check(self, pool: PoolView) -> Suitability:
        """Say what the method says that brings Python; of the Python on nodes, HTMap cannot know."""
        settings = current()
        if (base := _base(settings)) is not None:
            said = base.check(pool)
            return attrs.evolve(said, reason=f"{said.reason} ({base.name}, with packages on top)")
        needed = f"needs Python {settings.python_version} on the execute nodes, and sends packages"
        return Suitability.unknown(f"{needed}; slots do not say whether they have it", RANK)

    def lacks(self, modules: Collection[str], options: MapOptions) -> Collection[str]:
        """Return what the Python below lacks where nothing is sent: packages that are declared may have any module."""
        settings = current()
        base = _base(settings)
        is_nothing_sent = settings.require == () and settings.file is None
        return base.lacks(modules, options) if base is not None and is_nothing_sent else ()

    def prepare(self, plan: MapPlan) -> None:
        """Build the packages, unless that was done for the same ones.

        :raises CannotBuild: they cannot be built.
        """
        from htmap_packages import store

        settings = current(plan.settings)
        if (base := _base(settings)) is not None:
            base.prepare(plan)
        wanted, target = _wanted(plan, settings)
        archive = None if wanted.is_empty else store.provide(wanted, target, settings, plan.map_dir)
        self._prepared = {plan.map_dir: Sent(wanted, target, archive)}
        if archive is not None:
            _logger.info("map %s sends packages with each job: %s", plan.tag, self._prepared[plan.map_dir])

    def unprepared(self, plan: MapPlan) -> str | None:
        """Say which packages would be built, or which are sent."""
        settings = current(plan.settings)
        base = _base(settings)
        sent = self._sent(plan, settings)
        own = None if sent.wanted.is_empty else f"packages: {sent}"
        below = None if base is None else base.unprepared(plan)
        return "; ".join(filter(None, (own, below))) or None

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Send the packages with each job. The execute side unpacks them.

        :raises TooOldNodes: no slot has a C library that they run with.
        """
        settings = current(plan.settings)
        if (base := _base(settings)) is not None:
            base.describe(submit, plan)
        archive = self._sent(plan, settings).archive
        if archive is None:
            return
        from htmap_packages.target import check_slots, requirement

        submit.add_input_file(submit_path(archive.path))
        # Besides what is requested if nobody says anything.
        submit.set_default("request_disk", f"{1024 + math.ceil((archive.size + archive.unpacked) / _MIB)}MB")
        if archive.machine:
            submit.require(f"Arch == {quoted(archive.machine)}")
        if archive.glibc is not None and base is None:
            check_slots(archive.glibc, plan.pool)
            submit.require(requirement(archive.glibc) or "")

    def _sent(self, plan: MapPlan, settings: PackagesSettings) -> Sent:
        if plan.map_dir in self._prepared:
            return self._prepared[plan.map_dir]
        from htmap_packages import store

        wanted, target = _wanted(plan, settings)
        return Sent(wanted, target, None if wanted.is_empty else store.known(wanted, target, settings.folder))


def _wanted(plan: MapPlan, settings: PackagesSettings) -> tuple[Declaration, Target]:
    from htmap_packages.declared.declaration import declaration
    from htmap_packages.target import Target

    target = Target.of(settings, may_differ=bool(setting(_ALLOWS_OTHERS)))
    return declaration(plan, settings), target


def _base(settings: PackagesSettings) -> DeliveryMethod | None:
    """Return the method that brings Python; None for the Python of the node.

    :raises WithoutBase: the setting names this method.
    """
    if not settings.on_top_of:
        return None
    if settings.on_top_of == PackagesDelivery.name:
        raise WithoutBase
    return delivery_method(settings.on_top_of, setting_origin(_BASE))


@hookimpl
def htmap_delivery_methods() -> Sequence[DeliveryMethod]:
    """Offer ``packages``."""
    return [PackagesDelivery()]


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    """Offer the table PACKAGES."""
    return {"PACKAGES": PackagesSettings}


@hookimpl
def htmap_commands() -> Sequence[click.Command]:
    """Offer ``htmap packages``."""
    from htmap_packages.commands import packages

    return [packages]
