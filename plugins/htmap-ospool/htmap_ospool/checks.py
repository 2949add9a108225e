"""What the OSPool needs for maps, for ``htmap doctor``: a project, containers, and OSDF on the slots."""

from __future__ import annotations

from collections.abc import Iterator

from htmap_core import Check, PoolAccess, setting
from htmap_ospool.settings import PROJECT, OspoolSettings

_CONTAINERS = "HAS_SINGULARITY =?= true || HasSingularity =?= true"
_OSDF = 'stringListIMember("osdf", HasFileTransferPluginMethods)'


def of(pool: PoolAccess, told: OspoolSettings) -> Iterator[Check]:
    """Yield the checks of the OSPool.

    :param told: the settings of the table OSPOOL.
    """
    yield _project(told)
    if setting("DELIVERY_METHOD") == "docker":
        advice = "`htmap set DELIVERY_METHOD singularity`"
        yield Check("containers", "problem", "DELIVERY_METHOD is docker, and the OSPool runs no Docker", advice)
    yield from _slots(pool)


def _project(told: OspoolSettings) -> Check:
    if told.project is not None:
        return Check("project", "ok", f"the time of jobs is counted for {told.project}")
    return Check(
        "project",
        "problem",
        "none is named, and slots of the OSPool run no job without one",
        f"`htmap set {PROJECT} NAME`",
    )


def _slots(pool: PoolAccess) -> Iterator[Check]:
    for area, condition, can in (
        ("containers", _CONTAINERS, "run containers by Apptainer"),
        ("osdf", _OSDF, "fetch files by OSDF"),
    ):
        able, slots = pool.count(condition)
        if slots:
            yield Check(area, "ok" if able else "note", f"{able:,} of {slots:,} slots {can}")
