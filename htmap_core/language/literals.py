"""Texts that stand for themselves in a submit description, where ``$`` can begin a macro.

HTCondor expands macros twice: ``$(name)`` and ``$FUNCTION(...)`` when jobs are submitted, ``$$(name)`` and ``$$([...])`` for
the slot that is found. ``$(DOLLAR)`` is the way to write a ``$`` in front of a bracket. HTCondor puts the ``$`` in and reads the
text once more, so neither ``$(DOLLAR)`` nor ``$$(`` can be written at all, and a ``$`` that begins no macro must stay as it is.
"""

from __future__ import annotations

import re

from htmap_core.exceptions import InvalidOption

_MACRO = re.compile(r"(?<!\$)\$(?=\w*\()")
_DOLLAR = "$(DOLLAR)"
_READ_AGAIN = re.compile(r"\$\(\s*DOLLAR", re.IGNORECASE)
_SLOTS = "$$("


def literal(name: str, text: str, *, asks_slots: bool = False) -> str:
    """Return what a submit description must have for *text* to arrive.

    >>> literal("environment", "5$ of $HOME and $(HOME)")
    '5$ of $HOME and $(DOLLAR)(HOME)'

    :param name: whose value it is, for the message.
    :param asks_slots: whether ``$$(...)`` is meant to be replaced by the slot.
    :raises InvalidOption: there is nothing of that kind.
    """
    if (found := _unwritable(text, asks_slots=asks_slots)) is not None:
        raise InvalidOption(name, text, f"has {found!r}, which HTCondor replaces by something else")
    return _MACRO.sub(_DOLLAR, text)


def is_writable(text: str) -> bool:
    """Return whether :func:`literal` can write *text*."""
    return _unwritable(text) is None


def original(written: str) -> str:
    """Return the text of which :func:`literal` has made *written*."""
    return written.replace(_DOLLAR, "$")


def _unwritable(text: str, *, asks_slots: bool = False) -> str | None:
    if not asks_slots and _SLOTS in text:
        return _SLOTS
    found = _READ_AGAIN.search(text)
    return found and found[0]
