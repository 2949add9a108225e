"""What jobs returned: read with checksums, links not followed."""

from __future__ import annotations

import contextlib
import os
import pickle
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from htmap_core.exceptions import CorruptMap
from htmap_core.storage.jobs import Job
from htmap_core.storage.outputs import Outputs
from htmap_run import frames
from tests.golden_files import Golden
from tests.returned import HOST, RUNTIME, Error, put_in_place_of, write_results

JOB = Job(0, 0)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The results of a job: a value, an error with an exception, and output."""
    path = tmp_path / f"{JOB.output}.result"
    write_results(path, {0: "zero", 1: Error(ValueError("one"))}, stdout={0: "out 0", 1: "out 1"})
    return path


def test_what_came_back_is_read_by_component(results: Path, tmp_path: Path) -> None:
    del results
    returned = Outputs(tmp_path).open(JOB)

    assert returned.statuses == {0: "OK", 1: "ERR"}
    assert b"zero" in returned.result(0)
    assert b"ValueError" in returned.exception(1)
    assert [returned.output(component, "stdout") for component in (0, 1)] == [b"out 0", b"out 1"]
    assert returned.output(0, "stderr") == b""
    assert returned.stdout() == b"out 0out 1"
    assert returned.record(0)["memory_mb"] == 7
    assert returned.run(1)["host"]["name"] == "wn042"


@pytest.mark.parametrize("index", [True, False])
def test_a_component_that_an_earlier_run_of_its_job_finished_tells_of_that_run(tmp_path: Path, index: bool) -> None:
    path = tmp_path / f"{JOB.output}.result"
    path.parent.mkdir(parents=True)
    with frames.Writer(path) as writer:
        for component, (name, python) in enumerate([("first", "3.9.1"), ("second", "3.9.2")]):
            runtime = {**RUNTIME, "python": python}
            writer.add(frames.RUN, record={"host": {**HOST, "name": name}, "runtime": runtime})
            writer.add(frames.SURROUNDINGS, record={"packages": [name], "scratch": []})
            writer.add(frames.RESULT, component)
        if index:
            found = frames.Reader(path).frames
            writer.add_index(found, len(found))

    returned = Outputs(tmp_path).open(JOB)

    assert [returned.run(component)["host"]["name"] for component in (0, 1)] == ["first", "second"]
    assert [returned.surroundings(component)["packages"] for component in (0, 1)] == [["first"], ["second"]]


def test_of_a_component_that_ran_twice_the_last_run_counts(tmp_path: Path) -> None:
    path = tmp_path / f"{JOB.output}.result"
    path.parent.mkdir(parents=True)
    with frames.Writer(path) as writer:
        writer.add(frames.RUN, record={})
        for payload in (b"early", b""):
            writer.add(frames.BEGUN, 0)
            if payload:
                writer.add(frames.STDOUT, 0, payload=payload)
            writer.add(frames.RESULT, 0, payload=payload)

    returned = Outputs(tmp_path).open(JOB)

    assert (returned.result(0), returned.output(0, "stdout"), returned.stdout()) == (b"", b"", b"")


def test_a_half_written_file_has_what_was_finished(results: Path, tmp_path: Path) -> None:
    content = results.read_bytes()
    results.write_bytes(content[: content.index(b"ValueError")])

    returned = Outputs(tmp_path).open(JOB)

    assert returned.statuses == {0: "OK"}
    with pytest.raises(CorruptMap):
        returned.record(1)


READS: dict[str, Callable[[Outputs], object]] = {
    "a result": lambda outputs: outputs.open(JOB).result(0),
    "a record": lambda outputs: outputs.open(JOB).record(0),
    "an exception": lambda outputs: outputs.open(JOB).exception(1),
    "output": lambda outputs: outputs.open(JOB).output(1, "stdout"),
    "the place": lambda outputs: outputs.open(JOB).run(0)["host"]["name"],
}


@pytest.mark.parametrize("what", READS)
def test_no_flipped_bit_gives_another_value(results: Path, tmp_path: Path, what: str) -> None:
    content, right, corrupt = results.read_bytes(), READS[what](Outputs(tmp_path)), 0

    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << (at % 8)
        results.write_bytes(damaged)
        try:
            found = READS[what](Outputs(tmp_path))
        except CorruptMap:
            corrupt += 1
        else:
            assert found == right

    assert corrupt > 0


def test_a_damaged_component_names_what_mends_it(results: Path, tmp_path: Path, golden: Golden) -> None:
    results.write_bytes(results.read_bytes().replace(b"zero", b"Zero"))
    returned = Outputs(tmp_path).open(JOB)

    with pytest.raises(CorruptMap) as caught:
        returned.result(0)
    golden("storage/a-damaged-component-names-what-mends-it", caught.value.reason)
    assert b"ValueError" in returned.exception(1)


END = {"start": 1.0, "end": 2.0, "memory_mb": 1}
ERROR: dict[str, Any] = {"text": "E", "traceback": "E", "frames": [{"filename": "f", "lineno": 1, "name": "n"}]}
HOSTILE: dict[str, dict[bytes, Any]] = {
    "no host": {frames.RUN: {"runtime": RUNTIME}},
    "a host of numbers": {frames.RUN: {"host": 7, "runtime": RUNTIME}},
    "a name that is none": {frames.RUN: {"host": {**HOST, "name": ["x"]}, "runtime": RUNTIME}},
    "no python": {frames.RUN: {"host": HOST, "runtime": {"executable": ""}}},
    "no record": {frames.ERROR: {}},
    "no error": {frames.ERROR: END},
    "an error of text": {frames.ERROR: {**END, "error": "x"}},
    "no time": {frames.ERROR: {"error": ERROR}},
    "a time that is no number": {frames.ERROR: {**END, "start": "now", "error": ERROR}},
    "a time that never comes": {frames.ERROR: {**END, "start": 1e300, "error": ERROR}},
    "a time that is not a number": {frames.ERROR: {**END, "end": float("nan"), "error": ERROR}},
    "frames of text": {frames.ERROR: {**END, "error": {**ERROR, "frames": ["x"]}}},
    "a line that is no number": {
        frames.ERROR: {**END, "error": {**ERROR, "frames": [{**ERROR["frames"][0], "lineno": {}}]}}
    },
    "packages that are no list": {frames.ERROR: {**END, "error": {**ERROR, "packages": 7}}},
    "advice that is no text": {frames.ERROR: {**END, "error": {**ERROR, "advice": [1]}}},
    "related without frames": {frames.ERROR: {**END, "error": {**ERROR, "related": [{"text": "x"}]}}},
    "tails of numbers": {frames.ERROR: {**END, "error": {**ERROR, "tails": {"standard error": 1}}}},
    "surroundings of numbers": {frames.SURROUNDINGS: {"packages": [1], "scratch": []}},
}


@pytest.mark.parametrize("what", HOSTILE)
def test_records_that_no_runner_writes_are_called_corrupt(tmp_path: Path, what: str) -> None:
    records = {frames.RUN: {"host": HOST, "runtime": RUNTIME}, frames.SURROUNDINGS: {"packages": [], "scratch": []}}
    path = tmp_path / f"{JOB.output}.result"
    path.parent.mkdir(parents=True)
    with frames.Writer(path) as writer:
        for kind, record in {**records, frames.ERROR: {**END, "error": ERROR}, **HOSTILE[what]}.items():
            writer.add(kind, frames.OF_ALL if kind in records else 0, record)
    returned = Outputs(tmp_path).open(JOB)

    def read_all() -> None:
        returned.run(0), returned.surroundings(0), returned.record(0)

    with pytest.raises(CorruptMap):
        read_all()


@pytest.mark.parametrize("text", [b"[" * 100_000, b"[1]", b"{", b"7", b"\xff"])
def test_records_that_are_no_objects_are_called_corrupt(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / f"{JOB.output}.result"
    path.parent.mkdir(parents=True)
    head = frames.HEADER.pack(frames.MARK, frames.RESULT, frames.VERSION, len(text), 0, 0) + text
    path.write_bytes(head + zlib.crc32(head).to_bytes(4, "little") + bytes(4))

    with pytest.raises(CorruptMap):
        Outputs(tmp_path).open(JOB).record(0)


@pytest.mark.parametrize(
    "entry",
    [
        (b"R", 0, 2**62, 0, 1),
        (b"R", 0, 0, 2**31, 1),
        (b"R", 0, 0, 0, 2**63),
        (b"o", 0, 0, 0, 2**63),
        (b"H", -1, 2**40, 5, 5),
        (b"R", -9, 0, 0, 0),
    ],
)
def test_an_index_that_lies_gives_no_value(results: Path, tmp_path: Path, entry: tuple[Any, ...]) -> None:
    with frames.Writer(results) as writer:
        found = [*frames.Reader(results).frames, frames.Frame(*entry)]
        writer.add_index(found, len(found))
    returned = Outputs(tmp_path).open(JOB)

    for read in (lambda: returned.result(0), lambda: returned.output(0, "stdout"), lambda: returned.run(0)):
        with contextlib.suppress(CorruptMap):
            assert read() in (pickle.dumps("zero"), b"out 0", {"job": {}, "host": HOST, "runtime": RUNTIME})


class TestWhatNoJobShouldSendBack:
    @pytest.fixture(params=["link", "folder", "pipe"])
    def strange(self, request: pytest.FixtureRequest, results: Path) -> str:
        """Something else in place of the results."""
        results.rename(results.with_name("elsewhere"))
        put_in_place_of(results, request.param)
        return str(request.param)

    def test_is_called_corrupt(self, strange: str, tmp_path: Path) -> None:
        del strange
        with pytest.raises(CorruptMap):
            Outputs(tmp_path).open(JOB)

    def test_does_not_stop_its_deletion(self, strange: str, tmp_path: Path) -> None:
        del strange
        Outputs(tmp_path).delete(JOB)
        assert not os.path.lexists(tmp_path / f"{JOB.output}.result")

    def test_is_not_read_as_last_words(self, results: Path, tmp_path: Path) -> None:
        (tmp_path / "secret").write_text("secret")
        results.with_suffix(".stderr").symlink_to(tmp_path / "secret")
        assert Outputs(tmp_path).last_words(JOB, "stderr", 100) is None

    @pytest.mark.parametrize("part", ["files", "files/0"])
    def test_is_no_folder_of_files(self, results: Path, tmp_path: Path, part: str) -> None:
        (tmp_path / "mine").mkdir()
        link = results.parent / part.replace("files", "0.files")
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(tmp_path / "mine")

        with pytest.raises(CorruptMap):
            Outputs(tmp_path).files(JOB, 0)
        assert list((tmp_path / "mine").iterdir()) == []


def test_what_a_job_without_results_has_said_is_there(tmp_path: Path) -> None:
    (tmp_path / JOB.output).parent.mkdir(parents=True)
    (tmp_path / f"{JOB.output}.stderr").write_text("no python")

    assert Outputs(tmp_path).last_words(JOB, "stderr", 6) == b"python"
    assert not Outputs(tmp_path).exists(JOB)


def test_deletion_leaves_the_files_of_other_components(results: Path, tmp_path: Path) -> None:
    outputs = Outputs(tmp_path)
    for component in (0, 1):
        (outputs.files(JOB, component) / "file").touch()

    outputs.delete_files(JOB, 0)
    outputs.delete(JOB)

    assert [path.name for path in outputs.files(JOB, 1).iterdir()] == ["file"]
    outputs.delete_files(JOB, 1)
    outputs.delete(JOB)
    assert list(results.parent.iterdir()) == []
