"""Markdown for the references that are made of docstrings, signatures and classes."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

_WIDTH = 140
_STARS: dict[Any, str] = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
_LONGEST = 100  # characters of a signature on one line


def filled(text: str) -> str:
    """Return a paragraph."""
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def code(text: str) -> str:
    """Return a block of Python, which other tests than those of the pages run."""
    return f"```py\n{text}\n```\n"


def shown(text: str) -> str:
    """Return a block with what a terminal shows."""
    return f"```text\n{text}\n```\n"


def table(rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table; the first row is its head."""
    head, *body = [[each.replace("|", "\\|") for each in row] for row in rows]
    return "".join(
        re.sub(r"\|  (?=\|)", "| ", f"| {' | '.join(row)} |\n") for row in (head, ["---"] * len(head), *body)
    )


def items(rows: Iterable[tuple[str, str]]) -> str:
    """Return a list of what is named, each with what is said of it."""
    return "".join(f"- {name}: {said.rstrip('.')}\n" for name, said in rows)


def upper(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def signature(function: Callable[..., Any], name: str = "") -> str:
    """Return the arguments of a function and what it returns, as its source has them; a long one takes a line for each.

    :param name: what stands before it, so that the whole is a call.
    """
    signed = inspect.signature(function)
    arguments: list[str] = []
    for argument, each in signed.parameters.items():
        if argument in {"self", "cls"}:
            continue
        stars = _STARS.get(each.kind, "")
        if each.kind is each.KEYWORD_ONLY and not any(known.startswith("*") for known in arguments):
            arguments.append("*")
        default = "" if each.default is each.empty else f" = {each.default!r}"
        annotation = "" if each.annotation is each.empty else f": {type_(each.annotation)}"
        arguments.append(f"{stars}{argument}{annotation}{default}")
    returned = "" if signed.return_annotation is signed.empty else f" -> {type_(signed.return_annotation)}"
    whole = f"{name}({', '.join(arguments)}){returned}"
    if not name or len(whole) <= _LONGEST:
        return whole
    lines = "".join(f"    {each},\n" for each in arguments)
    return f"{name}(\n{lines}){returned}"


def type_(annotation: Any) -> str:
    """Return a type as the source has it."""
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return f"{text[len('Optional[') : -1]} | None" if text.startswith("Optional[") else text
