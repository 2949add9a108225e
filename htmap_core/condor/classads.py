"""ClassAds of the bindings as values of Python, and expressions evaluated in part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plain(ad: Any) -> dict[str, Any]:
    """Return a ClassAd as a dictionary of Python values; expressions stay text, and what is undefined is None."""
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
    """Return a ClassAd *expression* with the *attributes* of a job in place of their names; None where it cannot be parsed.

    What is left of it is about the slot, and about attributes of the job that are not among those given.
    """
    import classad2  # comes with htcondor2, and takes as long

    try:
        job = classad2.ClassAd({name: classad2.ExprTree(value) for name, value in attributes.items()})
        return str(job.flatten(classad2.ExprTree(expression)))
    except classad2.ClassAdException:
        return None  # the schedd says what is wrong with it, when it gets it
