"""Outputs that are no plain files, and outputs that are larger than they may be: each arrives or is told."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.diagnosis.usage.measured import amount
from htmap_core.testing import eventually, run_htmap

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


def test_output_files_are_collected_as_components_end(tmp_path: Path) -> None:
    gate, sent, out = tmp_path / "gate", tmp_path / "sent", tmp_path / "out"

    def write(number: int) -> None:
        import time

        import htmap

        os.makedirs("plots/deep")
        Path("plots/deep/high \x1b[31mtide;$(x).txt").write_text(f"plot {number}")
        Path("same.txt").write_text(f"same {number}")
        Path("sent.txt").write_text(f"sent {number}")
        htmap.transfer_output_files("plots", "same.txt", "sent.txt")
        if number == 2:
            raise ValueError("half a file")
        while number == 3 and not gate.exists():
            time.sleep(0.1)

    options = htmap.MapOptions(output_remaps={"sent.txt": sent / "$(component).txt"})
    mapped = htmap.map(write, range(4), tag="tide", map_options=options, chunksize=1, quiet=True)
    eventually(lambda: all(each.is_final for each in mapped.component_statuses[:3]), says="the first three have ended")
    first = mapped.collect(out)
    plot = "plots/deep/high \x1b[31mtide;$(x).txt"
    expected = {out / f"{number}" / name: number for number in (0, 1) for name in ("same.txt", plot)}
    assert {each.path: each.component for each in first.files} == expected
    assert all(path.read_text().endswith(f" {number}") for path, number in expected.items())
    assert (first.unfinished, first.failed, first.left) == ((3,), (2,), ())
    assert first.elsewhere == {number: {"sent.txt": str(sent / f"{number}.txt")} for number in (0, 1)}
    assert all(Path(to).is_file() for files in first.elsewhere.values() for to in files.values())

    gate.touch()
    mapped.wait(TIMEOUT, errors_ok=True)
    second = json.loads(run_htmap("collect", "tide", str(out), "--with-failed", "--json").stdout)
    assert [(each["component"], each["is_new"]) for each in second["files"]] == [
        (number, number > 1) for number in range(4) for _ in range(2)
    ]
    assert second["is_complete"]
