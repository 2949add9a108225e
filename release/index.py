"""Whether the names of the distributions are free on the index that pip asks: only a release does, and never a test."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence

from release import changelogs
from release.distributions import Distribution

KNOWN = "attrs"  # which every index has: an index that cannot be asked seems to have nothing


def faults(distributions: Sequence[Distribution], version: str, ask: Callable[[str], list[str]]) -> Iterator[str]:
    """Yield which names are somebody else's, and which have this version already.

    A name is ours if each version on the index is one of our changelog.

    :param ask: returns the versions that an index has of a name; see :func:`versions`.
    """
    if not ask(KNOWN):
        yield f"the index cannot be asked: it seems not to have {KNOWN}. `pip index versions {KNOWN}` says why"
        return
    for each in distributions:
        found = ask(each.name)
        ours = {section.version for section in changelogs.sections(changelogs.text_of(each))}
        if others := [number for number in found if number not in ours]:
            yield f"the index has {each.name} {', '.join(others)}, which the changelog does not know: the name is taken"
        elif version in found:
            yield f"the index has {each.name} {version} already: `make version TO=...` makes the next one"


def versions(name: str) -> list[str]:
    """Return the versions of a name on the index, by pip."""
    command = [sys.executable, "-m", "pip", "index", "versions", "--pre", "--ignore-requires-python", name]
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r"^Available versions: (.*)$", answer, re.MULTILINE)
    return found[1].split(", ") if found else []
