"""Maps that htmap-core 0.7.0 left on disk are read, retagged and removed, where that takes no pool."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import htmap
from tests.pool.old_maps.unpacking import needs_their_python, unpack

FINISHED = [htmap.ComponentStatus.COMPLETED] * 6
FINISHED[2] = htmap.ComponentStatus.ERRORED

TAGS = {
    "finished": "kinds",
    "chunked": "my-chunks",
    "transferred": "files",
    "rerun": "again",
    "checkpointed": "counting",
}


# --- a finished map


@pytest.fixture
def finished(htmap_dir: Path) -> htmap.Map:
    unpack("finished", htmap_dir)
    return htmap.load("kinds")


@pytest.mark.parametrize(("case", "tag"), TAGS.items())
def test_an_old_map_is_found_by_its_tag(htmap_dir: Path, case: str, tag: str) -> None:
    unpack(case, htmap_dir)
    assert htmap.get_tags() == (tag,)
    assert [each.tag for each in htmap.load_maps()] == [tag]
    assert not htmap.load(tag).is_transient


def test_its_statuses_are_those_of_its_event_log(finished: htmap.Map) -> None:
    assert finished.component_statuses == FINISHED


def test_what_was_known_of_its_event_log_is_what_the_event_log_says(tmp_path: Path, finished: htmap.Map) -> None:
    htmap.settings["HTMAP_DIR"] = tmp_path / "other"
    (unpack("finished", tmp_path / "other") / "state").unlink()
    other = htmap.load("kinds")
    assert other is not finished
    assert other.component_statuses == finished.component_statuses == FINISHED
    assert other.runtime == finished.runtime
    assert other.memory_usage == finished.memory_usage
    assert max(finished.memory_usage) > 0


def test_what_is_known_of_a_part_of_an_event_log_is_not_all(htmap_dir: Path) -> None:
    unpack("rerun", htmap_dir)
    assert htmap.load("again").component_statuses == [htmap.ComponentStatus.COMPLETED] * 4


def test_all_old_maps_stand_in_the_table_of_maps(htmap_dir: Path) -> None:
    for case in TAGS:
        unpack(case, htmap_dir)
    assert sorted(json.loads(htmap.status_json())) == sorted(TAGS.values())
    assert all(tag in htmap.status() for tag in TAGS.values())


def test_its_results_are_of_the_kinds_that_the_function_returned(finished: htmap.Map) -> None:
    results = [finished[component] for component in (0, 1, 3, 4, 5)]
    assert results == [1.5, "tide\u00e4", {"a": [1, (2, None)]}, b"\x00\xff", True]


def test_its_error_is_the_exception_with_where_it_was_raised(finished: htmap.Map) -> None:
    error = finished.get_err(2)
    assert error.exception_msg == "ValueError: there is no 2"
    assert repr(error.exception) == repr(ValueError("there is no 2"))
    assert [frame.name for frame in error.stack_summary] == ["kinds"]
    assert "there is no 2" in error.report()


def test_a_result_that_is_an_error_raises(finished: htmap.Map) -> None:
    with pytest.raises(htmap.exceptions.MapComponentError):
        finished.get(2)


def test_its_inputs_are_those_that_it_was_given(finished: htmap.Map) -> None:
    assert list(finished.iter_inputs()) == [((component,), {}) for component in range(6)]


def test_it_gets_another_tag(finished: htmap.Map) -> None:
    finished.retag("sorts")
    assert htmap.get_tags() == ("sorts",)
    assert finished[0] == 1.5


def test_removing_it_leaves_nothing(htmap_dir: Path, finished: htmap.Map) -> None:
    finished.remove()
    assert not finished.exists
    assert files_in(htmap_dir) == set()


def files_in(htmap_dir: Path) -> set[str]:
    """Return the names of all files but the log's."""
    return {path.name for path in htmap_dir.rglob("*") if path.is_file() and path.parent.name != "logs"}


# --- components that shared jobs, output, files


@pytest.fixture
def chunked(htmap_dir: Path) -> htmap.Map:
    unpack("chunked", htmap_dir)
    return htmap.load("my-chunks")


def test_of_components_that_shared_a_job_one_has_failed_and_the_others_have_results(chunked: htmap.Map) -> None:
    assert list(chunked.errors) == [4]
    assert repr(chunked.errors[4].exception) == repr(KeyError("four"))
    assert [chunked[each] for each in (0, 3, 5, 6)] == [f"result of {each}" for each in (0, 3, 5, 6)]


def test_each_component_has_its_own_output(chunked: htmap.Map) -> None:
    for component in range(7):
        assert f"out of {component}\n" in chunked.stdout[component]
        assert f"err of {component}\n" in chunked.stderr[component]
        assert f"out of {(component + 1) % 7}" not in chunked.stdout[component]


def test_each_component_has_its_own_output_file(chunked: htmap.Map) -> None:
    for component in range(7):
        assert (chunked.output_files[component] / "result.txt").read_text() == f"file of {component}"


# --- input files, classes by value


@pytest.fixture
def transferred(htmap_dir: Path) -> htmap.Map:
    unpack("transferred", htmap_dir)
    return htmap.load("files")


def test_an_input_that_is_a_file_is_a_transfer_path_again(transferred: htmap.Map) -> None:
    assert list(transferred.iter_inputs()) == [
        ((htmap.TransferPath("a/words.txt"),), {"other": htmap.TransferPath("b/words.txt")}),
        ((htmap.TransferPath("alone.txt"),), {"other": htmap.TransferPath("b/words.txt")}),
    ]


@needs_their_python
@pytest.mark.filterwarnings("ignore::htmap.exceptions.ForeignClass")  # this program did not make the map
def test_a_result_of_a_class_by_value_can_be_read(transferred: htmap.Map) -> None:
    result = transferred[0]
    assert (type(result).__name__, result.name, result.texts) == ("Read", "words.txt", ["words of a", "words of b"])


@needs_their_python
@pytest.mark.filterwarnings("ignore::htmap.exceptions.ForeignClass")  # this program did not make the map
def test_an_exception_of_a_class_by_value_can_be_read(transferred: htmap.Map) -> None:
    exception = transferred.get_err(1).exception
    assert (type(exception).__name__, exception and exception.args) == ("UnreadableError", ("alone.txt", "words.txt"))


def test_an_error_of_a_class_that_travelled_by_value_is_told(transferred: htmap.Map) -> None:
    assert transferred.get_err(1).exception_msg == "UnreadableError: ('alone.txt', 'words.txt')"


# --- others


def test_an_old_transient_map_is_read_and_cleaned_away(htmap_dir: Path) -> None:
    unpack("transient", htmap_dir)
    (made,) = htmap.load_maps()
    assert made.is_transient
    assert list(made) == [2, 4]
    htmap.clean()
    assert htmap.get_tags() == ()
    assert files_in(htmap_dir) == set()


def test_components_that_were_run_again_have_the_results_of_their_last_run(htmap_dir: Path) -> None:
    unpack("rerun", htmap_dir)
    made = htmap.load("again")
    components, clusters = zip(*(made.get(component) for component in range(4)))
    assert components == (0, 1, 2, 3)
    assert clusters[0] == clusters[3] < clusters[1] == clusters[2]


def test_iterating_takes_the_results_of_the_last_run_at_once(htmap_dir: Path) -> None:
    unpack("rerun", htmap_dir)
    assert [component for component, _ in htmap.load("again")] == [0, 1, 2, 3]


def test_components_that_were_held_are_held_and_say_why(htmap_dir: Path) -> None:
    unpack("checkpointed", htmap_dir)
    held = htmap.load("counting")
    assert held.component_statuses == [htmap.ComponentStatus.HELD] * 2
    assert {hold.code for hold in held.holds.values()} == {1}  # by the user
    assert "hold with htmap" in held.hold_report()


def test_a_map_whose_making_was_interrupted_before_it_was_submitted_is_gone(htmap_dir: Path) -> None:
    unpack("creating", htmap_dir)
    assert htmap.get_tags() == ()
    assert files_in(htmap_dir) == set()
