"""Presigned URLs: each lets its holder put one object into a bucket for some days (signature version 4 of Amazon's S3).

HTCondor itself signs s3:// and gs:// URLs on the submit side, so that keys never travel. For outputs this fails in HTCondor 25:
the execute side requests a signature with an empty file name. The submit side takes this for an attempt to write outside of the
sandbox, and holds the job, although the upload succeeds.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import re
import urllib.parse
from collections.abc import Callable
from typing import Optional

import attrs

_ALGORITHM = "AWS4-HMAC-SHA256"
_SERVICE = "s3"
_UNSIGNED = "UNSIGNED-PAYLOAD"
_VALIDITY = re.compile(r"X-Amz-Date=(\d{8}T\d{6}Z)&X-Amz-Expires=(\d+)")
_STAMP = "%Y%m%dT%H%M%SZ"
_URL = re.compile(r"(s3|gs)://([^/]+)/(.+)", re.IGNORECASE | re.DOTALL)


@attrs.frozen
class Keys:
    """The access keys of a user of S3.

    :param access_key_id: the public part.
    :param secret: the secret part, which is never in a URL.
    :param region: the region of the bucket.
    """

    access_key_id: str
    secret: str = attrs.field(repr=False)
    region: Optional[str] = None


@attrs.frozen
class Validity:
    """For how long presigned URLs are good, in seconds since the epoch."""

    begin: float
    end: float

    @property
    def middle(self) -> float:
        """When half of the time is over."""
        return (self.begin + self.end) / 2


def validity(text: str) -> Validity | None:
    """Return for how long the presigned URLs in a text are good, all of them; None if it has none."""
    found = []
    for stamp, seconds in _VALIDITY.findall(text):
        begin = datetime.datetime.strptime(f"{stamp}+0000", f"{_STAMP}%z").timestamp()
        found.append(Validity(begin, begin + int(seconds)))
    return min(found, key=lambda each: each.end, default=None)


def signer(keys: Keys, now: datetime.datetime, days: float) -> Callable[[str], str]:
    """Return a function that turns the URL of an object into a presigned https URL, to which anyone can put the object.

    The function takes ``s3://`` or ``gs://``, a server, a bucket and an object. Without a server, the bucket is Amazon's or
    Google's; HTCondor recognises such a bucket because its name has no dot. The function raises ValueError if the URL names no
    object.

    :param now: the time from which the URLs are good.
    :param days: for how many days; S3 allows seven.
    """
    region = keys.region or "us-east-1"
    stamp = now.astimezone(datetime.timezone.utc).strftime(_STAMP)
    scope = f"{stamp[:8]}/{region}/{_SERVICE}/aws4_request"
    query = urllib.parse.urlencode(
        {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{keys.access_key_id}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(max(1, round(days * 24 * 60 * 60))),
            "X-Amz-SignedHeaders": "host",
        },
        quote_via=urllib.parse.quote,
        safe="",
    )
    key = f"AWS4{keys.secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")

    def signed(url: str) -> str:
        host, path = _address(url, keys.region)
        request = f"PUT\n{path}\n{query}\nhost:{host}\n\nhost\n{_UNSIGNED}"
        to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
        return f"https://{host}{path}?{query}&X-Amz-Signature={signature}"

    return signed


def _address(url: str, region: str | None) -> tuple[str, str]:
    """Return the host and the quoted path of an object, by HTCondor's rules."""
    found = _URL.fullmatch(url)
    if found is None:
        raise ValueError("names no object: it needs a scheme, a server and a bucket, or a bucket alone, and an object")
    scheme, host, path = found[1].lower(), found[2].lower(), urllib.parse.unquote(found[3])
    if "." not in host:
        in_region = f".{region}" if region else ""
        host = f"{host}.s3{in_region}.amazonaws.com" if scheme == "s3" else f"{host}.storage.googleapis.com"
    elif "/" not in path.strip("/"):
        raise ValueError(f"names no object: {host} counts as a server, so a bucket and an object must follow")
    return host, "/" + urllib.parse.quote(path, safe="/-._~")
