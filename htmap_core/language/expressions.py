"""ClassAd expressions as text: what must hold of one that is combined with others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from htmap_core.exceptions import InvalidOption

# Strings, quoted names and comments as HTCondor's manual has them; brackets inside of them are text.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|/\*.*?\*/', re.DOTALL)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def quoted(text: object) -> str:
    """Return *text* as a string of the ClassAd language: between double quotes, with its own quotes and backslashes escaped.

    Text in an expression always goes through it::

        submit.require(f"FileSystemDomain == {quoted(domain)}")

    In a submit description ``$`` begins a macro besides: there, ``submit_path(quoted(text))`` is what stays as it is.

    Since 0.7.
    """
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def check_expression(name: str, text: str) -> None:
    """Check that *text* stays one expression when it stands in brackets beside others.

    HTCondor's own parser has the last word when the map is submitted; but it sees the combined expression only, where a
    comment swallows what follows, and an extra bracket changes what belongs together.

    :param name: the option, for the message.
    :raises InvalidOption: a string or comment has no end, or a bracket has no partner.
    """
    rest, open_brackets = _QUOTED.sub(" ", text), []
    for sign in ('"', "'", "//", "/*"):
        if sign in rest:
            raise InvalidOption(name, text, f"has a {sign} that would swallow the requirements behind it")
    for character in rest:
        if character in _PAIRS.values():
            open_brackets.append(character)
        elif character in _PAIRS and (not open_brackets or open_brackets.pop() != _PAIRS[character]):
            raise InvalidOption(name, text, f"has a {character} without its {_PAIRS[character]}")
    if open_brackets:
        raise InvalidOption(name, text, f"has a {open_brackets[-1]} that is never closed")


def conjunction(expressions: Iterable[str]) -> str:
    """Return one expression that is true where all *expressions* are, each of them counted once."""
    distinct = list(dict.fromkeys(expressions))
    return distinct[0] if len(distinct) == 1 else " && ".join(f"({each})" for each in distinct)


def conjuncts(expression: str) -> list[str]:
    """Return the parts of an expression that must all be true: what its outermost ``&&`` combine, out of needless brackets."""
    text = expression.strip()
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), text).replace("=?=", "===")
    depth, ends, lowest = 0, [], len(bare)
    for index, character in enumerate(bare):
        depth += (character in _PAIRS.values()) - (character in _PAIRS)
        if depth == 0 and (character == "?" or bare.startswith("||", index)):
            return [text]  # they bind less than &&
        if depth == 0 and bare.startswith("&&", index):
            ends.append(index)
        if index < len(bare) - 1:
            lowest = min(lowest, depth)
    if not ends:
        return conjuncts(text[1:-1]) if lowest > 0 and text.startswith("(") else [text]
    parts = [text[begin:end] for begin, end in zip([0, *(end + 2 for end in ends)], [*ends, len(text)])]
    return [inner for part in parts for inner in conjuncts(part)]


TOTALS = {
    name.casefold(): f"ifThenElse(PartitionableSlot =?= true, TotalSlot{name}, {name})"
    for name in ("Cpus", "Memory", "Disk", "GPUs")
}
"""What a slot has of each resource: a partitionable slot's own attributes say what is left of it at the moment."""

_NAME = re.compile(
    rf"(?P<quoted>{_QUOTED.pattern})|(?<![\w.])(?:(?P<scope>MY|TARGET)\s*\.\s*)?(?P<name>[a-z_]\w*)",
    re.IGNORECASE | re.DOTALL,
)


def without_scope(expression: str, names: Collection[str]) -> str:
    """Return a job's expression with those of its own attributes that have *names* called by these alone.

    To a job they are the same, but where an expression is evaluated in part, HTCondor knows the attribute by its name only.
    """
    known = {name.casefold() for name in names}

    def replaced(match: re.Match[str]) -> str:
        is_own = (match["scope"] or "").casefold() == "my" and match["name"].casefold() in known
        return str(match["name"] if is_own else match[0])

    return _NAME.sub(replaced, expression)


def about_slot(expression: str) -> str | None:
    """Return a job's expression as one that a slot's own ad can be asked, with the totals of its resources.

    :returns: None where it is about attributes of the job (``MY.``), which a slot does not know.
    """

    def replaced(match: re.Match[str]) -> str:
        return str(match["quoted"] or TOTALS.get(match["name"].casefold(), match["name"]))

    is_about_job = any((match["scope"] or "").casefold() == "my" for match in _NAME.finditer(expression))
    return None if is_about_job else _NAME.sub(replaced, expression)
