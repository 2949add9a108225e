from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
from htmap_pool.errors import RunningElsewhere
from htmap_pool.places import Places
from htmap_pool.running import record
from htmap_pool.running.processes import Process

from tests.golden_files import Golden


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places.of(tmp_path)
    places.make()
    return places


def myself() -> Process:
    found = Process.of(os.getpid())
    assert found is not None
    return found


def change(places: Places, **facts: object) -> None:
    places.record.write_text(json.dumps({**json.loads(places.record.read_text()), **facts}))


def test_a_running_master_is_found_again(places: Places) -> None:
    written = record.write(places, myself(), "25.14.1", Path("/opt/condor"))
    assert record.running(places) == written


def test_what_a_newer_version_says_besides_is_passed_over(places: Places) -> None:
    written = record.write(places, myself(), "25.14.1", Path("/opt/condor"))
    places.record.write_text(json.dumps({**json.loads(places.record.read_text()), "colour": "blue"}))
    assert record.running(places) == written


def test_a_process_id_that_was_used_again_is_nobody_s(places: Places) -> None:
    written = record.write(places, myself(), "25.14.1", Path("/opt/condor"))
    change(places, born=written.born - 1)
    assert record.running(places) is None


def test_a_process_id_from_before_the_reboot_is_nobody_s(places: Places) -> None:
    record.write(places, myself(), "25.14.1", Path("/opt/condor"))
    (places.log / "MasterLog").touch()
    change(places, kernel="another boot")
    assert record.running(places) is None


def test_a_pool_on_another_machine_is_left_alone(places: Places, golden: Golden) -> None:
    record.write(places, myself(), "25.14.1", Path("/opt/condor"))
    (places.log / "MasterLog").touch()
    change(places, kernel="another boot", host="elsewhere.test")
    with pytest.raises(RunningElsewhere) as caught:
        record.running(places)
    golden("pool/a-pool-on-another-machine-is-left-alone", caught.value)


def test_a_silent_pool_of_another_machine_is_gone(places: Places) -> None:
    record.write(places, myself(), "25.14.1", Path("/opt/condor"))
    (places.log / "MasterLog").touch()
    os.utime(places.log / "MasterLog", (1, 1))
    change(places, kernel="another boot", host="elsewhere.test")
    assert record.running(places) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_damaged_record_is_no_record(places: Places, text: str) -> None:
    places.record.write_text(text)
    assert record.running(places) is None


def test_the_record_says_where(places: Places) -> None:
    written = record.write(places, myself(), "25.14.1", Path("/opt/condor"))
    assert written.host == socket.gethostname()
    assert written.kernel == record.kernel()
