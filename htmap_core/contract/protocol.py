"""Transfer protocols: the URL schemes that inputs and outputs may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Optional

import attrs

# RFC 3986 also has + - and . in a scheme. HTCondor takes what stands before one of them for the name of a token.
_SCHEME = re.compile(r"[a-z][a-z0-9]*")


Sender = Callable[[str], str]
"""Turns the URL that a user wants an output at into the one that the execute node sends it to."""


def _lower(scheme: str) -> str:
    return scheme.lower()


def _check_scheme(_: object, attribute: attrs.Attribute[str], scheme: str) -> None:
    if not _SCHEME.fullmatch(scheme):
        raise ValueError(
            f"{attribute.name} {scheme!r} is no URL scheme that HTCondor understands: letters and digits, a letter first"
        )


@attrs.frozen
class TransferProtocol:
    """A URL scheme that files can be moved by, offered by a plugin through ``htmap_transfer_protocols``.

    :param scheme: the URL scheme, in lower case, without ``://``.
    :param script: an HTCondor file transfer plugin to send along with each job that uses the scheme; None where the execute
        nodes have one of their own.
    :param inputs: whether files can be fetched by it.
    :param outputs: whether files can be sent by it.
    :param options: the submit commands without which it does not work, such as those that name files with access keys.
    :param sender: for a protocol whose output URLs must be rewritten on the submit side. Called once for a map, with the values
        of :attr:`options` and of all other options that hold for the whole map; returns what is then called for each URL.
    """

    scheme: str = attrs.field(converter=_lower, validator=_check_scheme)
    script: Optional[Path] = attrs.field(default=None, converter=attrs.converters.optional(Path))
    inputs: bool = True
    outputs: bool = True
    options: tuple[str, ...] = ()
    sender: Optional[Callable[[Mapping[str, str]], Sender]] = None
