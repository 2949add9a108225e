"""The option ``walltime``: how long one component may take, and what that makes of the time limit of jobs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import attrs

from htmap_core import durations, names
from htmap_core.contract.option_values import WALLTIME, is_fixed
from htmap_core.exceptions import InvalidOption
from htmap_core.language.submit_text import attribute_name
from htmap_core.settings import tables

_MOST = 366 * 24 * 3600  # seconds; nobody waits for longer, and what is more was meant in another unit
_MOST_OF_A_JOB = 2**31 - 1  # seconds; HTCondor has them in 32 bits


@attrs.frozen
class Walltime:
    """The time limits of a map's jobs, as the option ``walltime`` wants them. Since 0.7.

    A site that has a limit of its own is told of it in the site's words::

        @hookimpl
        def htmap_rewrite_submit(submit, plan):
            if plan.walltime is not None:
                submit.set_default("MY.MaxRuntime", plan.walltime.seconds)

    HTCondor's own limit, ``allowed_execute_duration``, is set already, and can be taken away with ``submit.take``.

    :param wanted: the seconds that the components of a job may take together, one after the other; of the largest job.
    :param limit: the seconds that this job may take: with the time for starting it, and for sending its files back.
    """

    wanted: int
    limit: int

    @property
    def seconds(self) -> str:
        """The limit of each job, for a submit description: a macro that is a whole number of seconds in each job's own.

        It may stand within an expression. If a user gives the map more time, the attributes with it are changed, too.
        """
        return names.WALLTIME_MACRO


def wanted(given: Any) -> int | None:
    """Return the seconds that one component may take; None for an empty text, which sets no limit.

    :raises InvalidOption: *given* is no span of time, or so long that it must be a mistake.
    """
    if given == "":
        return None
    try:
        found = durations.seconds(given)
    except ValueError as error:
        raise InvalidOption(WALLTIME, given, str(error)) from None
    if found > _MOST:
        raise InvalidOption(WALLTIME, given, f"is more than a year; seconds are meant by a number alone, here {found}")
    return found


def of_job(component: int, components: int = 1, *, margin: int) -> Walltime:
    """Return the time of a job with so many components, each of which may take *component* seconds. Nobody else computes it.

    :param margin: the seconds for everything else, from :func:`margin_of_jobs`.
    """
    together = component * components
    return Walltime(wanted=min(together, _MOST_OF_A_JOB), limit=min(together + margin, _MOST_OF_A_JOB))


def margin_of_jobs() -> int:
    """Return the seconds that a job may take besides its components, which the setting WALLTIME_MARGIN says."""
    margin: float = tables.setting("WALLTIME_MARGIN")
    return math.ceil(margin)


def of_all_jobs(given: Any, chunksize: int) -> Walltime | None:
    """Return the time of the largest job of a map; None if the option *given* sets no limit for all components alike."""
    component = wanted(given) if given is not None and is_fixed(given) else None
    return None if component is None else of_job(component, chunksize, margin=margin_of_jobs())


def edits(component: int, chunksize: int, commands: Mapping[str, str]) -> dict[str, int | str]:
    """Return the attributes of a map's jobs that give its components another time, with their new values.

    :param commands: the map's submit commands. Attributes in which the old limit stands, in the words of a site, are among them.
    """
    limit = of_job(component, chunksize, margin=margin_of_jobs()).limit
    of_site = {name: text for name, text in commands.items() if attribute_name(name) and _MACRO.search(text)}
    told: dict[str, int | str] = {
        attribute_name(name) or "": _MACRO.sub(str(limit), text) for name, text in of_site.items()
    }
    return {"AllowedExecuteDuration": limit, **told}


_MACRO = re.compile(re.escape(names.WALLTIME_MACRO), re.IGNORECASE)
