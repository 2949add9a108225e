"""EOS: no map lies there, and jobs fetch input files from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_cern import eos
from htmap_cern.errors import CannotFetchFromEos, MapOnEos

from htmap_core import InputFile
from tests.golden_files import Golden


def test_maps_on_eos_are_refused_with_the_reason(golden: Golden) -> None:
    with pytest.raises(MapOnEos) as caught:
        eos.refuse_maps(Path("/eos/user/a/alice/.htmap/maps"))
    golden("cern/maps-on-eos-are-refused-with-the-reason", caught.value)


def test_maps_on_eos_are_refused_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "eos").symlink_to("/eos/user/a/alice")
    with pytest.raises(MapOnEos):
        eos.refuse_maps(tmp_path / "eos" / "maps")


def test_maps_elsewhere_are_not_refused(tmp_path: Path) -> None:
    eos.refuse_maps(tmp_path)
    eos.refuse_maps(Path("/afs/cern.ch/user/a/alice/eos"))


def fetched(path: Path) -> str | None:
    file = InputFile(path, size=1)
    eos.fetch(file)
    return file.url


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/eos/user/a/alice/tide.csv", "root://eosuser.cern.ch//eos/user/a/alice/tide.csv"),
        ("/eos/home-a/alice/tide.csv", "root://eosuser.cern.ch//eos/user/a/alice/tide.csv"),
        ("/eos/home-i00/a/alice/tide.csv", "root://eosuser.cern.ch//eos/user/a/alice/tide.csv"),
        ("/eos/project-t/tides/tide.csv", "root://eosproject.cern.ch//eos/project/t/tides/tide.csv"),
        ("/eos/project/t/tides/tide.csv", "root://eosproject.cern.ch//eos/project/t/tides/tide.csv"),
        ("/afs/cern.ch/user/a/alice/eos/tide.csv", None),
        ("/eosx/tide.csv", None),
    ],
)
def test_files_on_eos_are_fetched_from_its_servers(path: str, url: str | None) -> None:
    assert fetched(Path(path)) == url


def test_files_on_eos_are_fetched_from_there_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("/eos/user/a/alice")
    assert fetched(tmp_path / "data" / "tide.csv") == "root://eosuser.cern.ch//eos/user/a/alice/tide.csv"


@pytest.mark.parametrize(
    "file",
    [
        InputFile(Path("/eos/user/a/alice/tides"), is_folder=True),
        InputFile(Path("/eos/user/a/alice/tides"), is_folder=True, is_contents=True),
        InputFile(Path("/eos/user/a/alice/high tide.csv"), size=1),
        InputFile(Path("/eos/user/a/alice/50%.csv"), size=1),
        InputFile(Path("/eos/atlantis/tide.csv"), size=1),
        InputFile(Path("/eos"), is_folder=True),
    ],
    ids=str,
)
def test_what_cannot_be_fetched_from_eos_is_refused(file: InputFile) -> None:
    with pytest.raises(CannotFetchFromEos) as caught:
        eos.fetch(file)
    assert (caught.value.path, file.url) == (file.path, None)
