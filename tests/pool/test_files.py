"""Input files: whatever they are called and wherever they are found, the function gets them."""

from __future__ import annotations

import collections
import dataclasses
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap import MapOptions, TransferPath
from htmap.exceptions import TooLargeInputFiles, UnreadableInputFiles
from htmap_core.submission.files.staging import SameName

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180
NAMES = [
    "a blank", "a,comma", 'a"quote', "an'apostrophe", "$(Cluster)", "$ENV(HOME)", "$$(Name)", "$(DOLLAR)", "$$", "a%20b",
    "a;b", "a=b", "#a", ".a",
    "~a", "-a", "é漢", "back\\slash", "\\begins", "ends in \\", " outer ", "new\nline", "\x1f", "[a]*?", "queue", "a:", "C:",
]  # fmt: skip


def reader() -> Callable[[Any], Any]:
    """Return a function that tells what it was given: the types of containers, and the contents of files and folders."""

    def read(given: Any) -> Any:
        from pathlib import Path

        kind = type(given).__name__
        if isinstance(given, Path):
            return kind, given.read_text() if given.is_file() else sorted(each.name for each in given.iterdir())
        if hasattr(given, "items"):
            return kind, [(read(key), read(value)) for key, value in given.items()]
        if hasattr(given, "__iter__") and not isinstance(given, str):
            return kind, [read(each) for each in given]
        return (kind, read(given.path)) if hasattr(given, "path") else given

    return read


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TransferPath:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text(folder)
        (tmp_path / folder / "inner").mkdir()
        (tmp_path / folder / "inner" / "deep.txt").write_text(f"deep in {folder}")
    monkeypatch.chdir(tmp_path)
    return TransferPath(tmp_path)


def values(mapped: htmap.Map) -> list[Any]:
    mapped.wait(TIMEOUT)
    return list(mapped)


def test_every_name_arrives_as_it_is(files: TransferPath) -> None:
    def look(path: Any) -> tuple[bool, str, str, bool]:
        return path.is_absolute(), path.name, path.read_text(), path.samefile(path.name)

    for name in NAMES:
        (files / name).write_text(f"this is {name}")
    looked = htmap.map(look, [files / name for name in NAMES])
    assert values(looked) == [(True, name, f"this is {name}", True) for name in NAMES]


def test_every_name_of_a_folder_arrives_as_it_is(files: TransferPath) -> None:
    def look(path: Any) -> tuple[str, list[str]]:
        return path.name, [f"{each.parent.name}/{each.name}: {each.read_text()}" for each in path.rglob("*.txt")]

    for name in NAMES:
        (files / name / "b, c").mkdir(parents=True)
        (files / name / "b, c" / "d,e.txt").write_text(name)
    looked = htmap.map(look, [files / name for name in NAMES])
    assert values(looked) == [(name, [f"b, c/d,e.txt: {name}"]) for name in NAMES]


def test_paths_are_found_in_whatever_holds_them_and_that_keeps_its_type(files: TransferPath) -> None:
    path = files / "one" / "x.txt"
    found = ("PosixPath", "one")
    Pair = collections.namedtuple("Pair", ["path", "number"])

    @dataclasses.dataclass
    class Fields:
        path: Any

    given: list[Any] = [
        [path], (path,), {path}, frozenset([path]), {"key": [path]}, collections.defaultdict(list, {"key": path}),
        collections.OrderedDict([(path, 1)]), collections.deque([path]), Pair(path, 1), Fields(path),
    ]  # fmt: skip
    assert values(htmap.map(reader(), given)) == [
        ("list", [found]), ("tuple", [found]), ("set", [found]), ("frozenset", [found]),
        ("dict", [("key", ("list", [found]))]), ("defaultdict", [("key", found)]), ("OrderedDict", [(found, 1)]),
        ("deque", [found]), ("Pair", [found, 1]), ("Fields", found),
    ]  # fmt: skip


def test_keyword_arguments_are_looked_through_too(files: TransferPath) -> None:
    looked = htmap.starmap(
        lambda a, *, b: (a.read_text(), b.read_text()), [(files / "one/x.txt",)], [{"b": files / "two/x.txt"}]
    )
    assert values(looked) == [("one", "two")]


def test_files_and_folders_of_the_same_name_all_arrive_under_it(files: TransferPath) -> None:
    def look(*paths: Any) -> list[Any]:
        return [(path.name, path.read_text() if path.is_file() else (path / "deep.txt").read_text()) for path in paths]

    paths = [files / folder / name for folder in ("one", "two") for name in ("x.txt", "inner")]
    looked = htmap.starmap(look, [paths, reversed(paths)])
    expected = [("x.txt", "one"), ("inner", "deep in one"), ("x.txt", "two"), ("inner", "deep in two")]
    assert values(looked) == [expected, expected[::-1]]


def test_components_that_share_a_job_do_not_share_files_of_the_same_name(files: TransferPath) -> None:
    def look(path: Any) -> list[str]:
        return [path.read_text(), open("x.txt").read()]

    one, two = files / "one" / "x.txt", files / "two" / "x.txt"
    options = MapOptions(input_files=[one, two, one, [two]])
    looked = htmap.map(look, [one, two, two, one], map_options=options, chunksize=4)
    assert values(looked) == [["one", "one"], ["two", "two"], ["two", "one"], ["one", "two"]]


def test_a_slash_sends_the_contents_of_a_folder(files: TransferPath) -> None:
    def look(path: Any) -> tuple[str, str, bool]:
        from pathlib import Path

        return (path / "x.txt").read_text(), Path("inner/deep.txt").read_text(), path.samefile(".")

    assert values(htmap.map(look, [files / "one/"])) == [("one", "deep in one", True)]


def test_contents_that_would_overwrite_others_get_a_place_of_their_own(files: TransferPath) -> None:
    def look(*paths: Any) -> list[tuple[str, str]]:
        return [((path / "x.txt").read_text(), (path / "inner" / "deep.txt").read_text()) for path in paths]

    looked = htmap.starmap(look, [(files / "one/", files / "two/")])
    assert values(looked) == [[("one", "deep in one"), ("two", "deep in two")]]


def test_a_link_to_a_folder_arrives_as_a_folder(files: TransferPath) -> None:
    (files / "link").symlink_to(files / "one")
    assert values(htmap.map(reader(), [files / "link"])) == [("PosixPath", ["inner", "x.txt"])]


def test_a_path_that_the_function_itself_has_arrives_too(files: TransferPath) -> None:
    path = files / "two" / "x.txt"

    def look(given: Any, default: Any = path) -> list[str]:
        return [given.read_text(), default.read_text(), path.read_text()]

    looked = htmap.map(look, [files / "one" / "x.txt", path])
    assert values(looked) == [["one", "two", "two"], ["two", "two", "two"]]


def test_inputs_are_shown_as_they_were_given(files: TransferPath) -> None:
    given = [TransferPath("one/x.txt"), files / "one/"]
    mapped = htmap.map(reader(), given)
    assert list(mapped.iter_inputs()) == [((path,), {}) for path in given]


# --- options


def test_files_of_options_are_found_under_their_names(files: TransferPath) -> None:
    def look(names: list[str]) -> list[str]:
        return [open(name).read() for name in names]

    for name in ("a,b", "c d"):
        (files / name).write_text(name)
    of_each: list[Any] = ["c d", [files / "c d", "two/inner"], []]
    options = MapOptions(
        fixed_input_files=[TransferPath("one/x.txt"), "a,b", files / "two/inner/"],
        input_files=(each for each in of_each),
    )
    everywhere = ["x.txt", "a,b", "deep.txt"]
    looked = htmap.map(look, [[*everywhere, "c d"], ["c d", "inner/deep.txt"], everywhere], map_options=options)
    assert values(looked) == [
        ["one", "a,b", "deep in two", "c d"],
        ["c d", "deep in two"],
        ["one", "a,b", "deep in two"],
    ]


def test_files_are_there_again_when_components_run_again(files: TransferPath) -> None:
    def look(path: Any) -> list[str]:
        return [path.read_text(), open("a,b").read()]

    (files / "a,b").write_text("comma")
    paths = [files / "one/x.txt", files / "two/x.txt"]
    mapped = htmap.map(look, paths, map_options=MapOptions(input_files=["a,b", "a,b"]), chunksize=2)
    before = values(mapped)
    mapped.rerun([1])
    assert values(mapped) == before == [["one", "comma"], ["two", "comma"]]


def test_an_input_that_is_handed_over_comes_back_under_its_name(files: TransferPath) -> None:
    def hand_over(first: Any, second: Any) -> None:
        import htmap

        htmap.transfer_output_files(first)
        htmap.transfer_output_files(second.rename(second.with_name("other.txt")))

    mapped = htmap.starmap(hand_over, [(files / "one/x.txt", files / "two/x.txt")])
    mapped.wait(TIMEOUT)
    assert sorted((path.name, path.read_text()) for path in mapped.output_files[0].iterdir()) == [
        ("other.txt", "two"),
        ("x.txt", "one"),
    ]


# --- what goes wrong


def test_a_missing_file_is_told_before_and_held_and_can_be_mended(files: TransferPath) -> None:
    path = files / "one" / "missing, as yet.txt"
    with pytest.warns(UnreadableInputFiles) as caught:
        mapped = htmap.map(reader(), [path])
    doubt = caught[0].message
    assert isinstance(doubt, UnreadableInputFiles)
    assert doubt.problems == {str(path): os.strerror(errno.ENOENT)}
    with pytest.raises(htmap.exceptions.MapComponentHeld):
        mapped.get(0, timeout=TIMEOUT)
    assert mapped.holds[0].code == 13
    assert "one/missing, as yet.txt" in mapped.hold_report()
    path.write_text("here")
    mapped.release()
    assert mapped.get(0, timeout=TIMEOUT) == ("PosixPath", "here")


def test_files_that_ask_for_too_much_disk_are_told_before(files: TransferPath) -> None:
    with (files / "large").open("wb") as file:
        file.truncate(3_000_000)
    options = MapOptions(request_disk="2MB", requirements="false")
    with pytest.warns(TooLargeInputFiles) as caught:
        htmap.map(reader(), [1, files / "large"], map_options=options)
    doubt = caught[0].message
    assert isinstance(doubt, TooLargeInputFiles)
    assert (doubt.component, doubt.bytes // 1_000_000, doubt.request_disk) == (1, 3, "2MB")


def test_two_files_of_one_name_cannot_both_be_looked_for_by_it(files: TransferPath) -> None:
    before = htmap.get_tags()
    with pytest.raises(SameName) as caught:
        htmap.map(reader(), [1], map_options=MapOptions(fixed_input_files="one/x.txt", input_files=["two/x.txt"]))
    assert all(each in str(caught.value) for each in ("one/x.txt", "two/x.txt", "TransferPath"))
    assert htmap.get_tags() == before


@pytest.mark.parametrize(("given", "message"), [(["one/x.txt"], "component 1"), (["one/x.txt"] * 3, "2 components")])
def test_there_are_as_many_input_files_as_components(files: TransferPath, given: list[str], message: str) -> None:
    with pytest.raises(htmap.exceptions.MisalignedInputData, match="input_files"):
        htmap.map(reader(), [1, 2], map_options=MapOptions(input_files=given))
