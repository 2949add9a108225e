"""The plugin ``transplant``."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from htmap_core import DeliveryMethod, MapPlan, PoolView, SubmitDescription, Suitability, hookimpl, quoted, submit_path
from htmap_transplant.errors import NotTransplantable
from htmap_transplant.installation import Installation, refusal, running
from htmap_transplant.settings import TransplantSettings, current
from htmap_transplant.store import making
from htmap_transplant.store.packed import Transplant

if TYPE_CHECKING:
    import click

RANK = 10  # if all slots can: it works nearly everywhere, but sends tens or hundreds of megabytes with each job
LAUNCHER = Path(__file__).with_name("launcher.sh")
_ATTRIBUTE = "HTMapTransplant"  # the names of the archives, with slashes between them, which are in no name
_ROOM = (
    512 << 20
)  # bytes of disk space that jobs have beside Python; so HTMap's built-in gigabyte is enough for Python, too


class TransplantDelivery(DeliveryMethod):
    """Run components with a copy of the submitting Python, which travels with each job."""

    name = "transplant"

    def __init__(self, find: Callable[[], Installation] = running) -> None:
        self._find = find
        self._prepared: dict[Path, Transplant] = {}

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
            packed = making.pack(self._installation(), settings.folder, plan.map_dir, settings.keep_days)
            self._prepared = {plan.map_dir: packed}
        elif settings.alternate_input_path is None:
            used = making.use(making.place_of(self._installation(), settings.folder), plan.map_dir)
            self._prepared = {plan.map_dir: used}

    def describe(self, submit: SubmitDescription, plan: MapPlan) -> None:
        """Send the archives with each job, and start the launcher, which unpacks it.

        :raises CannotTransplantPython: this Python cannot run elsewhere.
        """
        settings = current(plan.settings)
        if settings.alternate_input_path is not None:
            sources = [settings.alternate_input_path]
        else:
            packed = self._prepared.get(plan.map_dir) or making.planned(self._installation(), settings.folder)
            sources = [str(each) for each in packed.archives]
            if packed.unpacked > _ROOM:
                submit.set_default("request_disk", f"{(packed.unpacked + _ROOM) >> 20}MB")
        submit.launch_with(LAUNCHER, transfer=True)
        for each in sources:
            submit.add_input_file(submit_path(each))
        submit.set_attribute(_ATTRIBUTE, submit_path(quoted("/".join(Path(each).name for each in sources))))
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
