"""The input files of a map: what options say of them, and what is doubtful."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.contract.transfer_path import TransferPath
from htmap_core.exceptions import CannotTransfer, InvalidOption, MisalignedInputData
from htmap_core.storage.content.links import with_true_names
from htmap_core.submission.files.inputs import InputFiles
from htmap_core.submission.files.protocols import Protocols
from htmap_core.user_warnings import TooLargeInputFiles, UnreadableInputFiles
from tests.golden_files import Golden


def begun(path: Path, **options: Any) -> InputFiles:
    given = MapOptions(**options)
    files = InputFiles(given, Protocols(given))
    files.begin(path / "htmap/maps/id", [])
    return files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "map").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / name).write_bytes(bytes(1000))
    return tmp_path


def test_a_component_gets_one_file_or_several_or_none(folder: Path) -> None:
    given = ["a", Path("b"), TransferPath("c"), ["a", Path("b")], (), None]
    files = begun(folder / "map", input_files=given)
    listed = [files.of(component, ())[1] for component in range(len(given))]
    a, b, c = (f"{folder}/{name}" for name in "abc")
    assert listed == [[a], [b], [c], [a, b], [], []]


def test_files_are_taken_as_they_are_needed(folder: Path) -> None:
    taken = []

    def names() -> Any:
        for name in "abc":
            taken.append(name)
            yield name

    files = begun(folder / "map", input_files=names())
    assert taken == []
    files.of(0, ())
    assert taken == ["a"]


def test_there_are_as_many_as_components(folder: Path) -> None:
    few, enough = (begun(folder / "map", input_files=["a", "b"]) for _ in range(2))
    few.of(0, ())
    with pytest.raises(MisalignedInputData, match="input_files"):
        few.check_end(1)
    enough.of(0, ())
    enough.of(1, ())
    with pytest.raises(MisalignedInputData, match="input_files"):
        enough.of(2, ())
    enough.check_end(2)


@pytest.mark.parametrize("path", [3, b"a", "", ["a"]])
def test_what_is_no_path_is_refused(folder: Path, path: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        begun(folder / "map", input_files=[[path]]).of(0, ())
    golden("input-files/what-is-no-path-is-refused", caught.value.reason)
    with pytest.raises(InvalidOption) as caught:
        begun(folder / "map", fixed_input_files=[path])
    golden("input-files/what-is-no-path-is-refused", caught.value.reason)


def test_a_component_whose_files_are_none_is_refused_by_the_options_name(folder: Path, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        begun(folder / "map", input_files=[3]).of(0, ())
    golden("input-files/a-component-whose-files-are-none-is-refused", caught.value)


def test_only_maps_with_files_for_components_have_a_column_for_them(folder: Path) -> None:
    files = begun(folder / "map", fixed_input_files=["a", "b/"])
    files.of(0, ())
    assert files.to_transfer == [f"{folder}/a", f"{folder}/b/"]
    files.of(1, [f"{folder}/c"])
    assert files.to_transfer == [f"{folder}/a", f"{folder}/b/", "$(htmap_files)"]


def test_a_dollar_begins_no_macro(folder: Path) -> None:
    files = begun(folder / "map", fixed_input_files=["$(a)"], input_files=["$(b)"])
    assert files.of(0, ())[1] == [f"{folder}/$(DOLLAR)(b)"]
    assert files.to_transfer[0] == f"{folder}/$(DOLLAR)(a)"


def test_a_url_that_nobody_fetches_is_refused_wherever_it_is(folder: Path) -> None:
    with pytest.raises(CannotTransfer) as for_all:
        begun(folder / "map", fixed_input_files="gopher://h/x")
    with pytest.raises(CannotTransfer) as for_one:
        begun(folder / "map").of(0, ["gopher://h/y"])
    assert (for_all.value.url, for_one.value.url) == ("gopher://h/x", "gopher://h/y")


@pytest.mark.parametrize(
    ("request_disk", "doubtful"),
    [("1", True), ("2", False), ("1KB", True), ("2K", False), ("1.5 kb", True), ("1MB", False), ("1GB", False),
     ("DiskUsage * 2", False), (["1", "1"], False), (None, False)],
)  # fmt: skip
def test_files_that_need_more_disk_than_is_asked_for_are_doubtful(
    folder: Path, request_disk: Any, doubtful: bool
) -> None:
    files = begun(folder / "map", fixed_input_files="a", **({"request_disk": request_disk} if request_disk else {}))
    files.of(0, [f"{folder}/b"])
    assert [type(doubt) for doubt in files.warnings()] == [TooLargeInputFiles] * doubtful


def test_missing_files_are_counted_and_the_first_are_named(folder: Path) -> None:
    files = begun(folder / "map", input_files=[f"missing{number}" for number in range(7)])
    for component in range(7):
        files.of(component, ())
    (doubt,) = files.warnings()
    assert isinstance(doubt, UnreadableInputFiles)
    assert doubt.count == 7
    assert doubt.problems == {f"{folder}/missing{number}": os.strerror(errno.ENOENT) for number in range(5)}


def test_what_htcondor_says_of_a_link_is_told_of_the_file(folder: Path) -> None:
    (folder / "a,b").touch()
    map_path = folder / "map/htmap/maps/id"
    files = begun(folder / "map", input_files=["a,b"])
    (link,) = files.of(0, ())[1]
    said = f"reading from file {map_path}/outputs/{link}: (errno 2); {map_path}/files/0/_htmap_file_9 is none"
    told = f"reading from file {folder}/a,b: (errno 2); {map_path}/files/0/_htmap_file_9 is none"
    assert with_true_names(map_path, said) == told
