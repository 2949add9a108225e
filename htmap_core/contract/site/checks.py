"""Checks of ``htmap doctor``, of HTMap itself and of plugins."""

from __future__ import annotations

from typing import Any, Literal, get_args

import attrs

Verdict = Literal["ok", "note", "problem"]


def check_text(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
    """Check that a field of what a plugin tells is text."""
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be text, not {value!r}")


def _check_verdict(_: object, __: attrs.Attribute[Any], value: object) -> None:
    if value not in get_args(Verdict):
        raise ValueError(f"the verdict must be {', '.join(map(repr, get_args(Verdict)))}, not {value!r}")


@attrs.frozen
class Check:
    """The result of one check of ``htmap doctor``. A plugin returns some from ``htmap_checks``. Since 0.7.

    >>> Check("project", "problem", "no project is set", "`htmap set SITE.PROJECT NAME`").verdict
    'problem'

    :param area: the subject in a word, such as ``schedd``.
    :param verdict: ``ok``; ``note`` if it may matter; ``problem`` if maps cannot run because of it, or not as they should. Then
        the exit code of ``htmap doctor`` is 1.
    :param text: the finding, in a sentence without a full stop.
    :param advice: what to do about it, with what to type; empty if nothing need be done.
    """

    area: str = attrs.field(validator=check_text)
    verdict: Verdict = attrs.field(validator=_check_verdict)
    text: str = attrs.field(validator=check_text)
    advice: str = attrs.field(default="", validator=check_text)
