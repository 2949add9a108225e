"""Spell a list of components on the command line of a job: ``0-9,12``."""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def parse(text: str) -> Sequence[int]:
    """Return the components that *text* names, in its order. A million that follow one another take no memory.

    :param text: numbers and ranges, separated by commas; a range includes both ends.
    :raises ValueError: *text* is anything else.
    """
    found: list[range] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not _is_number(first) or (dash and not (_is_number(last) and int(first) <= int(last))):
            raise ValueError(f"not a list of components: {text!r}; one looks like '0-9,12'")
        found.append(range(int(first), int(last or first) + 1))
    return found[0] if len(found) == 1 else [component for each in found for component in each]


def spell(components: Iterable[int]) -> str:
    """Return the shortest text from which :func:`parse` makes *components*, in their order."""
    runs: list[list[int]] = []
    for component in components:
        if runs and component == runs[-1][1] + 1:
            runs[-1][1] = component
        else:
            runs.append([component, component])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
