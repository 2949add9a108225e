"""What becomes of output_remaps: what HTCondor is told, and the runner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htmap_core import TransferPath
from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import InvalidOption, MisalignedInputData
from htmap_core.submission.files.outputs import OutputRemaps, destinations, renewal
from htmap_core.submission.files.protocols import Protocols
from tests.golden_files import Golden


def remaps_of(given: Any) -> OutputRemaps:
    return OutputRemaps(given, Protocols(MapOptions()))


def first(given: Any) -> list[list[str]]:
    return remaps_of(given).of(0)


def test_a_map_without_remaps_has_no_columns_for_them() -> None:
    assert (remaps_of(None).columns, first(None)) == ({}, [])


def test_a_url_and_a_path_are_named_within_the_returned_folder(htmap_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for_condor, for_runner = first({"a.txt": "http://server/x", "b c.txt": out})
    assert for_condor == ["_htmap_return/remapped/0-0=http://server/x", f"_htmap_return/remapped/0-1={out}"]
    assert for_runner == ["0-0/a.txt", "0-1/b%20c.txt"]


def test_one_mapping_serves_all_components_and_their_numbers_stand_in_for_component(htmap_dir: Path) -> None:
    remaps = remaps_of({"a": TransferPath("dir/$(component).txt", "http", "server")})
    assert [remaps.of(each)[0] for each in range(2)] == [
        ["_htmap_return/remapped/0-0=http://server/dir/0.txt"],
        ["_htmap_return/remapped/1-0=http://server/dir/1.txt"],
    ]
    remaps.check_end(2)


def test_each_component_can_have_remaps_of_its_own_or_none(htmap_dir: Path) -> None:
    remaps = remaps_of(iter([{"a": "http://server/x"}, {}]))
    assert [remaps.of(each)[1] for each in range(2)] == [["0-0/a"], []]


def test_where_files_went_is_read_from_the_rows_as_the_user_has_written_it(
    htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"a b,c%.txt": f"{tmp_path}/x;y$(HOME)=z", "\udcff": "http://server/$(component)?a=b;c"}
    monkeypatch.setattr(Protocols, "send", lambda _, url: f"{url}&signed")
    remaps = remaps_of([given, {}, given])
    of_each = [remaps.of(component) for component in range(3)]
    row = [";".join(entry for of, _ in of_each for entry in of), ",".join(entry for _, of in of_each for entry in of)]
    sent = [f"{tmp_path}/x;y$(HOME)=z", "http://server/{}?a=b;c"]
    assert destinations([*remaps.columns], row) == {
        component: {name: to.format(component) for name, to in zip(given, sent)} for component in (0, 2)
    }
    assert destinations([*remaps.columns], ["", ""]) == destinations(["component"], ["0"]) == {}


def test_too_few_or_too_many_are_misaligned(htmap_dir: Path) -> None:
    with pytest.raises(MisalignedInputData):
        remaps_of([]).of(0)
    with pytest.raises(MisalignedInputData):
        remaps_of([{}]).check_end(0)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", 3, b"x"])
def test_a_name_is_the_last_part_of_a_path(htmap_dir: Path, name: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        first({name: "http://server/x"})
    assert caught.value.name == "output_remaps"
    golden("outputs/a-name-is-the-last-part-of-a-path", caught.value.reason, hide={repr(name): "NAME"})


@pytest.mark.parametrize("given", [["a"], [None], [[("a", "b")]]])
def test_remaps_are_mappings(htmap_dir: Path, given: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        first(given)
    assert caught.value.name == "output_remaps"
    golden("outputs/remaps-are-mappings", caught.value.reason)


@pytest.mark.parametrize(
    "to",
    [
        "http://server/a b",
        "http://server/a ",
        "x\\",
        "folder/",
        "http://server/folder/",
        "a\nb",
        "http://server/a\x1fb",
    ],
)
def test_a_destination_that_htcondor_would_misread_is_refused(htmap_dir: Path, to: str) -> None:
    with pytest.raises(InvalidOption):
        first({"a": to})


def test_a_destination_is_a_path_or_a_url(htmap_dir: Path, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        first({"a": 3})
    golden("outputs/a-destination-is-a-path-or-a-url", caught.value)


def test_what_means_something_to_htcondor_is_quoted(htmap_dir: Path) -> None:
    assert first({"a": "http://server/;$(x)=,"})[0] == ["_htmap_return/remapped/0-0=http://server/\\;$(DOLLAR)(x)=,"]


def test_the_folder_of_a_destination_is_made(htmap_dir: Path, tmp_path: Path) -> None:
    first({"a": tmp_path / "some" / "where" / "a.txt"})
    assert (tmp_path / "some" / "where").is_dir()


def test_a_folder_that_cannot_be_made_is_told_before_submission(
    htmap_dir: Path, tmp_path: Path, golden: Golden
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidOption) as caught:
        first({"a": tmp_path / "file" / "a.txt"})
    golden("outputs/a-folder-that-cannot-be-made-is-told-before", caught.value)


def test_a_folder_is_no_destination(htmap_dir: Path, tmp_path: Path, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        first({"a": tmp_path})
    golden("outputs/a-folder-is-no-destination", caught.value)


def test_components_that_overwrite_each_others_file_are_doubtful() -> None:
    same, own = {"a": "http://server/x"}, {"a": "http://server/$(component)"}
    (doubt,) = remaps_of(same).warnings(3)
    assert (doubt.file, doubt.components) == ("a", 3)
    assert remaps_of(same).warnings(1) == remaps_of(own).warnings(3) == remaps_of([same] * 3).warnings(3) == []


def test_urls_that_are_good_for_a_while_are_made_anew_and_the_others_stay(htmap_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "id").write_text("AKIA")
    (tmp_path / "secret").write_text("old")
    keys: dict[str, Any] = {
        "aws_access_key_id_file": str(tmp_path / "id"),
        "aws_secret_access_key_file": str(tmp_path / "secret"),
    }
    protocols = Protocols(MapOptions(**keys))
    given = {"a": "s3://s3.example.org/bucket/a;$(b)", "b": tmp_path / "x;y", "c": "http://server/x;y"}
    (before, _) = OutputRemaps(given, protocols).of(0)
    (tmp_path / "secret").write_text("new")
    after = renewal({**keys, "executable": "x"}, [*keys, "MY.Name", "chunksize"])(";".join(before))

    assert after.startswith("_htmap_return/remapped/0-0=https://s3.example.org/bucket/a%3B%24%28b%29?X-Amz-")
    assert before[0] not in after  # the signature is another one
    assert after.endswith(";".join(before[1:]))
    assert renewal({}, [])(";".join(before[2:])) == ";".join(before[2:])

    in_ad = ";".join(before).replace("$(DOLLAR)", "$")  # as HTCondor reads it
    assert renewal(keys, keys, in_ad=True)(in_ad) == after.replace("$(DOLLAR)", "$")
