"""The bindings' ClassAds as Python values, and partial evaluation of expressions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from htmap_core.condor import bindings


def plain(ad: Any) -> dict[str, Any]:
    """Return a ClassAd as a dictionary of Python values; expressions become text, and undefined values None."""
    return {name: _plain_value(value) for name, value in ad.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, (str, int, float, bool)) and type(value).__module__ == "builtins":
        return value
    if isinstance(value, list):
        return [_plain_value(each) for each in value]
    if type(value).__name__ == "Value":  # classad2.Value.Undefined and Error
        return None
    return str(value)


def seen_by_job(expression: str, attributes: Mapping[str, str]) -> str | None:
    """Return a ClassAd *expression* with the values of a job's *attributes* filled in; None if it cannot be parsed.

    The rest of the expression is about the slot, and about other attributes of the job.
    """
    classad2 = bindings.classads()
    try:
        job = classad2.ClassAd({name: classad2.ExprTree(value) for name, value in attributes.items()})
        return str(job.flatten(classad2.ExprTree(expression)))
    except classad2.ClassAdException:
        return None  # the schedd refuses it and says why


def is_expression(text: str) -> bool:
    """Return whether *text* is an expression of the ClassAd language."""
    classad2 = bindings.classads()
    try:
        classad2.ExprTree(text)
    except classad2.ClassAdException:
        return False
    return True


def ads_in(text: str, *, in_brackets: bool) -> list[dict[str, Any]]:
    """Return the ClassAds in a text as dictionaries.

    :param in_brackets: whether each stands between ``[`` and ``]``; if not, there is an attribute in each line.
    :raises ValueError: the text has something else.
    """
    classad2 = bindings.classads()
    notation = classad2.ParserType.New if in_brackets else classad2.ParserType.Old
    try:
        return [plain(ad) for ad in classad2.parseAds(text, notation)]
    except classad2.ClassAdException as error:
        raise ValueError(f"{text!r} is no list of ClassAds: {error}") from error
