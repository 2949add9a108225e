"""Outputs to a bucket whose signed URLs end before their jobs do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import htmap
from htmap.exceptions import InvalidOption, LateJobsAreSignedNow, SignedUrlsEnd
from htmap_core import wording
from htmap_core.condor.connection import Connection
from htmap_core.plugins.core.presigned import Validity, validity
from htmap_core.testing import eventually

if TYPE_CHECKING:
    from tests.pool.conftest import Servers

pytestmark = pytest.mark.pool

TIMEOUT = 180
DAY = 24 * 60 * 60


def write(gate: Path) -> Any:
    """Return a function that hands over a file when *gate* is there."""

    def written(_: int) -> None:
        import time
        from pathlib import Path

        import htmap

        Path("x").write_text("in time")
        htmap.transfer_output_files("x")
        while not gate.exists():
            time.sleep(0.1)

    return written


def signed(mapped: htmap.Map) -> list[Validity | None]:
    """Return for how long the URLs of each job in the queue are good."""
    ads = Connection(mapped._map_dir.record.pool).query_jobs(
        mapped._map_dir.own_jobs, ["TransferOutputRemaps", "ProcId"]
    )
    return [validity(ad["TransferOutputRemaps"]) for ad in sorted(ads, key=lambda ad: ad["ProcId"])]


def edit(mapped: htmap.Map, attribute: str, value: str) -> None:
    Connection(mapped._map_dir.record.pool).edit(mapped._map_dir.own_jobs, attribute, value)


def options(site: Servers, **more: Any) -> htmap.MapOptions:
    return htmap.MapOptions(output_remaps={"x": f"s3://{site.s3}/my-bucket/signed/$(component)"}, **more)


@pytest.fixture
def arrived(site: Servers) -> Iterator[Any]:
    """Give a test a function that says which objects have arrived in the bucket."""
    objects = site.bucket.objects.filter(Prefix="signed/")
    yield lambda: sorted(each.key for each in objects)
    objects.delete()


def test_a_job_that_ends_too_late_is_held_and_a_release_signs_anew(site: Servers, arrived: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(site.secret.read_text())
    htmap.settings["SIGNED_URL_DAYS"] = 3 / DAY
    mapped = htmap.map(write(tmp_path / "gate"), [0], map_options=options(site, aws_secret_access_key_file=secret))
    eventually(lambda: mapped.component_statuses == ["RUNNING"], says="the component runs")
    (first,) = signed(mapped)
    assert first is not None
    threading.Timer(first.end + 1 - time.time(), (tmp_path / "gate").touch).start()
    with pytest.warns(SignedUrlsEnd) as told:
        mapped.wait(timeout=TIMEOUT, holds_ok=True)
    warned = [each.message for each in told if isinstance(each.message, SignedUrlsEnd)]
    assert [(each.jobs, each.end) for each in warned] == [(1, first.end)]
    assert (mapped.holds[0].code, arrived()) == (12, [])

    secret.unlink()
    with pytest.raises(InvalidOption) as refused:
        mapped.release()
    assert refused.value.name == "aws_secret_access_key_file"
    assert mapped.component_statuses == ["HELD"]

    secret.write_text(site.secret.read_text())
    htmap.settings["SIGNED_URL_DAYS"] = 7
    mapped.release()
    mapped.wait(timeout=TIMEOUT)
    assert arrived() == ["signed/0"]


def test_jobs_that_wait_are_signed_anew_while_somebody_waits(site: Servers, arrived: Any, tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    htmap.settings["SIGNED_URL_DAYS"] = 6 / DAY
    blocked = options(site, requirements="MY.IsReady =?= true")
    mapped = htmap.map(write(tmp_path / "gate"), range(4), chunksize=2, map_options=blocked)
    before = signed(mapped)
    htmap.settings["SIGNED_URL_DAYS"] = 7
    waits = threading.Thread(target=mapped.wait, kwargs={"timeout": TIMEOUT})
    waits.start()
    eventually(lambda: not set(before) & set(signed(mapped)), says="both jobs have new URLs")
    assert all(each is not None and each.end - time.time() > 6 * DAY for each in signed(mapped))
    eventually(lambda: all(each and each.end < time.time() for each in before), says="the first URLs have ended")
    edit(mapped, "IsReady", "true")
    waits.join()
    assert arrived() == [f"signed/{n}" for n in range(4)]
    assert mapped.is_done


def test_keys_that_cannot_be_read_are_told_while_somebody_waits(site: Servers, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush")
    htmap.settings["SIGNED_URL_DAYS"] = 2 / DAY
    blocked = options(site, requirements="MY.IsReady =?= true", aws_secret_access_key_file=secret)
    mapped = htmap.map(str, range(2), map_options=blocked)
    secret.unlink()
    with pytest.warns(SignedUrlsEnd) as told, pytest.raises(htmap.exceptions.TimeoutError):
        mapped.wait(timeout=4)
    (warned,) = [each.message for each in told if isinstance(each.message, SignedUrlsEnd)]
    assert (warned.jobs, str(secret) in warned.reason) == (2, True)


def test_until_when_they_are_good_is_told(site: Servers) -> None:
    mapped = htmap.map(str, range(2), map_options=options(site, hold=True))
    (hold, urls) = mapped.why()
    (end, _) = signed(mapped)
    assert end is not None
    assert (hold.components, urls.components, str(urls.status)) == ((0, 1), (0, 1), "HELD")
    assert wording.minute(end.end) in urls.text


def test_those_of_jobs_that_are_made_late_are_told_before_the_map_is_submitted(site: Servers) -> None:
    with pytest.warns(LateJobsAreSignedNow) as told:
        htmap.map(str, range(2), map_options=options(site, max_idle=1))
    (warned,) = [each.message for each in told if isinstance(each.message, LateJobsAreSignedNow)]
    assert abs(warned.end - time.time() - 7 * DAY) < 600


def test_a_map_without_such_urls_has_nothing_to_tell(site: Servers, tmp_path: Path) -> None:
    remaps = htmap.MapOptions(output_remaps={"x": tmp_path / "x"}, hold=True)
    assert len(htmap.map(str, [0], map_options=remaps).why()) == 1
