"""Which job has a component, in particular when jobs with several of them were run again in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core import names
from htmap_core.storage.jobs import Job, JobSizes, Placement, Portion


def submit(path: Path, number: int, *rows: str) -> None:
    """Write an item file whose rows have these components."""
    lines = (names.ITEM_SEPARATOR.join(["0", components, "inputs", "output"]) + "\n" for components in rows)
    (path / names.ITEMS.format(submission=number)).write_text("".join(lines))


@pytest.fixture
def placement(tmp_path: Path) -> Placement:
    """Have seven components in jobs of three."""
    return Placement(tmp_path, (Portion(JobSizes.equal(7, 3)),))


def test_components_are_in_their_order_in_the_first_submission(placement: Placement) -> None:
    assert [placement.job_of(component).row for component in range(7)] == [0, 0, 0, 1, 1, 1, 2]
    assert [placement.components_of(Job(0, row)) for row in range(3)] == [(0, 1, 2), (3, 4, 5), (6,)]
    assert list(placement.jobs()) == [Job(0, 0), Job(0, 1), Job(0, 2)]


def test_what_runs_again_is_elsewhere_and_the_rest_stays(placement: Placement, tmp_path: Path) -> None:
    submit(tmp_path, 1, "0,2", "6")
    placement = placement.after([0, 1])
    jobs = [placement.job_of(component) for component in range(7)]
    assert jobs == [Job(1, 0), Job(0, 0), Job(1, 0), Job(0, 1), Job(0, 1), Job(0, 1), Job(1, 1)]
    assert placement.components_of(Job(1, 0)) == (0, 2)
    assert placement.components_of(Job(0, 0)) == (0, 1, 2)


def test_a_job_none_of_whose_components_are_its_own_any_more_is_not_among_the_jobs(
    placement: Placement, tmp_path: Path
) -> None:
    submit(tmp_path, 1, "0,2", "6")
    submit(tmp_path, 2, "1")
    placement = placement.after([0, 1])
    assert set(placement.jobs()) == {Job(0, 0), Job(0, 1), Job(1, 0), Job(1, 1)}
    placement = placement.after([0, 1, 2])
    assert set(placement.jobs()) == {Job(0, 1), Job(1, 0), Job(1, 1), Job(2, 0)}


def test_the_last_submission_has_the_last_word(placement: Placement, tmp_path: Path) -> None:
    submit(tmp_path, 1, "0-2")
    submit(tmp_path, 2, "1")
    placement = placement.after([0, 1, 2])
    assert [placement.job_of(component) for component in range(3)] == [Job(1, 0), Job(2, 0), Job(1, 0)]


def test_a_submission_that_the_schedd_never_took_is_forgotten_again(placement: Placement, tmp_path: Path) -> None:
    submit(tmp_path, 1, "0")
    submit(tmp_path, 2, "0,1")
    submit(tmp_path, 3, "3")
    placement = placement.after([0, 1, 2])
    placement = placement.after([0, 1, 3])
    jobs = [placement.job_of(component) for component in range(4)]
    assert jobs == [Job(1, 0), Job(0, 0), Job(0, 0), Job(3, 0)]


def test_learning_is_done_again_where_it_was_cut_short(placement: Placement, tmp_path: Path) -> None:
    submit(tmp_path, 1, "0")
    with pytest.raises(FileNotFoundError):
        placement.after([0, 1, 2])
    submit(tmp_path, 2, "1")
    placement = placement.after([0, 1, 2])
    assert [placement.job_of(component) for component in range(3)] == [Job(1, 0), Job(2, 0), Job(0, 0)]


def test_a_placement_that_a_thread_holds_stays_as_it_is(placement: Placement, tmp_path: Path) -> None:
    submit(tmp_path, 1, "0,2")
    later = placement.after([0, 1])
    submit(tmp_path, 2, "0")
    assert later.after([0, 1, 2]).job_of(0) == Job(2, 0)
    assert later.after([0]).job_of(0) == Job(0, 0)
    assert (placement.job_of(0), later.job_of(0), later.components_of(Job(1, 0))) == (Job(0, 0), Job(1, 0), (0, 2))


@pytest.fixture
def shrinking(tmp_path: Path) -> Placement:
    """Have ten components in jobs of four, two, two and one, and one."""
    return Placement(tmp_path, (Portion(JobSizes([(1, 4), (2, 2), (2, 1)], 10)),))


def test_jobs_of_different_sizes_have_their_components_in_order(shrinking: Placement) -> None:
    expected = [(0, 1, 2, 3), (4, 5), (6, 7), (8,), (9,)]
    assert [shrinking.components_of(Job(0, row)) for row in range(5)] == expected
    assert [shrinking.job_of(component).row for component in range(10)] == [0, 0, 0, 0, 1, 1, 2, 2, 3, 4]
    assert list(shrinking.jobs()) == [Job(0, row) for row in range(5)]


def test_a_job_of_several_sizes_that_ran_again_is_not_among_the_jobs(shrinking: Placement, tmp_path: Path) -> None:
    submit(tmp_path, 1, "4,5", "9")
    placement = shrinking.after([0, 1])
    assert list(placement.jobs()) == [Job(0, 0), Job(0, 2), Job(0, 3), Job(1, 0), Job(1, 1)]
