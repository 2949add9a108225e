"""Transfer protocols: URL schemes for inputs and outputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Optional

import attrs

# RFC 3986 also allows + - and . in a scheme. HTCondor reads the part before one of them as the name of a token.
_SCHEME = re.compile(r"[a-z][a-z0-9]*")


Sender = Callable[[str], str]
"""Turns the URL that a user gives for an output into the URL that the execute node sends it to."""


def _lower(scheme: str) -> str:
    return scheme.lower()


def _check_scheme(_: object, attribute: attrs.Attribute[str], scheme: str) -> None:
    if not _SCHEME.fullmatch(scheme):
        raise ValueError(
            f"{attribute.name} {scheme!r} is not a URL scheme for HTCondor: it needs letters and digits, a letter first"
        )


@attrs.frozen
class TransferProtocol:
    """A URL scheme to transfer files by. A plugin offers it through ``htmap_transfer_protocols``. Since 0.7.

    >>> TransferProtocol("osdf", outputs=False).scheme
    'osdf'

    :param scheme: the URL scheme, without ``://``; it is stored in lower case.
    :param script: an HTCondor file transfer plugin to send with each job that uses the scheme; None if execute nodes have one.
    :param inputs: whether it can fetch files.
    :param outputs: whether it can send files.
    :param options: the submit commands that it needs, such as those that name files with access keys.
    :param sender: for a protocol whose output URLs must be rewritten. Runs on the submit machine, with the values of
        :attr:`options` and of all other options that hold for the whole map: once when the map is created, and again when URLs
        are made anew, because those of before may have ended. The function that it returns runs for each URL.
    """

    scheme: str = attrs.field(converter=_lower, validator=_check_scheme)
    script: Optional[Path] = attrs.field(default=None, converter=attrs.converters.optional(Path))
    inputs: bool = True
    outputs: bool = True
    options: tuple[str, ...] = ()
    sender: Optional[Callable[[Mapping[str, str]], Sender]] = None
