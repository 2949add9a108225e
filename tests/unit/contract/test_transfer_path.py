"""TransferPath: a pathlib.Path that knows where to transfer from."""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

import htmap
from htmap import TransferPath
from htmap_core.contract.transfer_path import IsRemote, collected, source
from tests.golden_files import Golden

BUCKET = TransferPath("my-bucket", protocol="s3", location="s3.example.com")


@pytest.fixture
def folder(tmp_path: Path) -> TransferPath:
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("a")
    (tmp_path / "data" / "inner" / "b.txt").write_text("b")
    return TransferPath(tmp_path)


# --- as pathlib


def test_it_has_everything_that_a_path_has(folder: TransferPath) -> None:
    public = [name for name, _ in inspect.getmembers(Path) if not name.startswith("_")]
    assert [name for name in public if not hasattr(folder, name)] == []
    assert set(public) <= set(dir(folder))


def test_files_are_written_and_read_as_with_pathlib(folder: TransferPath) -> None:
    path = folder / "new.txt"
    assert path.write_text("two\nlines\n") == 10
    with path.open() as file:
        assert list(file) == ["two\n", "lines\n"]
    assert (path.exists(), path.stat().st_size) == (True, 10)


def test_paths_that_are_yielded_are_transfer_paths(folder: TransferPath) -> None:
    data = folder / "data"
    assert sorted(data.iterdir()) == [data / "a.txt", data / "inner"]
    assert list(folder.glob("*/*.txt")) == [data / "a.txt"]
    assert sorted(folder.rglob("*.txt")) == [data / "a.txt", data / "inner" / "b.txt"]


@pytest.mark.skipif(not hasattr(Path, "walk"), reason="Python 3.12 brought it")
def test_a_walk_yields_transfer_paths(folder: TransferPath) -> None:
    assert next(folder.walk()) == (folder, ["data"], [])  # type: ignore[attr-defined]


def test_paths_that_are_returned_are_transfer_paths(folder: TransferPath) -> None:
    path = folder / "data" / "a.txt"
    assert path.parent == folder / "data"
    assert path.parents[:2] == (folder / "data", folder)
    assert path.with_suffix(".csv") == path.with_name("a.csv") == folder / "data" / "a.csv"
    assert (folder / "data" / ".." / "data").resolve() == folder.resolve() / "data"
    assert path.relative_to(folder) == TransferPath("data/a.txt")
    assert path.rename(folder / "moved") == folder / "moved"


def test_it_goes_wherever_a_path_goes(folder: TransferPath) -> None:
    path = folder / "data" / "a.txt"
    assert Path(path) == Path(os.fspath(path)) == Path(str(path))
    assert bytes(path) == os.fsencode(path) == bytes(Path(path))
    with open(path) as file:  # that open() takes it is the promise
        assert file.read() == "a"
    assert "x" / TransferPath("y") == TransferPath("x").joinpath("y") == TransferPath("x/y")


def test_the_current_and_the_home_folder() -> None:
    assert (Path(TransferPath.cwd()), Path(TransferPath.home())) == (Path.cwd(), Path.home())
    assert type(TransferPath.cwd()) is type(TransferPath.home()) is TransferPath


def test_what_pathlib_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError) as caught:
        TransferPath("x").exsits()  # type: ignore[attr-defined]  # on purpose
    assert "exsits" in str(caught.value)


# --- contents of folders


@pytest.mark.parametrize("text", ["data/", "/data/", "data//"])
def test_a_slash_at_the_end_stands_for_the_contents_and_stays(text: str) -> None:
    path = TransferPath(text)
    assert path.is_contents
    assert str(path) == os.fspath(TransferPath(path)) == f"{Path(text)}/"
    assert path != TransferPath(Path(text))
    assert (TransferPath("/") / text).is_contents


@pytest.mark.parametrize("path", ["data", "/", "", "."])
def test_other_paths_stand_for_themselves(path: str) -> None:
    assert not TransferPath(path).is_contents


def test_what_is_derived_from_contents_is_no_contents() -> None:
    contents = TransferPath("top/data/")
    assert contents.name == "data"
    assert [contents.parent, contents / "a"] == [TransferPath("top"), TransferPath("top/data/a")]


# --- somewhere else


def test_a_remote_path_shows_where_it_is() -> None:
    shown = "TransferPath(path='my-bucket/in.txt', protocol='s3', location='s3.example.com')"
    assert repr(BUCKET / "in.txt") == str(BUCKET / "in.txt") == shown


def test_names_are_derived_from_remote_paths_too() -> None:
    path = BUCKET / "deep" / "in.txt"
    assert (path.name, path.suffix, path.parts) == ("in.txt", ".txt", ("my-bucket", "deep", "in.txt"))
    assert path.parent.parent == BUCKET
    assert path.relative_to(BUCKET).as_url() == "s3://s3.example.com/deep/in.txt"


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (TransferPath("en/latest/logo.svg", protocol="http", location="example.com"), "http://example.com/en/latest/logo.svg"),
        (TransferPath("/", protocol="http", location="example.com") / "en" / "x", "http://example.com/en/x"),
        (TransferPath("/ospool/data", protocol="osdf"), "osdf:///ospool/data"),
        (TransferPath("a b,c/é", protocol="http", location="h"), "http://h/a%20b%2Cc/%C3%A9"),
        (TransferPath("a%20b?q=1&r=2", protocol="http", location="h:80"), "http://h:80/a%20b?q=1&r=2"),
    ],
)  # fmt: skip
def test_a_path_has_a_url(path: TransferPath, url: str) -> None:
    assert path.as_url() == path.as_uri() == url


@pytest.mark.parametrize("text", ["/a b,c", "/a b/", "relative", "relative/", "../up", "~user", "/"])
def test_a_path_of_this_machine_is_where_it_is_absolute(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = TransferPath(text)
    monkeypatch.chdir(tmp_path)  # the current directory of the call counts
    where = os.path.abspath(text)
    assert path.as_url() == where + ("/" if path.is_contents else "")
    assert path.as_uri().rstrip("/") == Path(where).as_uri().rstrip("/")


@pytest.mark.parametrize(
    "url", ["http://h/a/b.txt", "osdf:///ospool/x", "s3://bucket/key//twice", "https://h/x?u=http://y"]
)
def test_a_whole_url_is_taken_apart(url: str) -> None:
    assert TransferPath(url).as_url() == url
    assert TransferPath(url).protocol == url.partition(":")[0]


def test_what_only_the_file_system_knows_is_refused_for_remote_paths() -> None:
    for ask in (BUCKET.__fspath__, BUCKET.__bytes__, lambda: list(BUCKET.iterdir())):
        with pytest.raises(IsRemote) as caught:
            ask()
        assert BUCKET.as_url() in str(caught.value)
    with pytest.raises(TypeError):  # of pathlib itself since Python 3.12
        Path(BUCKET)


def test_the_refusal_survives_pickling() -> None:
    error = IsRemote("s3://h/x", "exists")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("path", ["x", "/x", "https://h/x", TransferPath("x")])
def test_a_location_without_a_protocol_names_nothing(path: str | TransferPath, golden: Golden) -> None:
    with pytest.raises(ValueError) as caught:
        TransferPath(path, location="h")
    golden("transfer-path/a-location-without-a-protocol-names-nothing", caught.value, hide={repr(str(path)): "PATH"})


def test_paths_of_different_places_are_not_related(golden: Golden) -> None:
    with pytest.raises(ValueError) as caught:
        BUCKET.relative_to(TransferPath("my-bucket"))
    golden("transfer-path/paths-of-different-places-are-not-related", caught.value)
    with pytest.raises(TypeError):
        TransferPath("x") / BUCKET


# --- equality, order, pickles


def test_paths_are_equal_hashed_and_ordered_by_where_they_are() -> None:
    paths = [
        TransferPath("b"),
        TransferPath("a"),
        BUCKET,
        TransferPath("my-bucket"),
        TransferPath("a/b"),
        TransferPath("a"),
    ]
    assert len(set(paths)) == 5
    assert sorted(set(paths)) == [*map(TransferPath, ("a", "a/b", "b", "my-bucket")), BUCKET]
    assert TransferPath("a") != Path("a")


@pytest.mark.parametrize(
    "path", [TransferPath("a/"), TransferPath("/a b"), BUCKET, TransferPath("/x", protocol="osdf")]
)
def test_a_pickled_path_comes_back_here(path: TransferPath) -> None:
    assert pickle.loads(pickle.dumps(path)) == path
    assert htmap.TransferPath(path) == path


def test_so_it_does_in_another_process() -> None:
    program = "import pickle, sys; print(pickle.load(sys.stdin.buffer).as_url())"
    ran = subprocess.run([sys.executable, "-c", program], input=pickle.dumps(BUCKET), capture_output=True, check=True)
    assert ran.stdout.decode().strip() == BUCKET.as_url()


def test_what_is_sent_names_one_function_on_both_sides() -> None:
    with collected():
        sent = pickle.dumps(TransferPath("x"))
    assert b"htmap_run.transferred" in sent
    assert pickle.loads(sent) == TransferPath("x")
    of_0_7_0 = b"chtmap\n_transferred\n(VX\nNNVY\ntR."
    assert pickle.loads(of_0_7_0) == TransferPath("X")


def test_pickling_tells_where_from_to_transfer_whatever_holds_the_path(folder: TransferPath) -> None:
    nested = {BUCKET: [TransferPath("x"), {folder / "y"}], "inner": folder / "y"}
    with collected() as met:
        pickle.dumps(nested)
    assert set(met) == {"s3://s3.example.com/my-bucket", str(Path.cwd() / "x"), str(folder / "y")}
    with collected() as met:
        pickle.dumps(Path("z"))
    assert met == {}


NAMES = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


@given(NAMES, NAMES)
def test_names_are_kept_as_pathlib_keeps_them(first: str, second: str) -> None:
    path = TransferPath("/") / first / second
    assert os.fspath(path) == source(path) == str(PurePosixPath("/") / first / second)
    assert (path.name, path.parent.name) == (second, first)
