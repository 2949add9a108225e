"""ClassAd expressions as text: quoting, checking, combining and taking apart."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from htmap_core.exceptions import InvalidOption
from htmap_run import ranges

# Strings, quoted names and comments, as in HTCondor's manual. Brackets inside them are text.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|/\*.*?\*/', re.DOTALL)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def quoted(text: object) -> str:
    r"""Return *text* as a ClassAd string: in double quotes, with quotes and backslashes escaped. Since 0.7.

    In a submit description ``$`` also begins a macro; use ``submit_path(quoted(text))`` there.

    >>> print(quoted('a "tide"'))
    "a \"tide\""
    """
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def check_expression(name: str, text: str) -> None:
    """Check that *text* remains one expression in brackets beside others.

    HTCondor's own parser checks only the combined expression, when the map is submitted. There, a comment can swallow the rest,
    and an extra bracket can change the grouping.

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
    """Return one expression that is true if all *expressions* are true; repeated expressions appear once."""
    distinct = list(dict.fromkeys(expressions))
    return distinct[0] if len(distinct) == 1 else " && ".join(f"({each})" for each in distinct)


def among(name: str, numbers: Iterable[int]) -> str:
    """Return an expression that is true where the attribute *name* is one of *numbers*, and undefined where there is none.

    It halves them again and again: a schedd looks at each job in its queue, and a comparison with each of a thousand numbers
    would keep it busy for seconds.

    >>> among("ProcId", [3, 4, 5, 9])
    '(ProcId < 9 ? (ProcId >= 3 && ProcId <= 5) : ProcId == 9)'
    """
    listed = ranges.spell(sorted(set(numbers)))
    return _halved(name, listed.split(",")) if listed else "false"


def _halved(name: str, runs: Sequence[str]) -> str:
    middle = len(runs) // 2
    first, dash, last = runs[middle].partition("-")
    if middle:
        return f"({name} < {first} ? {_halved(name, runs[:middle])} : {_halved(name, runs[middle:])})"
    return f"({name} >= {first} && {name} <= {last})" if dash else f"{name} == {first}"


def conjuncts(expression: str) -> list[str]:
    """Return the operands of an expression's outermost ``&&``, without superfluous brackets: the parts that must all be true."""
    text = expression.strip()
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), text).replace("=?=", "===")
    depth, ends, lowest = 0, [], len(bare)
    for index, character in enumerate(bare):
        depth += (character in _PAIRS.values()) - (character in _PAIRS)
        if depth == 0 and (character == "?" or bare.startswith("||", index)):
            return [text]  # `?` and `||` bind less than `&&`
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
"""A slot's total of each resource. The plain attributes of a partitionable slot have only what is free at the moment."""

_NAME = re.compile(
    rf"(?P<quoted>{_QUOTED.pattern})|(?<![\w.])(?:(?P<scope>MY|TARGET)\s*\.\s*)?(?P<name>[a-z_]\w*)",
    re.IGNORECASE | re.DOTALL,
)


def names_in(expression: str) -> set[str]:
    """Return the names in an expression, attributes and functions, in lower case."""
    return {match["name"].casefold() for match in _NAME.finditer(expression) if match["name"]}


def without_scope(expression: str, names: Collection[str]) -> str:
    """Return a job's expression without ``MY.`` in front of the attributes *names*.

    For a job both forms mean the same. But partial evaluation finds an attribute only by its bare name.
    """
    known = {name.casefold() for name in names}

    def replaced(match: re.Match[str]) -> str:
        is_own = (match["scope"] or "").casefold() == "my" and match["name"].casefold() in known
        return str(match["name"] if is_own else match[0])

    return _NAME.sub(replaced, expression)


def about_slot(expression: str) -> str | None:
    """Return a job's expression as a question to a slot's own ad, with the totals of its resources.

    :returns: the expression; None if it needs attributes of the job (``MY.``), which a slot does not know.
    """

    def replaced(match: re.Match[str]) -> str:
        return str(match["quoted"] or TOTALS.get(match["name"].casefold(), match["name"]))

    is_about_job = any((match["scope"] or "").casefold() == "my" for match in _NAME.finditer(expression))
    return None if is_about_job else _NAME.sub(replaced, expression)
