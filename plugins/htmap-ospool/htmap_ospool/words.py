"""The OSPool's words on holds, removals and evictions. Its policies and its guide to errors have the rules.

https://portal.osg-htc.org/documentation
"""

from __future__ import annotations

import re

from htmap_core import Interruption, SiteWords, wording

_RELEASE = "`htmap release {tag}` lets it run again, elsewhere"
_AGAIN = "`htmap rerun components {tag} --status removed` submits it again"
_TOO_OFTEN = (
    "that is too long for machines that come and go: let the function save how far it is, see `htmap docs checkpoint`"
)

_MEMORY, _DISK = 102, 104  # its subcodes for resources
_TO_JOB, _FROM_JOB = 13, 12  # its codes for transfers

_TOO_LONG = SiteWords(
    "the OSPool holds a job that runs for longer than its category allows: 20 h for Medium, 40 h for Long",
    "Do not release it as it is. With fewer components in a job it takes less time (`htmap docs chunks`), a function that saves "
    "how far it is goes on from there (`htmap docs checkpoint`), and the option `walltime` chooses the category",
)
_OF_RESOURCES = {
    _MEMORY: SiteWords(
        "the OSPool holds a job that uses more memory than it asks for",
        "`htmap edit memory {tag} 4GB`, then `htmap release {tag}`",
    ),
    _DISK: SiteWords(
        "the OSPool holds a job that uses more disk space than it asks for; its image and its input files count",
        "`htmap edit disk {tag} 10GB`, then `htmap release {tag}`",
    ),
}

# What the reason of a hold has, and what it means; the first match counts.
_HOLDS = (
    # HTCondor's own words, with the limits of the OSPool: any other time is one that the user has set.
    (r"duration of (20:00:00|1\+16:00:00)|JobDurationCategory", _TOO_LONG),
    (
        r"restarted too many times|NumJobStarts|NumShadowStarts|\bstarts\b",
        SiteWords(
            "the OSPool holds a job that was started more than thirty times without coming to its end",
            _TOO_OFTEN.capitalize(),
        ),
    ),
    (
        r"already exists",
        SiteWords(
            "no file on OSDF can be written a second time",
            "Delete the file there, or give the outputs of a new map other names (`output_remaps`); then `htmap release {tag}`",
        ),
    ),
    (r"memory usage", _OF_RESOURCES[_MEMORY]),
    (r"disk usage|request_disk", _OF_RESOURCES[_DISK]),
    (
        r"\b(osdf|stash|pelican)\b",
        SiteWords(
            "this machine could not transfer a file by OSDF, or there is no such file",
            f"See whether the file is there under this name; then {_RELEASE}",
        ),
    ),
)
_REMOVALS = (
    (
        r"\b(held|hold)\b|HoldReason",
        SiteWords(
            "the OSPool removes a job that was held for more than 14 days",
            f"Put the cause of the hold right; then {_AGAIN}",
        ),
    ),
    (
        r"\bQDate\b|\bqueue",
        SiteWords("the OSPool removes a job that was in the queue for more than three months", _AGAIN),
    ),
)
_ANY_HOLD = SiteWords(
    "the OSPool removes a job that is held for more than 14 days", "`htmap release {tag}` before that runs it again"
)
_VACATE = SiteWords(
    "machines of the OSPool are lent, and their owners take them back at any time: the job starts again on another. After thirty "
    "starts the OSPool holds it"
)


def on(interruption: Interruption) -> SiteWords | None:
    """Return what the OSPool means by what happened to a job; None if it has no rule about that."""
    if interruption.kind == "vacate":
        return _VACATE
    rules = _HOLDS if interruption.kind == "hold" else _REMOVALS
    found = next((words for sign, words in rules if re.search(sign, interruption.reason, re.IGNORECASE)), None)
    if interruption.kind == "hold":
        found = _by_subcode(interruption) or found or _ANY_HOLD
    return found and SiteWords(found.meaning, found.advice.format(tag=wording.in_shell(interruption.tag)))


def _by_subcode(interruption: Interruption) -> SiteWords | None:
    return _OF_RESOURCES.get(interruption.subcode) if interruption.code not in {_TO_JOB, _FROM_JOB} else None
