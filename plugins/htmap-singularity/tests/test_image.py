"""Which images there are, what slots must have for them, and what is sent along."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from htmap_singularity import UnusableImage
from htmap_singularity.image import Image, find

from tests.golden_files import Golden


@pytest.mark.parametrize(
    ("named", "ability"),
    [
        ("docker://python:3.11", "HasDockerURL"),
        ("/cvmfs/singularity.opensciencegrid.org/me/mine:1", "HasSandboxImage"),
        ("/cvmfs/images/mine.sif", "HasSIF"),
        ("osdf:///ospool/mine.sif", "HasSIF"),
        ("oras://registry/mine:1", "HasSandboxImage"),
    ],
)
def test_slots_must_have_what_condor_submit_requires_for_that_kind_of_image(named: str, ability: str) -> None:
    image = find(named, None)
    assert (image.name, image.ability, image.travels) == (named, ability, False)


@pytest.fixture
def sif(tmp_path: Path) -> Path:
    (tmp_path / "mine.sif").touch()
    return tmp_path / "mine.sif"


def test_a_file_is_sent_along_by_its_path_from_the_root(sif: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sif.parent)
    assert find("mine.sif", None) == Image(str(sif), travels=True)


def test_a_path_may_begin_with_the_home_folder(sif: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(sif.parent))
    assert find("~/mine.sif", None).name == str(sif)


def test_a_file_that_the_execute_nodes_have_is_not_sent_and_need_not_be_here(sif: Path) -> None:
    assert find(str(sif), transfer=False) == Image(str(sif), travels=False)
    assert find("/shared/elsewhere.sif", transfer=False) == Image("/shared/elsewhere.sif", travels=False)


def test_a_folder_is_shared(tmp_path: Path) -> None:
    assert find(str(tmp_path), None) == Image(str(tmp_path), travels=False)


def test_a_folder_that_should_be_sent_is_refused_with_the_command_that_makes_a_file_of_it(
    tmp_path: Path, golden: Golden
) -> None:
    with pytest.raises(UnusableImage) as caught:
        find(str(tmp_path), transfer=True)
    golden("singularity/a-folder-that-should-be-sent-is-refused", caught.value)


def test_a_file_that_is_not_there_is_refused_with_what_to_set_where_the_nodes_have_it(golden: Golden) -> None:
    with pytest.raises(UnusableImage) as caught:
        find("/nowhere/mine.sif", None, "~/.htmaprc")
    golden("singularity/a-file-that-is-not-there-is-refused", caught.value)
    assert "SINGULARITY.TRANSFER = false" in str(caught.value)


def test_no_image_is_refused_with_lines_to_write() -> None:
    with pytest.raises(UnusableImage, match=r"\[SINGULARITY\]\n    IMAGE ="):
        find("", None)


def test_an_image_that_htcondor_refuses_is_refused_before_it_does(golden: Golden) -> None:
    with pytest.raises(UnusableImage) as caught:
        find("library://somebody/mine", None)
    golden("singularity/an-image-that-htcondor-refuses-is-refused-before", caught.value)


def test_the_refusal_survives_pickling() -> None:
    problem = UnusableImage("x.sif", "~/.htmaprc", "is too old")
    assert str(pickle.loads(pickle.dumps(problem))) == str(problem)
