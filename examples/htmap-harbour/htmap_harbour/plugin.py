"""A site: where its pool is, and what its jobs must say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from htmap_core import MapPlan, Pool, PoolAddress, SubmitDescription, connect, hookimpl, quoted, table

DOMAIN = "harbour.example.org"  # `condor_config_val UID_DOMAIN` prints it on the machines of the site
MEMORY = "2GB"  # for jobs whose user has not said otherwise


@attrs.frozen
class HarbourSettings:
    """What `[HARBOUR]` in ~/.htmaprc can say."""

    project: str = attrs.field(default="", metadata={"meaning": "the project that jobs count for"})


class Harbour(Pool):
    """The pool of the site, on the machines that submit to it."""

    name = "harbour"
    rank = 200  # before the machine's own pool, which has 100
    limits_steps = True  # htmap_rewrite_submit is for maps of this pool alone

    def find(self) -> PoolAddress | None:
        address = PoolAddress.of_machine(self.name)
        pool = connect(address)
        return address if pool.parameter("UID_DOMAIN") == DOMAIN and pool.answers() else None

    def advice(self) -> str:
        return f"this machine does not submit to {DOMAIN}, or `condor_q` shows why it cannot now"


@hookimpl
def htmap_pools() -> Sequence[Pool]:
    return [Harbour()]


@hookimpl
def htmap_settings() -> Mapping[str, type]:
    return {"HARBOUR": HarbourSettings}


@hookimpl
def htmap_rewrite_submit(submit: SubmitDescription, plan: MapPlan) -> None:
    project = table("HARBOUR", HarbourSettings, plan.settings).project
    if project:
        submit.set_default("MY.ProjectName", quoted(project))
    submit.set_default("request_memory", MEMORY)
    if plan.walltime is not None:
        submit.set_default("MY.MaxRuntime", plan.walltime.seconds)
