"""CERN's words on holds, removals, vacates and its schedds' limit.

https://batchdocs.web.cern.ch/concepts/service-limits.html has the rules.
"""

from __future__ import annotations

import re

from htmap_core import Interruption, SiteWords, wording

_AGAIN = "`htmap rerun components {tag} --status removed` submits it again"
_MEMORY, _DISK = 102, 104  # HTCondor's subcodes for resources
_TRANSFERS = {
    12,
    13,
}  # its codes whose subcode is an error of the operating system, of which 104 is a connection that broke

# What the reason of a removal has, and what it means; the first match counts.
_REMOVALS = (
    (
        r"\b(held|hold)\b",
        SiteWords(
            "CERN removes a job that was held for more than 24 hours", f"Put the cause of the hold right; then {_AGAIN}"
        ),
    ),
    (
        r"\brestart",
        SiteWords(
            "CERN removes a job that was started more than ten times",
            f"`htmap job {{tag}} N` may tell why it never came to its end; {_AGAIN}",
        ),
    ),
    (
        r"\bwall ?time\b|MaxRuntime|JobFlavour",
        SiteWords(
            "it ran longer than CERN allows it; a job that says nothing has 20 minutes",
            "Make a map with the option `walltime`: a job that takes longer is held then, and what has ended in it is kept. The "
            "options MaxRuntime and JobFlavour say it in CERN's words, and CERN.MAX_RUNTIME for all maps",
        ),
    ),
)


_RUNNING = "MAX_JOBS_RUNNING"
_FULL = SiteWords(
    "CERN lets each schedd run 10,000 jobs at a time, those of all its users together",
    "The others start as these end. After `myschedd bump`, new maps go to another schedd, and this one stays where it is",
)


def on(interruption: Interruption) -> SiteWords | None:
    """Return what CERN means by what happened to a job; None if it has no rule about that."""
    if interruption.kind == "hold":
        return _told(_of_hold(interruption.code, interruption.subcode), interruption)
    if interruption.kind == "wait":
        return _FULL if interruption.reason == _RUNNING else None
    if interruption.kind == "vacate":
        return SiteWords("CERN removes a job that is started more than ten times; each vacate counts")
    for sign, words in _REMOVALS:
        if re.search(sign, interruption.reason, re.IGNORECASE):
            return _told(words, interruption)
    return None


def _of_hold(code: int | None, subcode: int) -> SiteWords:
    advice = f"`htmap release {{tag}}` before that; after it, {_AGAIN}"
    if subcode in {_MEMORY, _DISK} and code not in _TRANSFERS:
        advice += ". Memory and disk come with cores there: for more of it, a new map may need the option request_cpus"
    return SiteWords("CERN removes a job that is held for more than 24 hours", advice)


def _told(words: SiteWords, interruption: Interruption) -> SiteWords:
    return SiteWords(words.meaning, words.advice.format(tag=wording.in_shell(interruption.tag)))
