"""Signatures of URLs, compared with those of Amazon's own library."""

from __future__ import annotations

import datetime
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from htmap_core.plugins.core.presigned import Keys, Validity, signer, validity
from tests.golden_files import Golden

NOW = datetime.datetime(2026, 11, 21, 9, 8, 7, tzinfo=datetime.timezone.utc)
KEYS = Keys("AKIA/+EXAMPLE", "sec/ret+==", None)


def by_botocore(host: str, path: str, region: str) -> tuple[str, datetime.datetime]:
    request = AWSRequest("PUT", f"https://{host}/{quote(path, safe='/-._~')}")
    credentials = Credentials(KEYS.access_key_id, KEYS.secret)
    S3SigV4QueryAuth(credentials, "s3", region, expires=7 * 24 * 60 * 60).add_auth(request)
    stamp = parse_qs(urlsplit(request.url).query)["X-Amz-Date"][0]
    return request.url, datetime.datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%SZ%z")


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow")  # botocore's own
@pytest.mark.parametrize("key", ["out.txt", "a b/c+d,e;f=g&h?i#j%k~l.txt", "übung/$(x)", "a//b/"])
def test_the_signature_is_the_one_that_botocore_makes(key: str) -> None:
    expected, now = by_botocore("s3.example.org:9000", f"bucket/{key}", "us-east-1")
    ours = signer(KEYS, now, 7)(f"s3://s3.example.org:9000/bucket/{quote(key)}")

    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(expected).query)
    assert urlsplit(ours).path == urlsplit(expected).path


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow")  # botocore's own
def test_the_region_is_part_of_the_signature() -> None:
    expected, now = by_botocore("s3.example.org", "bucket/x", "eu-west-1")
    ours = signer(Keys(KEYS.access_key_id, KEYS.secret, "eu-west-1"), now, 7)("s3://s3.example.org/bucket/x")

    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(expected).query)


@pytest.mark.parametrize(
    ("url", "region", "address"),
    [
        ("s3://bucket/a/b", None, "bucket.s3.amazonaws.com/a/b"),
        ("s3://bucket/a/b", "eu-west-1", "bucket.s3.eu-west-1.amazonaws.com/a/b"),
        ("gs://bucket/a/b", None, "bucket.storage.googleapis.com/a/b"),
        ("s3://127.0.0.1:9000/bucket/b", None, "127.0.0.1:9000/bucket/b"),
    ],
)
def test_a_host_without_a_dot_is_a_bucket(url: str, region: str | None, address: str) -> None:
    assert signer(Keys("a", "b", region), NOW, 7)(url).startswith(f"https://{address}?X-Amz-Algorithm=")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("s3://bucket", "bucket"),
        ("s3://bucket/", "bucket"),
        ("s3://s3.example.org/bucket", "server"),
        ("http://bucket/x", "bucket"),
    ],
)
def test_a_url_without_an_object_is_refused(url: str, name: str, golden: Golden) -> None:
    with pytest.raises(ValueError) as caught:
        signer(KEYS, NOW, 7)(url)
    golden(f"presigned/no-object-after-{name}", caught.value)


def test_a_key_is_not_shown() -> None:
    assert KEYS.secret not in repr(KEYS)


def test_a_url_says_for_how_long_it_is_good() -> None:
    begin = NOW.timestamp()
    week, hour = (signer(KEYS, NOW, days)("s3://s3.example.org/bucket/x") for days in (7, 1 / 24))
    assert validity(week) == Validity(begin, begin + 7 * 24 * 60 * 60)
    assert validity(f"0-0={week};0-1={hour}") == Validity(begin, begin + 60 * 60)
    assert validity("https://server/x") is None
