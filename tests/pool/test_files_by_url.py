"""Files that jobs fetch from servers, as arguments and for each component."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import htmap
from htmap.exceptions import CannotTransfer
from htmap_core import TransferPath
from htmap_core.submission.files.staging import SameName

if TYPE_CHECKING:
    from tests.pool.conftest import Servers

pytestmark = pytest.mark.pool

TIMEOUT = 180


@pytest.fixture
def remote(site: Servers) -> TransferPath:
    """Return the path of the http server, whose files say what they are called."""
    for name in ("one/a b.txt", "one/x", "two/x", "three/x", "é,;=$(x).txt"):
        (site.folder / name).parent.mkdir(exist_ok=True)
        (site.folder / name).write_text(name)
    return TransferPath("/", protocol="http", location=site.http)


def test_what_a_url_names_has_its_own_name_there(remote: TransferPath) -> None:
    names = ["one/a b.txt", "é,;=$(x).txt"]
    mapped = htmap.map(lambda path: (path.name, path.read_text()), [remote / name for name in names])
    mapped.wait(TIMEOUT)
    assert list(mapped) == [("a b.txt", "one/a b.txt"), ("é,;=$(x).txt", "é,;=$(x).txt")]


def test_files_of_one_name_all_arrive_by_http_https_and_from_here(remote: TransferPath, site: Servers) -> None:
    def look(*paths: Any) -> list[tuple[str, str]]:
        return [(path.name, path.read_text()) for path in paths]

    paths = [
        remote / "one/x",
        TransferPath("two/x", protocol="https", location=site.https),
        TransferPath(site.folder / "three/x"),
    ]
    mapped = htmap.starmap(look, [paths, paths[::-1]])
    mapped.wait(TIMEOUT)
    expected = [("x", "one/x"), ("x", "two/x"), ("x", "three/x")]
    assert list(mapped) == [expected, expected[::-1]]


def test_each_component_fetches_its_own_also_where_they_share_a_job(remote: TransferPath) -> None:
    options = htmap.MapOptions(input_files=[(remote / name).as_url() for name in ("one/x", "two/x", "three/x")])
    mapped = htmap.map(lambda _: open("x").read(), range(3), map_options=options, chunksize=3)
    mapped.wait(TIMEOUT)
    assert list(mapped) == ["one/x", "two/x", "three/x"]


def test_two_of_one_name_from_a_bucket_are_refused_before_submission(site: Servers) -> None:
    bucket = TransferPath("my-bucket", protocol="s3", location=site.s3)
    with pytest.raises(SameName) as caught:
        htmap.starmap(lambda a, b: (a, b), [(bucket / "one/x", bucket / "two/x")])
    assert "'x'" in str(caught.value)


def test_a_protocol_that_nobody_offers_is_refused_in_arguments_too(site: Servers) -> None:
    with pytest.raises(CannotTransfer) as caught:
        htmap.map(lambda path: path, [TransferPath("x", protocol="gopher", location="h")])
    assert "'gopher'" in caught.value.reason
