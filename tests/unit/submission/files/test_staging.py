"""Input files on their way: what HTCondor is told of them, and what the execute side."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from htmap_core.exceptions import CannotStore
from htmap_core.submission.files.sources import look
from htmap_core.submission.files.staging import SameName, Staging
from htmap_run.files import placing
from tests.golden_files import Golden


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text(name)
    (tmp_path / "a,b").write_text("comma")
    return tmp_path


@pytest.fixture
def map_path(tmp_path: Path) -> Path:
    path = tmp_path / "map"
    path.mkdir()
    return path


@pytest.fixture
def urls() -> list[str]:
    return []


@pytest.fixture
def staging(map_path: Path, urls: list[str]) -> Staging:
    return Staging(map_path, urls.append)


def paths(folder: Path, *names: str) -> list[str]:
    return [f"{folder}/{name}" for name in names]


def links(map_path: Path) -> Iterator[Path]:
    return (path for path in map_path.rglob("*") if path.is_symlink())


def test_what_can_travel_as_it_is_does_without_a_trace(staging: Staging, folder: Path, map_path: Path) -> None:
    (folder / "empty").mkdir()
    wanted = paths(folder, "one/x", "two", "empty/", "missing")
    assert staging.add(wanted[:1], wanted[1:]) == ([], wanted)
    assert list(map_path.iterdir()) == []


def test_a_name_that_cannot_be_listed_travels_by_a_link_and_is_given_back(
    staging: Staging, folder: Path, map_path: Path
) -> None:
    (source,) = paths(folder, "a,b")
    link = "../files/0/_htmap_file_0"
    assert staging.add([], [source]) == ([[source, "_htmap_file_0", "a,b"]], [link])
    assert (map_path / "files/0/_htmap_file_0").read_text() == "comma"


def test_a_name_that_is_taken_gets_a_place_of_its_own(staging: Staging, folder: Path) -> None:
    one, two = paths(folder, "one/x", "two/x")
    entries = [[two, "_htmap_file_0", "_htmap_files/0/x"]]
    assert staging.add([], [one, two]) == (entries, [one, "../files/0/_htmap_file_0"])


def test_the_next_job_starts_afresh_and_uses_the_same_link(staging: Staging, folder: Path, map_path: Path) -> None:
    one, two, comma = paths(folder, "one/x", "two/x", "a,b")
    staging.add([], [one, two, comma])
    staging.begin_job()
    assert staging.add([], [two, comma]) == ([[comma, "_htmap_file_1", "a,b"]], [two, "../files/0/_htmap_file_1"])
    assert len(list(links(map_path))) == 2


def test_what_all_jobs_get_is_listed_once_and_keeps_its_name(staging: Staging, folder: Path) -> None:
    one, two = paths(folder, "one/x", "two/x")
    assert staging.add_for_all([one], []) == []
    staging.begin_job()
    assert staging.for_all == [one]
    assert staging.add([], [one, two]) == ([[two, "_htmap_file_0", "_htmap_files/0/x"]], ["../files/0/_htmap_file_0"])


def test_one_file_of_all_and_one_of_a_component_cannot_have_one_name(
    staging: Staging, folder: Path, golden: Golden
) -> None:
    one, two = paths(folder, "one/x", "two/x")
    staging.add_for_all([], [one])  # as TransferPath in the function
    staging.begin_job()
    with pytest.raises(SameName) as caught:
        staging.add([two], [])
    golden("staging/one-file-of-all-and-one-of-a-component-cannot", caught.value)


@pytest.mark.parametrize("name", ["_htmap_function", ".job.ad", "_condor_stdout"])
def test_names_of_htmap_and_htcondor_are_left_to_them(
    staging: Staging, folder: Path, name: str, golden: Golden
) -> None:
    (folder / name).touch()
    (source,) = paths(folder, name)
    assert staging.add([], [source])[0] == [[source, "_htmap_file_0", f"_htmap_files/0/{name}"]]
    with pytest.raises(SameName) as caught:
        staging.add([source], [])
    golden("staging/names-of-htmap-and-htcondor-are-left-to-them", caught.value, hide={name: "NAME"})


def test_contents_of_folders_that_have_the_same_names_are_kept_apart(
    staging: Staging, folder: Path, golden: Golden
) -> None:
    one, two = paths(folder, "one/", "two/")
    entries = [[two, "_htmap_file_0", "_htmap_files/0/two"]]
    assert staging.add([], [one, two]) == (entries, [one, "../files/0/_htmap_file_0"])
    with pytest.raises(SameName) as caught:
        staging.add([two], [])
    golden("staging/contents-of-folders-that-have-the-same-names", caught.value)


def test_a_folder_becomes_a_tree_of_links(staging: Staging, folder: Path, map_path: Path) -> None:
    (folder / "c,d" / "inner").mkdir(parents=True)
    (folder / "c,d" / "inner" / "deep").write_text("deep")
    (folder / "c,d" / "outside").symlink_to(folder / "one")
    staging.add([], paths(folder, "c,d"))
    tree = map_path / "files" / "0" / "_htmap_file_0"
    assert (tree / "inner" / "deep").read_text() == "deep"
    assert {path.name for path in links(map_path)} == {"deep", "outside"}


def test_what_a_url_names_is_renamed_where_it_arrives_under_another_name(staging: Staging, urls: list[str]) -> None:
    url = "http://h/a%20b?token=1"
    assert staging.add([], [url]) == ([[url, "a%20b", "a b"]], [url])
    assert urls == [url]


def test_urls_of_one_name_are_told_apart_where_the_protocol_allows_it(staging: Staging, golden: Golden) -> None:
    one, two = "http://one/x", "http://two/x"
    entries = [[two, "_htmap_file_0", "_htmap_files/0/x"]]
    assert staging.add([], [one, two]) == (entries, [one, f"{two}#/_htmap_file_0"])
    with pytest.raises(SameName) as caught:
        staging.add([], ["s3://three/x"])
    golden("staging/urls-of-one-name-are-told-apart-where", caught.value)


def test_files_that_cannot_be_read_are_found_with_the_reason(staging: Staging, folder: Path) -> None:
    staging.add([], paths(folder, *(f"missing{number}" for number in range(10))))
    assert staging.summary.problem_count == 10
    assert list(staging.summary.problems.values()) == [os.strerror(errno.ENOENT)] * 5


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Give a folder that everybody can look into, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_file_without_permission_is_found(reachable: Path) -> None:
    secret = reachable / "secret"
    secret.touch(mode=0)
    program = f"from htmap_core.submission.files.sources import look; print(look({str(secret)!r}).problem)"
    if os.getuid() == 0:
        program = f"import htmap_core.submission.files.sources, os; os.setgid(65534); os.setuid(65534); {program}"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == os.strerror(errno.EACCES)


def test_how_much_a_job_gets_is_known(staging: Staging, folder: Path) -> None:
    (folder / "large").write_bytes(bytes(1000))
    staging.add_for_all([], paths(folder, "one/x"))
    staging.begin_job()
    staging.add(paths(folder, "large"), paths(folder, "large", "two/x"))
    assert staging.bytes - staging.bytes_for_all == 1003
    staging.begin_job()
    assert staging.bytes == staging.bytes_for_all > 0


def test_a_link_that_cannot_be_made_is_an_error_that_names_it(staging: Staging, folder: Path, map_path: Path) -> None:
    (map_path / "files").write_text("in the way")
    with pytest.raises(CannotStore, match="files"):
        staging.add([], paths(folder, "a,b"))


# --- the execute side, which puts them in their places


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    path = tmp_path / "scratch"
    path.mkdir()
    return path


def test_a_file_gets_its_name_however_often_it_is_placed(scratch: Path) -> None:
    (scratch / "_htmap_file_0").write_text("comma")
    for _ in range(2):
        placing.place(str(scratch), [["/from/a,b", "_htmap_file_0", "a,b"]])
        assert (scratch / "a,b").read_text() == "comma"
        assert placing.places == {"/from/a,b": str(scratch / "a,b")}


def test_a_file_makes_way_for_one_component_only(scratch: Path) -> None:
    (scratch / "x").write_text("one")
    (scratch / "_htmap_file_0").write_text("two")
    entry = ["/two/x", "_htmap_file_0", "_htmap_files/0/x", "x"]
    for _ in range(2):
        placing.place(str(scratch), [entry, ["/one/x", "x", "_htmap_files/aside/x"]])
        assert ((scratch / "x").read_text(), Path(placing.places["/one/x"]).read_text()) == ("two", "one")
    placing.place(str(scratch), [])
    assert (scratch / "x").read_text() == "one"


def test_what_was_put_elsewhere_is_called_by_its_own_name() -> None:
    assert placing.name_of("_htmap_files/3/a/b") == "a/b"
    assert [placing.name_of(name) for name in ("x", "a/b/c")] == ["x", "a/b/c"]


# --- names


@pytest.mark.parametrize(
    ("url", "name"), [("http://h/a/b.txt?x=/y", "b.txt"), ("s3://b/k%2Fl", "k%2Fl"), ("osdf:///d/", "d")]
)
def test_what_a_url_names_has_its_last_part_as_name(url: str, name: str) -> None:
    assert look(url).name == name


def test_a_refusal_survives_pickling() -> None:
    import pickle

    error = SameName("x", "/a/x", "/b/x")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
