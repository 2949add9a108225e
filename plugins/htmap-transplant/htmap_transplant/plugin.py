"""The plugin ``transplant``."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from htmap_core import DeliveryMethod, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl, quoted, submit_path
from htmap_transplant import store
from htmap_transplant.errors import NotTransplantable
from htmap_transplant.installation import Installation, refusal, running
from htmap_transplant.settings import TransplantSettings, current

if TYPE_CHECKING:
    import click

RANK = 10  # if all slots can: it works nearly everywhere, but sends tens or hundreds of megabytes with each job
LAUNCHER = Path(__file__).with_name("launcher.sh")
_ATTRIBUTE = "HTMapTransplant"


class TransplantDelivery(DeliveryMethod):
    """Run components with a copy of the submitting Python, which travels with each job."""

    name = "transplant"

    def __init__(self, find: Callable[[], Installation] = running) -> None:
        self._find = find
        self._prepared: dict[Path, Path] = {}

    def check(self, pool: PoolView) -> Suitability:
        """Say yes if slots have this machine's architecture and this Python can run elsewhere."""
        if not current().assume_exists and (reason := refusal(self._find())) is not None:
            return Suitability.no(f"this Python cannot be sent: {reason}")
        system = f"are {platform.system()} on {platform.machine()} (the whole Python is sent with each job)"
        return Suitability.of_slots(*pool.count(_requirements()), system, RANK)

    def prepare(self, plan: MapPlan) -> None:
        """Pack this Python, unless it is packed already and has not changed since.

        :raises CannotTransplantPython: it cannot be packed.
        """
        settings = current(plan.settings)
        if not settings.assume_exists:
            self._prepared = {plan.map_dir: store.pack(self._installation(), settings.folder, plan.map_dir)}
        elif settings.alternate_input_path is None:
            store.use(store.archive_of(self._installation(), settings.folder), plan.map_dir)

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Send the archive with each job, and start the launcher, which unpacks it.

        :raises CannotTransplantPython: this Python cannot run elsewhere.
        """
        settings = current(plan.settings)
        source = settings.alternate_input_path
        if source is None:
            archive = self._prepared.get(plan.map_dir) or store.archive_of(self._installation(), settings.folder)
            source = str(archive)
        submit.launch_with(LAUNCHER, transfer=True)
        submit.add_input_file(submit_path(source))
        submit.set_attribute(_ATTRIBUTE, submit_path(quoted(Path(source).name)))
        submit.require(_requirements())

    def _installation(self) -> Installation:
        installation = self._find()
        if (reason := refusal(installation)) is not None:
            raise NotTransplantable(installation.prefix, reason)
        return installation


def _requirements() -> str:
    return f"OpSys == {quoted(platform.system().upper())} && Arch == {quoted(platform.machine())}"


@hookimpl
def htmap_delivery_methods() -> Sequence[DeliveryMethod]:
    """Offer ``transplant``."""
    return [TransplantDelivery()]


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    """Offer the table TRANSPLANT."""
    return {"TRANSPLANT": TransplantSettings}


@hookimpl
def htmap_commands() -> Sequence[click.Command]:
    """Offer ``htmap transplants``."""
    from htmap_transplant.commands import transplants

    return [transplants]
