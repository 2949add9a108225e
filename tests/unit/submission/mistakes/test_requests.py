"""What jobs ask for is compared with what is sent to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htmap.exceptions import TooLargeInputFiles, TooLittleMemory
from htmap_core.contract.options import MapOptions
from htmap_core.results.pickling import Pickled
from htmap_core.submission.mistakes.requests import Requests

MB = 1024 * 1024
SMALL, LARGE = Pickled(bytes(10)), Pickled(bytes(3 * MB))


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    path = tmp_path / "runtime"
    path.write_bytes(bytes(1000))
    return path


def warned(requests: Requests) -> dict[type, int]:
    return {type(doubt): doubt.component for doubt in requests.warnings()}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("request_disk", "doubtful"),
    [("2", True), ("3", False), ("2KB", True), ("3K", False), ("1.5 kb", True), ("1MB", False), ("1GB", False),
     ("DiskUsage * 2", False), (None, False)],
)  # fmt: skip
def test_files_that_need_more_disk_than_is_asked_for_are_doubtful(
    runtime: Path, request_disk: Any, doubtful: bool
) -> None:
    options = MapOptions(**({"request_disk": request_disk} if request_disk else {}))
    requests = Requests(options, {}, SMALL, runtime, 1600)
    assert warned(requests) == ({TooLargeInputFiles: 0} if doubtful else {})


@pytest.mark.parametrize(
    ("request_memory", "doubtful"), [("3", False), ("2", True), ("2.9MB", True), ("1GB", False), ("Memory * 2", False)]
)
def test_arguments_that_need_more_memory_than_is_asked_for_are_doubtful(
    runtime: Path, request_memory: str, doubtful: bool
) -> None:
    requests = Requests(MapOptions(request_memory=request_memory), {}, Pickled(b""), runtime, 0)
    requests.note(3, SMALL, 0, ())
    requests.note(4, LARGE, 0, ())
    assert warned(requests) == ({TooLittleMemory: 4} if doubtful else {})


def test_the_arguments_in_files_of_their_own_count(runtime: Path, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(3 * MB))
    requests = Requests(MapOptions(request_memory=1, request_disk="4MB"), {}, SMALL, runtime, 0)
    requests.note(1, SMALL._replace(arguments={"sea": str(tmp_path / "large")}), 0, ())
    assert warned(requests) == {TooLittleMemory: 1}
    requests.note(2, SMALL._replace(arguments={"sea": str(tmp_path / "large")}), 2 * MB, ())
    assert warned(requests) == {TooLittleMemory: 1, TooLargeInputFiles: 2}


def test_each_component_is_compared_with_its_own_request(runtime: Path) -> None:
    options = MapOptions(request_memory=["1MB", "5MB", "2MB"])
    requests = Requests(options, {"request_memory": "htmap_option0"}, SMALL, runtime, 0)
    assert not requests.looks_at_all
    for component, given in enumerate(["5MB", "2MB", "1MB"]):
        requests.note(component, LARGE, 0, [given])
    assert warned(requests) == {TooLittleMemory: 1}


def test_where_the_function_is_large_all_requests_of_components_are_looked_at(runtime: Path) -> None:
    options, columns = MapOptions(request_memory=["1MB", "5MB"]), {"request_memory": "htmap_option0"}
    requests = Requests(options, columns, LARGE, runtime, 0)
    assert requests.looks_at_all
    requests.note(0, SMALL, 0, ["5MB"])
    assert warned(requests) == {}
    requests.note(1, SMALL, 0, ["1MB"])
    assert warned(requests) == {TooLittleMemory: 1}
