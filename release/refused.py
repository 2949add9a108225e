"""What ends a release before it is made."""

from __future__ import annotations


class Refused(Exception):
    """No release was made; the text says why, or what a command printed that failed."""
