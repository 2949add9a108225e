"""What every answer has."""

from __future__ import annotations

from typing import Optional, TypedDict


class Error(TypedDict):
    """What has failed.

    :param type: the class, such as ``TagNotFound``: one of ``htmap.exceptions``, or ``UsageError`` and the like for wrong usage.
    :param message: its text, for people.
    :param tag: the map that it is about; null if it is about none, or about several.
    :param commands: the commands that the text proposes.
    """

    type: str
    message: str
    tag: Optional[str]
    commands: list[str]
