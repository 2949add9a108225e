"""Outputs that are no plain files, and outputs that are larger than they may be: each arrives or is told."""

from __future__ import annotations

import os

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.diagnosis.usage.measured import amount

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 300


def test_what_links_lead_to_arrives_and_what_cannot_is_an_error_with_its_name() -> None:
    def write(kind: str) -> None:
        import htmap

        os.mkdir("tide")
        with open("depth", "w") as file:
            file.write("deep")
        os.mkdir("sea")
        with open("sea/wave", "w") as file:
            file.write("high")
        if kind == "links":
            os.symlink("../depth", "tide/file")
            os.symlink("../sea", "tide/folder")
        elif kind == "pipe":
            os.mkfifo("tide/pipe")
        else:
            os.symlink("nothing", "tide/nothing")
        htmap.transfer_output_files("tide")

    mapped = htmap.map(write, ["links", "pipe", "dangling"], quiet=True)
    mapped.wait(TIMEOUT, errors_ok=True)
    assert mapped.component_statuses == [
        ComponentStatus.COMPLETED,
        ComponentStatus.ERRORED,
        ComponentStatus.ERRORED,
    ]
    assert (mapped.output_files[0] / "tide/file").read_text() == "deep"
    assert (mapped.output_files[0] / "tide/folder/wave").read_text() == "high"
    assert "tide/pipe" in mapped.get_err(1).exception_msg
    assert "tide/nothing" in mapped.get_err(2).exception_msg


@pytest.mark.parametrize("how", ["option", "setting"])
def test_a_job_that_sends_more_than_it_may_is_held_with_the_option_in_its_reason(how: str) -> None:
    options = htmap.MapOptions(max_transfer_output_mb=1) if how == "option" else None
    if how == "setting":
        htmap.settings["MAP_OPTIONS.max_transfer_output_mb"] = "1"
    mapped = htmap.map(os.urandom, [3_000_000], map_options=options, quiet=True)
    mapped.wait(TIMEOUT, holds_ok=True)
    assert mapped.holds[0].code == 33
    assert "max_transfer_output_mb" in mapped.hold_report()


def test_an_output_above_what_the_disk_was_asked_for_arrives_and_is_told() -> None:
    def write(_: int) -> None:
        import htmap

        with open("tide", "wb") as file:
            for _ in range(60):
                file.write(os.urandom(1_000_000))
        htmap.transfer_output_files("tide")

    mapped = htmap.map(write, [0], map_options=htmap.MapOptions(request_disk="10MB"), quiet=True)
    with pytest.warns(htmap.exceptions.RequestsDiffer) as caught:
        mapped.wait(TIMEOUT)
    assert (mapped.output_files[0] / "tide").stat().st_size == 60_000_000
    told = next(each.message for each in caught if isinstance(each.message, htmap.exceptions.RequestsDiffer))
    assert list(told.exceeded) == ["disk space"]
    proposed = amount(mapped.advise().options["request_disk"], "MB")
    assert proposed is not None
    assert proposed > 60
