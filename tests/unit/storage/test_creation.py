"""What is on disk while and after a map is made."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import pickle
import re
import resource
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import (
    CannotRemoveMap,
    CannotStore,
    CondorRefused,
    InvalidTag,
    TagAlreadyExists,
    TagNotFound,
    UnusableHTMapDir,
)
from htmap_core.files.sealed import unseal
from htmap_core.settings.chain import settings
from htmap_core.storage import deletion, operations
from htmap_core.storage.content.formats import JOBS_DIFFER, WRITTEN
from htmap_core.storage.content.inputs import read_inputs
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord, record_text
from htmap_core.storage.root import htmap_dir
from htmap_core.storage.submissions import Submissions
from htmap_core.storage.tags import all_tags, find_map
from htmap_core.submission.submit import submit_map
from tests.golden_files import Golden

MAP_ID = re.compile("[0-9a-f]{32}")


def record(creation: Creation, chunksize: int = 1) -> MapRecord:
    return MapRecord(
        components=creation.components,
        chunksize=chunksize,
        delivery_method="assume",
        pool=PoolAddress("personal", configuration=Path("/somewhere/condor_config")),
        versions={"python": "3.11.7"},
        options={"request_memory": "1GB"},
        created=1.5,
    )


def accept(_: str) -> SimpleNamespace:
    return SimpleNamespace(cluster=17)


def queue(submit: Callable[[str], Any]) -> Any:
    """A queue that does with a submission what a test wants, and has nothing to remove."""
    return SimpleNamespace(submit=submit, remove=lambda *_: None)


def interrupted(kind: str) -> list[operations.Operation]:
    return list(operations.unfinished(htmap_dir(), kind))


def make(
    tag: str | None, inputs: list[bytes], chunksize: int = 1, submit: Callable[[str], Any] = accept, into: Any = None
) -> MapDir:
    with Creation(tag, sizes=itertools.repeat(chunksize)) as creation:
        for payload in inputs:
            creation.add_input(payload)
        creation.finish()
        submit_map(creation, record(creation, chunksize), {"universe": "vanilla"}, into or queue(submit))
        return creation.map_dir


def rows(map_dir: MapDir) -> list[list[str]]:
    return [line.split("\x1f") for line in map_dir.items(0).read_text().splitlines()]


def payload_of(map_dir: MapDir, row: list[str], component: int) -> bytes:
    return read_inputs(map_dir.path / "inputs" / row[2]).payload(component)


def test_a_created_map_is_found_by_its_tag_with_all_that_was_written(htmap_dir: Path) -> None:
    made = make("tide", [b"a", b"b", b"c"])
    found = find_map("tide")
    assert found.id == made.id
    assert found.record == made.record
    assert found.record.pool.configuration == Path("/somewhere/condor_config")
    assert [(s.number, s.jobs, s.cluster) for s in found.submissions.all()] == [(0, 3, 17)]
    assert all_tags() == ["tide"]
    assert not interrupted(names.CREATING)


def test_only_this_user_may_look_into_htmap_dir(htmap_dir: Path) -> None:
    make("tide", [b"a"])
    assert stat.S_IMODE(htmap_dir.stat().st_mode) == 0o700


def test_every_input_can_be_read_back_through_the_row_of_its_job(htmap_dir: Path) -> None:
    inputs = [pickle.dumps(((number,), {})) for number in range(25)]
    made = make("tide", inputs, chunksize=10)
    assert [(row[0], row[1], row[3]) for row in rows(made)] == [
        ("0", "0-9", "0/0/0"),
        ("10", "10-19", "0/0/1"),
        ("20", "20-24", "0/0/2"),
    ]
    for number, payload in enumerate(inputs):
        assert payload_of(made, rows(made)[number // 10], number) == payload
    assert [made.placement.components_of(made.placement.job_of(n)) for n in (0, 19, 24)] == [
        tuple(range(10)),
        tuple(range(10, 20)),
        tuple(range(20, 25)),
    ]


def test_jobs_of_different_sizes_are_known_from_the_map_alone(htmap_dir: Path) -> None:
    with Creation("tide", sizes=itertools.chain([4, 2, 2], itertools.repeat(1))) as creation:
        begins = []
        for number in range(10):
            begins.append(creation.begins_job)
            creation.add_input(b"%d" % number)
        creation.finish()
        assert [number for number, is_first in enumerate(begins) if is_first] == [0, 4, 6, 8, 9]
        assert not creation.has_equal_jobs
        sizes = attrs.evolve(record(creation, creation.chunksize), sizes=creation.runs)
        submit_map(creation, sizes, {"universe": "vanilla"}, queue(accept))
    found = MapDir(creation.map_dir.path)
    assert [(row[0], row[1]) for row in rows(found)] == [
        ("0", "0-3"),
        ("4", "4-5"),
        ("6", "6-7"),
        ("8", "8"),
        ("9", "9"),
    ]
    assert (found.record.jobs, found.record.chunksize) == (5, 4)
    assert [found.placement.job_of(component).row for component in range(10)] == [0, 0, 0, 0, 1, 1, 2, 2, 3, 4]
    assert [found.input_block(component).name for component in (0, 9)] == ["_htmap_inputs_0"] * 2


@pytest.mark.parametrize(
    ("sizes", "are_equal"), [([3, 3, 3], True), ([3, 3, 2], True), ([2, 2, 3], False), ([3, 2, 2], False)]
)
def test_only_the_last_of_equal_jobs_may_be_smaller(htmap_dir: Path, sizes: list[int], are_equal: bool) -> None:
    with Creation(None, sizes=sizes) as creation:
        for _ in range(sum(sizes)):
            creation.add_input(b"")
        creation.finish()
        assert creation.has_equal_jobs is are_equal
        assert sum(jobs * size for jobs, size in creation.runs) == sum(sizes)


@pytest.mark.parametrize(("sizes", "needed"), [([1, 1, 1], WRITTEN), ([2, 2, 1], WRITTEN), ([1, 2, 1], JOBS_DIFFER)])
def test_a_map_needs_a_newer_reader_only_where_its_jobs_differ(htmap_dir: Path, sizes: list[int], needed: int) -> None:
    with Creation(None, sizes=sizes) as creation:
        for _ in range(sum(sizes)):
            creation.add_input(b"")
        creation.finish()
        runs = () if creation.has_equal_jobs else creation.runs
        text = record_text(attrs.evolve(record(creation, creation.chunksize), sizes=runs), htmap_dir)
    content = unseal(text.encode())
    assert content.get("needs", content["format"]) == needed


def test_sizes_that_do_not_have_all_components_are_damage(htmap_dir: Path) -> None:
    made = make("tide", [b"a", b"b", b"c"])
    with pytest.raises(ValueError, match="3"):
        attrs.evolve(made.record, sizes=[(1, 2)])


def test_small_inputs_share_blocks_of_about_64_kib(htmap_dir: Path) -> None:
    made = make("tide", [b"x" * 1000] * 1000)
    blocks = [path for path in (made.path / "inputs").rglob("*") if path.is_file()]
    assert len(blocks) == pytest.approx(1_000_000 / 65_536, abs=2)


def test_a_large_input_has_a_block_of_its_own(htmap_dir: Path) -> None:
    made = make("tide", [b"small", b"x" * 100_000, b"small"])
    assert [row[2] for row in rows(made)] == ["0/_htmap_inputs_0", "0/_htmap_inputs_1", "0/_htmap_inputs_2"]


def test_a_block_names_the_components_that_bring_code(htmap_dir: Path) -> None:
    with Creation("code") as creation:
        for payload, by_value in [(b"a", False), (b"b", True), (b"x" * 100_000, True), (b"d", False)]:
            creation.add_input(payload, by_value=by_value)
        creation.finish()
        blocks = [creation.map_dir.path / "inputs" / row[2] for row in rows(creation.map_dir)]
        assert [[n for n in range(4) if n in read and read.by_value(n)] for read in map(read_inputs, blocks)] == [
            [1],
            [1],
            [2],
            [],
        ]


def test_no_directory_of_inputs_has_more_than_a_thousand_blocks(htmap_dir: Path) -> None:
    made = make("tide", [b"x" * 66_000] * 1_001)
    assert sorted(path.name for path in (made.path / "inputs").iterdir()) == ["0", "1"]


def test_a_job_has_the_values_of_all_its_components_in_a_joined_column_each_once(htmap_dir: Path) -> None:
    with Creation(
        "joined", sizes=itertools.repeat(2), columns=["first"], joined={"files": ",", "other": ";"}
    ) as creation:
        for number, files in enumerate([["a", "b"], ["b", "c"], [], []]):
            creation.add_input(b"", [str(number)], [files, []])
        creation.finish()
        assert creation.columns[-3:] == ("first", "files", "other")
        assert [row[-3:] for row in rows(creation.map_dir)] == [["0", "a,b,c", ""], ["2", "", ""]]


def test_a_value_may_follow_from_how_many_components_a_job_has_in_the_end(htmap_dir: Path) -> None:
    with Creation("sized", sizes=itertools.repeat(3), columns=["limit"], joined={"files": ","}) as creation:
        for number in range(4):
            creation.add_input(b"", [lambda components: f"{10 * components}"], [[str(number)]])
        creation.finish()
        assert [row[-2:] for row in rows(creation.map_dir)] == [["30", "0,1,2"], ["10", "3"]]


def test_a_map_without_a_tag_gets_a_random_one_and_is_transient(htmap_dir: Path) -> None:
    made = make(None, [b"a"])
    (tag,) = all_tags()
    assert len(tag.split("-")) == 3
    assert made.is_transient
    assert not make("tide", [b"a"]).is_transient


def test_a_tag_in_use_is_refused_and_the_other_map_is_untouched(htmap_dir: Path) -> None:
    first = make("tide", [b"a"])
    with pytest.raises(TagAlreadyExists):
        make("tide", [b"b"])
    assert find_map("tide").id == first.id
    assert len(list((htmap_dir / "maps").iterdir())) == 1


@pytest.mark.parametrize("tag", ["", ".", "..", "a b", "a/b", "a*", "-x", "tab\t", "x" * 300, 3])
def test_what_cannot_be_a_tag_is_refused_before_anything_is_written(htmap_dir: Path, tag: str) -> None:
    with pytest.raises(InvalidTag):
        Creation(tag)
    assert not htmap_dir.exists()


def test_an_exception_while_a_map_is_made_leaves_nothing_behind(htmap_dir: Path) -> None:
    def fail_half_way() -> None:
        with Creation("tide") as creation:
            creation.add_input(b"a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert left_behind(htmap_dir) == []
    assert all_tags() == []


def test_a_refused_submission_leaves_nothing_behind(htmap_dir: Path) -> None:
    def refuse(_: str) -> None:
        raise CondorRefused("no")

    with pytest.raises(CondorRefused):
        make("tide", [b"a"], submit=refuse)
    assert left_behind(htmap_dir) == []


def test_where_htmap_dir_cannot_be_made_the_error_names_it(htmap_dir: Path) -> None:
    htmap_dir.write_text("in the way")
    with pytest.raises(UnusableHTMapDir) as caught:
        make("tide", [b"a"])
    assert caught.value.path == htmap_dir


def test_on_a_full_disk_the_error_says_so_and_nothing_is_left_behind(htmap_dir: Path, golden: Golden) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))  # as near to a full disk as a test gets without one
    try:
        with pytest.raises(CannotStore) as caught:
            make("tide", [b"x" * 200_000])
        golden("creation/on-a-full-disk-the-error-says-so-and-nothing", caught.value, hide={MAP_ID: "ID"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert left_behind(htmap_dir) == []


def _create_and_die(when: str) -> None:
    with Creation("tide") as creation:
        creation.add_input(b"a")
        if when == "before the intent":
            os.kill(os.getpid(), signal.SIGKILL)
        creation.finish()
        submit_map(creation, record(creation), {}, queue(lambda _: os.kill(os.getpid(), signal.SIGKILL)))


@pytest.mark.parametrize("when", ["before the intent", "while it submits"])
def test_a_killed_creation_is_recognised_and_can_be_undone(htmap_dir: Path, when: str) -> None:
    process = multiprocessing.get_context("fork").Process(target=_create_and_die, args=(when,))
    process.start()
    process.join()
    (creation,) = interrupted(names.CREATING)
    assert creation.tag == "tide"
    assert [s.cluster for s in creation.map_dir.submissions.all()] == ([] if when == "before the intent" else [None])
    deletion.undo_creation(creation)
    assert left_behind(htmap_dir) == []
    assert make("tide", [b"a"]).exists


def test_a_creation_that_is_going_on_is_not_taken_for_an_interrupted_one(htmap_dir: Path) -> None:
    with Creation("tide") as creation:
        creation.add_input(b"a")
        process = multiprocessing.get_context("fork").Process(target=_exit_with_count_of_interrupted)
        process.start()
        process.join()
        creation.finish()
    assert process.exitcode == 0


def _exit_with_count_of_interrupted() -> None:
    os._exit(len(interrupted(names.CREATING)))


def test_of_many_processes_that_want_a_tag_one_gets_it(htmap_dir: Path) -> None:
    processes = [multiprocessing.get_context("fork").Process(target=_claim) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert sorted(process.exitcode or 0 for process in processes) == [0] + [3] * 7
    assert len(list((htmap_dir / "maps").iterdir())) == 1


def _claim() -> None:
    try:
        make("tide", [b"a"])
    except TagAlreadyExists:
        os._exit(3)
    os._exit(0)


def test_a_cut_off_line_of_the_submissions_is_passed_over_and_repaired(htmap_dir: Path) -> None:
    made = make("tide", [b"a"])
    path = made.path / "submissions.jsonl"
    path.write_bytes(path.read_bytes() + b'{"number": 1, "tok')
    assert [s.cluster for s in made.submissions.all()] == [17]
    again = made.submissions.intend(1, late=False)
    made.submissions.taken(again, 18)
    assert [(s.number, s.cluster) for s in made.submissions.all()] == [(0, 17), (1, 18)]


def test_a_tag_whose_map_is_gone_is_not_found(htmap_dir: Path) -> None:
    make("tide", [b"a"]).path.rename(htmap_dir / "elsewhere")
    with pytest.raises(TagNotFound):
        find_map("tide")


def test_a_tag_whose_map_is_gone_can_be_used_again(htmap_dir: Path) -> None:
    make("tide", [b"a"]).path.rename(htmap_dir / "elsewhere")
    assert make("tide", [b"b"]).exists


def test_a_directory_that_htcondor_makes_again_for_a_late_event_is_no_map(htmap_dir: Path) -> None:
    made = make("tide", [b"a"])
    with deletion.announced(made, "tide", None, "false") as removal:
        deletion.delete_map(removal)
    (made.path / "outputs").mkdir(parents=True)
    (made.path / "events").write_text("009 (17.000.000) 2026-11-21 12:39:42 Job was aborted.\n...\n")
    made.write_state(b"of a process that reads it")
    assert not made.exists
    deletion.conclude(removal)
    assert [left.map_dir.id for left in interrupted(names.REMOVED)] == [made.id], "its directory is still to be deleted"
    assert make("tide", [b"b"]).exists


def test_a_map_is_gone_for_others_once_its_removal_has_begun_and_there_again_if_it_fails(htmap_dir: Path) -> None:
    made = make("tide", [b"a"])
    with deletion.announced(made, "tide", None, "false") as removal:
        assert not made.exists
        with pytest.raises(TagNotFound):
            find_map("tide")
        with pytest.raises(TagAlreadyExists):
            make("tide", [b"b"])
        deletion.withdraw(removal)
    assert find_map("tide").id == made.id


def test_a_removal_that_is_going_on_is_not_taken_for_an_interrupted_one(htmap_dir: Path) -> None:
    with deletion.announced(make("tide", [b"a"]), "tide", None, "false"):
        assert interrupted(names.REMOVED) == []
    assert len(interrupted(names.REMOVED)) == 1


def test_a_map_is_removed_where_it_lies_whatever_the_settings_say_by_now(htmap_dir: Path, tmp_path: Path) -> None:
    made = make("tide", [b"a"])
    settings["HTMAP_DIR"] = tmp_path / "another"
    remove(made)
    assert left_behind(htmap_dir) == []
    assert not (tmp_path / "another").exists()


def test_a_marker_that_was_never_written_is_no_removal_of_anything(htmap_dir: Path) -> None:
    make("tide", [b"a"])
    (htmap_dir / "removed" / "0123").touch()
    (removal,) = interrupted(names.REMOVED)
    finish(removal)
    assert all_tags() == ["tide"]
    assert interrupted(names.REMOVED) == []


def test_where_it_cannot_be_written_down_that_the_jobs_were_taken_they_are_taken_back(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    removed: list[str] = []
    monkeypatch.setattr(Submissions, "taken", full)
    taking_back = SimpleNamespace(submit=accept, remove=lambda constraint, _: removed.append(constraint))
    with pytest.raises(CannotStore) as caught:
        make("tide", [b"a"], into=taking_back)
    golden("creation/where-it-cannot-be-written-down-that-the-jobs", caught.value, hide={MAP_ID: "ID"})
    assert [each.partition(" == ")[0] for each in removed] == ["HTMapSubmission"]
    assert left_behind(htmap_dir) == []


def test_a_removed_map_leaves_nothing_behind(htmap_dir: Path) -> None:
    made = make("tide", [b"a"])
    remove(made)
    assert left_behind(htmap_dir) == []
    assert all_tags() == []


def test_a_map_on_a_file_system_that_cannot_be_written_is_kept_before_anything_is_done_to_its_jobs(
    htmap_dir: Path,
    golden: Golden,
) -> None:
    made = make("tide", [b"a"])
    (htmap_dir / "removed").rmdir()
    (htmap_dir / "removed").symlink_to("/sys/kernel")  # where not even root may make files
    with pytest.raises(CannotRemoveMap) as caught:
        remove(made)
    golden("creation/a-map-on-a-file-system-that-cannot-be-written", caught.value)
    assert find_map("tide").id == made.id


def test_an_interrupted_removal_is_recognised_and_can_be_finished(htmap_dir: Path) -> None:
    made = make("tide", [b"a"])
    with deletion.announced(made, "tide", PoolAddress("personal", configuration=Path("/c")), "ClusterId == 17"):
        pass
    (removal,) = interrupted(names.REMOVED)
    assert (removal.map_dir.id, removal.tag, removal.constraint) == (made.id, "tide", "ClusterId == 17")
    assert removal.pool == PoolAddress("personal", configuration=Path("/c"))
    finish(removal)
    assert left_behind(htmap_dir) == []


def test_removing_a_map_keeps_its_tag_if_another_map_has_it_by_now(htmap_dir: Path) -> None:
    made = make("tide", [b"a"])
    (htmap_dir / "tags" / "tide").unlink()
    other = make("tide", [b"b"])
    remove(made)
    assert find_map("tide").id == other.id


def test_a_directory_that_htcondor_made_again_is_deleted_by_the_next_attempt(htmap_dir: Path) -> None:
    made = make("tide", [b"a"])
    with deletion.announced(made, "tide", None, "false") as removal:
        deletion.delete_map(removal)
        made.path.mkdir()
        deletion.conclude(removal)
    (again,) = interrupted(names.REMOVED)
    finish(again)
    assert left_behind(htmap_dir) == []


def remove(made: MapDir) -> None:
    with deletion.announced(made, "tide", None, "false") as removal:
        finish(removal)


def finish(removal: operations.Operation) -> None:
    deletion.delete_map(removal)
    deletion.conclude(removal)


def left_behind(htmap_dir: Path) -> list[str]:
    return [
        str(path.relative_to(htmap_dir))
        for path in htmap_dir.rglob("*")
        if path.is_file() or path.parent.name == "maps"
    ]
