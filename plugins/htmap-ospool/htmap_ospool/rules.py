"""Put the OSPool's attributes into a submit description, from users' options and settings."""

from __future__ import annotations

import re

from htmap_core import MapOptions, MapPlan, SubmitDescription, quoted
from htmap_core.exceptions import InvalidOption
from htmap_ospool import categories, images, requests
from htmap_ospool.errors import ProjectNeeded
from htmap_ospool.settings import PROJECT, OspoolSettings
from htmap_ospool.warnings import LongJobs

CATEGORY = "JobDurationCategory"
_PROJECT = "ProjectName"
_COMMAND = "project_name"  # which HTCondor makes the same attribute of


def apply(submit: SubmitDescription, plan: MapPlan, told: OspoolSettings) -> None:
    """Write the OSPool's attributes: from the map's options if they have them, else from the settings.

    :param told: the settings of the table OSPOOL.
    :raises ProjectNeeded: nothing names a project.
    :raises NoDocker: the map asks for Docker.
    :raises InvalidOption: an option names a category that does not exist, or one for less time than the option ``walltime``
        wants, or no category has as much.
    """
    image = images.look_at(submit, plan.pool)
    _charge(submit, told)
    _limit_time(submit, plan)
    requests.look_at(submit, image)


def time_limit(options: MapOptions) -> int | None:
    """Return the seconds that a job is meant to take by its category, which is Medium if nothing names one.

    The option ``walltime`` wins. What is an expression is not known.

    :raises InvalidOption: there is no such category.
    """
    for name, value in options.fixed().items():
        if name.removeprefix("MY.").casefold() == CATEGORY.casefold():
            return _known(categories.MEANT, _category(value))
    return None if options.get("walltime", "") != "" else categories.MEANT[categories.DEFAULT]


def _charge(submit: SubmitDescription, told: OspoolSettings) -> None:
    """Name the project; a name without quotes, which HTCondor would take for an attribute, gets them."""
    own = _own(submit, _PROJECT)
    if own is not None:
        submit.set_attribute(_PROJECT, quoted(own) if re.fullmatch(r"[\w.+-]+", own) else own)
    elif submit.has(_COMMAND):
        return
    elif told.project is None:
        raise ProjectNeeded(PROJECT)
    else:
        submit.set_attribute(_PROJECT, quoted(told.project))


def _limit_time(submit: SubmitDescription, plan: MapPlan) -> None:
    """Name the category: the user's own, or the one that gives as much time as the option ``walltime`` wants."""
    wanted = plan.walltime.wanted if plan.walltime is not None else 0
    own = _own(submit, CATEGORY)
    chosen = _chosen(wanted) if own is None else _category(own)
    submit.set_attribute(CATEGORY, chosen)
    allowed = _known(categories.ALLOWED, chosen)
    if allowed is not None and allowed < wanted:
        needed = categories.hours(wanted)
        raise InvalidOption(CATEGORY, own, f"allows less than the {needed} that jobs may take by the option walltime")
    longest = max(categories.MEANT.values())
    if wanted > longest and not plan.checkpoints:
        submit.warn(LongJobs(wanted, longest))
    if plan.is_chosen and allowed is not None:
        submit.set_default("MY.HTMapTimeLimit", allowed)


def _chosen(wanted: int) -> str:
    try:
        return quoted(categories.holding(wanted))
    except ValueError as error:
        advice = (
            "Put fewer components into a job; or let it end for its checkpoints (checkpoint='exit'): then `walltime` is the time "
            "between two of them, see `htmap docs checkpoint`"
        )
        raise InvalidOption("walltime", categories.hours(wanted), f"{error}. {advice}") from error


def _category(given: str) -> str:
    """Return the expression for a category: a plain name gets quotes, any other expression stays as it is."""
    if not re.fullmatch(r"\w+", given):
        return given
    try:
        return quoted(categories.category(given))
    except ValueError as error:
        raise InvalidOption(CATEGORY, given, str(error)) from error


def _known(of: dict[str, int], expression: str) -> int | None:
    return of.get(expression.strip('"').capitalize())


def _own(submit: SubmitDescription, name: str) -> str | None:
    """Take out the user's option: the attribute ``+name``, or the command ``name`` if the user forgot the plus sign."""
    attribute, command = submit.take(f"MY.{name}"), submit.take(name)
    return command if attribute is None else attribute
