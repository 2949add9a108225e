"""Transfer protocols: the URL schemes that inputs and outputs may have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Optional

import attrs

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")  # RFC 3986, section 3.1


def _lower(scheme: str) -> str:
    return scheme.lower()


def _check_scheme(_: object, attribute: attrs.Attribute[str], scheme: str) -> None:
    if not _SCHEME.fullmatch(scheme):
        raise ValueError(
            f"{attribute.name} {scheme!r} is no URL scheme: letters, digits, '+', '-' and '.', a letter first"
        )


@attrs.frozen
class TransferProtocol:
    """A URL scheme that files can be moved by, offered by a plugin through ``htmap_transfer_protocols``.

    :param scheme: the URL scheme, in lower case, without ``://``.
    :param script: an HTCondor file transfer plugin to send along with each job that uses the scheme; None where the execute
        nodes have one of their own.
    :param inputs: whether files can be fetched by it.
    :param outputs: whether files can be sent by it.
    """

    scheme: str = attrs.field(converter=_lower, validator=_check_scheme)
    script: Optional[Path] = attrs.field(default=None, converter=attrs.converters.optional(Path))
    inputs: bool = True
    outputs: bool = True
