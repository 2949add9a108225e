"""The input files of a map: what options say of them, and what is doubtful."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.contract.protocol import InputFile
from htmap_core.contract.transfer_path import TransferPath
from htmap_core.exceptions import CannotTransfer, InvalidOption, MisalignedInputData
from htmap_core.storage.content.links import with_true_names
from htmap_core.submission.files.inputs import InputFiles
from htmap_core.submission.files.protocols import Protocols
from htmap_core.submission.files.sources import look
from htmap_core.submission.files.staging import SameName
from htmap_core.user_warnings import DoubtfulInputFiles, UnreadableInputFiles
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


def test_how_much_a_job_gets_is_known_also_for_components_without_files(folder: Path) -> None:
    files = begun(folder / "map", fixed_input_files="a")
    files.of(0, [f"{folder}/b"])
    assert files.job_bytes == 2000
    files.of(1, ())
    assert files.job_bytes == 1000


def test_large_arguments_travel_beside_the_files_of_a_component(folder: Path) -> None:
    files, place = begun(folder / "map"), f"{folder}/map/htmap/maps/id/arguments/0/_htmap_argument_0"
    assert files.of(0, (), arguments=[place]) == ([], ["$(HTMAP_DIR)/maps/id/arguments/0/_htmap_argument_0"])
    assert files.to_transfer == ["$(htmap_files)"]


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


# --- the rules of a site


class Ferry:
    """A rule that has jobs fetch files by another way, and remembers what it was asked about."""

    def __init__(self, to: str = "osdf:///sea/{name}") -> None:
        self.to = to
        self.asked: list[InputFile] = []

    def __call__(self, file: InputFile) -> None:
        self.asked.append(file)
        if not file.is_contents:
            file.fetch_from(self.to.format(name=file.path.name))


def ferried(path: Path, rule: Ferry, of_function: tuple[str, ...] = (), **options: Any) -> InputFiles:
    given = MapOptions(**options)
    files = InputFiles(given, Protocols(given), rule)
    files.begin(path / "htmap/maps/id", of_function)
    return files


def test_a_file_that_a_site_replaces_is_fetched_from_the_url(folder: Path) -> None:
    files = ferried(folder / "map", Ferry(), fixed_input_files="a", input_files=["b"])
    assert files.of(0, [f"{folder}/c"]) == ([], ["osdf:///sea/b", "osdf:///sea/c"])
    assert files.to_transfer == ["osdf:///sea/a", "$(htmap_files)"]


def test_a_file_that_comes_from_a_url_of_another_name_gets_its_own_back(folder: Path) -> None:
    files = ferried(folder / "map", Ferry("osdf:///sea/{name}-1"), input_files=["b"])
    assert files.of(0, [f"{folder}/c"])[0] == [[f"{folder}/{name}", f"{name}-1", name] for name in "bc"]


def test_a_site_is_asked_once_for_a_file_whoever_gets_it(folder: Path) -> None:
    (folder / "sub").mkdir()
    rule = Ferry()
    files = ferried(folder / "map", rule, (f"{folder}/a",), input_files=["b", ["b", "a", "c"], "sub/"])
    for component in range(3):
        files.of(component, [f"{folder}/b"])
    a, b, c, sub = rule.asked
    assert [file.path for file in rule.asked] == [folder / "a", folder / "b", folder / "c", folder / "sub"]
    assert [file.component for file in rule.asked] == [None, 0, 1, 2]
    assert (a.size, a.is_folder, b.is_contents) == (1000, False, False)
    assert (sub.size, sub.is_folder, sub.is_contents) == (None, True, True)
    assert c.url == "osdf:///sea/c"


def test_what_the_user_has_given_by_a_url_is_no_matter_of_the_site(folder: Path) -> None:
    rule = Ferry()
    ferried(folder / "map", rule, fixed_input_files="https://example.org/a")
    assert rule.asked == []


def test_the_protocol_of_a_sites_url_is_checked(folder: Path) -> None:
    with pytest.raises(CannotTransfer) as caught:
        ferried(folder / "map", Ferry("gopher://sea/{name}"), fixed_input_files="a")
    assert caught.value.url == "gopher://sea/a"


def test_a_file_that_a_site_replaces_keeps_its_folder_where_it_should(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub/d").touch()
    files = ferried(folder / "map", Ferry(), fixed_input_files="sub/d", preserve_relative_paths=True)
    assert files.to_transfer == ["osdf:///sea/d"]
    again = InputFiles(
        MapOptions(fixed_input_files="sub/d", preserve_relative_paths=True), Protocols(MapOptions()), Ferry()
    )
    assert again.begin(folder / "map/htmap/maps/id", ()) == [[f"{folder}/sub/d", "d", "sub/d"]]


@pytest.mark.parametrize("to", ["https://sea/{name}", "osdf:///sea/{name}"])
def test_two_files_of_one_name_that_a_site_replaces_go_by_what_their_protocol_can(folder: Path, to: str) -> None:
    (folder / "sub").mkdir()
    (folder / "sub/a").touch()
    files = ferried(folder / "map", Ferry(to))
    if to.startswith("https"):
        entries, listed = files.of(0, [f"{folder}/a", f"{folder}/sub/a"])
        assert listed == ["https://sea/a", "https://sea/a#/_htmap_file_0"]
        assert entries == [[f"{folder}/sub/a", "_htmap_file_0", "_htmap_files/0/a"]]
    else:
        with pytest.raises(SameName):
            files.of(0, [f"{folder}/a", f"{folder}/sub/a"])


def test_a_url_of_a_site_that_nobody_fetches_is_told_with_its_plugin(folder: Path) -> None:
    def rule(file: InputFile) -> str:
        file.fetch_from("gopher://h/x")
        return "plugin 'boats'"

    files = InputFiles(MapOptions(fixed_input_files="a"), Protocols(MapOptions()), rule)
    with pytest.raises(CannotTransfer) as caught:
        files.begin(folder / "map/htmap/maps/id", ())
    assert (caught.value.url, caught.value.replaced_by) == ("gopher://h/x", "plugin 'boats'")


def test_a_site_warns_of_all_files_at_once(folder: Path) -> None:
    def rule(file: InputFile) -> None:
        if file.component is not None:
            file.warn("it is large")

    options = MapOptions(fixed_input_files="a", input_files=["b", "c"])
    files = InputFiles(options, Protocols(options), rule)
    files.begin(folder / "map/htmap/maps/id", [])
    for component in range(2):
        files.of(component, [])
    (warning,) = files.warnings()
    assert isinstance(warning, DoubtfulInputFiles)
    assert (warning.doubts, warning.count) == ({f"{folder}/{name}": "it is large" for name in "bc"}, 2)


def test_files_that_a_site_replaces_count_for_the_disk_that_is_asked_for(folder: Path) -> None:
    files = ferried(folder / "map", Ferry(), fixed_input_files=["a", "b"])
    files.of(0, [])
    assert files.job_bytes == 2000


def test_what_is_sent_to_all_later_goes_unless_another_file_has_its_name(folder: Path) -> None:
    files = begun(folder / "map", fixed_input_files="a")
    assert files.send_to_all([f"{folder}/sub/a", f"{folder}/b"]) == [f"{folder}/sub/a"]
    files.of(0, [f"{folder}/c"])
    assert files.to_transfer == [f"{folder}/a", f"{folder}/b", "$(htmap_files)"]


@pytest.mark.parametrize("part", ["\0", "\ud800", "x" * 300, "tide\0?query"])
def test_a_url_that_no_program_can_be_given_is_refused(part: str) -> None:
    with pytest.raises(InvalidOption):
        look(f"http://host/{part}")


@pytest.mark.parametrize("part", ["%00", "%2F", ".%2e"])
def test_a_file_that_could_not_have_its_name_has_that_of_its_url(part: str) -> None:
    assert look(f"http://host/{part}").name == part
