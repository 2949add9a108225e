"""HTMap on the OSPool: how long jobs may run, and how large files travel. https://portal.osg-htc.org/documentation"""

import urllib.parse
from pathlib import PurePath

from htmap_core import HTMapException, durations, hookimpl, quoted
from htmap_core.exceptions import InvalidOption

_HOUR = 3600
_LARGE = 1_000_000_000  # bytes of a file that the access point should not send itself

# Jobs of a category are meant to take less than this. The OSPool lets them run for twice as long.
CATEGORIES = {"Medium": 10 * _HOUR, "Long": 20 * _HOUR}


class NamedByNoUrl(HTMapException):
    """A file below /ospool cannot travel by OSDF."""


@hookimpl
def htmap_rewrite_submit(submit, plan):
    if plan.pool.address.pool == "machine" and plan.walltime is not None:
        submit.set_default("MY.JobDurationCategory", quoted(_category(plan.walltime.limit)))


def _category(limit):
    for name, meant in CATEGORIES.items():
        if limit <= meant:
            return name
    longest = durations.in_words(2 * CATEGORIES["Long"])
    if limit <= 2 * CATEGORIES["Long"]:
        return "Long"
    advice = "Put fewer components into a job, or let them checkpoint"
    raise InvalidOption(
        "walltime", durations.in_words(limit), f"no job of the OSPool runs for more than {longest}. {advice}"
    )


@hookimpl
def htmap_rewrite_input(file, pool):
    if pool.address.pool != "machine":
        return
    if _is_shared(file.path) and not file.is_folder:
        file.fetch_from(f"osdf://{urllib.parse.quote(str(file.path))}")
    elif _is_shared(file.path):
        raise NamedByNoUrl(f"{file.path} is a folder: below /ospool only files travel by OSDF. Pack it into an archive")
    elif (file.size or 0) > _LARGE:
        file.warn("it has more than 1 GB; keep such files in /ospool/<access point>/data/<you>")


def _is_shared(path):
    return PurePath(path).parts[1:2] == ("ospool",)
