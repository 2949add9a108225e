"""Advice about holds, from the reasons that HTCondor gives."""

from __future__ import annotations

import re

from htmap_core import names
from htmap_core.components import ComponentHold
from htmap_core.tracking.hold_codes import CONTAINER_FAILED, JOB_POLICY, MEMORY, NO_IMAGE, OF_RESOURCES, known
from htmap_core.wording import in_shell

_Causes = tuple[tuple[tuple[str, ...], str], ...]

# Signs in the reason of a failed transfer by URL, and the cause that they mean; the first match counts.
_OF_URLS: _Causes = (
    (("404",), "The server has no such file"),
    (
        ("401", "403"),
        "The server does not accept the keys or the user, or the signed URL of an output was too old; a release signs it anew",
    ),
    (("certificate", "SSL", "TLS"), "The execute node does not trust the server, or it speaks no TLS"),
    (
        ("resolve host",),
        "The execute node finds no server of that name; the S3 server of an s3:// URL needs a dot in its name",
    ),
    (("connect",), "The server does not answer the execute node"),
)
# Signs in the reason for which a container does not start, likewise.
_OF_IMAGES: _Causes = (
    (
        ("no basic auth", "unauthorized", "authentication required", "access denied", "denied:"),
        "The registry gives the image only to those who log in, or has none of that name: execute nodes do not log in",
    ),
    (("manifest unknown", "no such manifest", "not found: manifest"), "The registry has no image of that name and tag"),
    (("invalid reference format",), "No image can have that name: Docker's names have no capitals and no blanks"),
    (
        ("no matching manifest", "exec format error"),
        "The image is for another kind of processor than the execute node has",
    ),
    (("image format not recognized", "image format not recognised"), "That file is no image that Apptainer can run"),
    (
        ("dial tcp", "no such host", "connection refused", "i/o timeout", "TLS handshake"),
        "The execute node cannot reach the registry",
    ),
    (
        ("could not open image", "no such file or directory"),
        "The execute node has no image there, or its `/bin/sh` is missing",
    ),
)
_ANOTHER_IMAGE = (
    "If the image's name is wrong, create the map again, for it is part of the map; if not, put that right, then "
    "`htmap release {tag}`. `htmap docs containers` has more"
)
_URL = re.compile(r"\w+://\S+")
_MEND = "Put that right, then `htmap release {tag}`"
_AFTER_ANY = f"{_MEND}; `htmap stderr {{tag}} N` may tell more"

_NOISE = "||FILETRANSFER:"  # behind it HTCondor lists all transfer plugins that it could not start, needed or not
_NOTHING_RETURNED = re.compile(rf"/{names.RETURN}: \(errno 2\)")
_HOST = re.compile(r"\b(slot\w*@[\w.-]+)")


def advice(hold: ComponentHold, tag: str) -> str:
    """Return advice about a hold of a component of the map *tag*."""
    if is_of_url(hold):
        told = _URL.sub("", hold.reason)  # a port or a path may contain any number
        for signs, cause in _OF_URLS:
            if any(sign in told for sign in signs):
                return f"{cause}. {_MEND}".format(tag=in_shell(tag))
    if is_of_image(hold):
        for signs, cause in _OF_IMAGES:
            if any(sign in hold.reason for sign in signs):
                return f"{cause}. {_ANOTHER_IMAGE}".format(tag=in_shell(tag))
    found = known(hold.code, hold.subcode)
    return (found.advice if found else _AFTER_ANY).format(tag=in_shell(tag))


def codes(hold: ComponentHold) -> str:
    """Return the code of a hold, and its subcode if it has one.

    >>> codes(ComponentHold(26, "not on Sundays", 5))
    '26/5'
    """
    return f"{hold.code}/{hold.subcode}" if hold.subcode else str(hold.code)


def explained(hold: ComponentHold) -> str:
    """Return the reason of a hold, with its code and what that means.

    >>> explained(ComponentHold(1, "hold with htmap"))
    'hold with htmap (code 1: you, or an administrator, held it by a command)'
    """
    found = known(hold.code, hold.subcode)
    meaning = f": {found.meaning}" if found else ""
    return f"{hold.reason} (code {codes(hold)}{meaning})"


def is_for_memory(hold: ComponentHold) -> bool:
    """Return whether the execute node holds a job because it has used more memory than its slot has."""
    return hold.code in OF_RESOURCES and hold.subcode == MEMORY


def is_of_url(hold: ComponentHold) -> bool:
    """Return whether the cause of a hold is a failed transfer from or to a URL."""
    return hold.code in {12, 13} and "URL file =" in hold.reason


def is_of_image(hold: ComponentHold) -> bool:
    """Return whether a component is held because its container could not be started."""
    return hold.code == NO_IMAGE or (hold.code, hold.subcode) == (JOB_POLICY, CONTAINER_FAILED)


def in_our_words(reason: str) -> str:
    """Return a reason without HTCondor's list of unrelated transfer plugins, and without names that mean nothing to users.

    The folder that jobs return is missing where a job has emptied its directory and then killed even the process that watches it.
    """
    if _NOTHING_RETURNED.search(reason):
        host = _HOST.search(reason)
        where = f" on {host[1]}" if host else ""
        return f"It ended{where} and left nothing: its files were deleted and all its processes killed, so it could not say why"
    return reason.partition(_NOISE)[0]
