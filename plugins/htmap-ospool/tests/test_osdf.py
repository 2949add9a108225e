"""OSDF: no map lies there, and jobs fetch large files from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from htmap_ospool import osdf
from htmap_ospool.errors import FolderOnOsdf, MapsOnOsdf

from htmap_core import InputFile


@pytest.mark.parametrize(
    "folder", ["/ospool", "/ospool/ap40/data/ada/.htmap/maps", "/mnt/stash/ospool/PROTECTED/ada/maps"]
)
def test_maps_below_ospool_are_refused(folder: str) -> None:
    with pytest.raises(MapsOnOsdf) as caught:
        osdf.refuse_maps(Path(folder))
    assert caught.value.folder == Path(folder)


def test_maps_below_ospool_are_refused_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("/ospool/ap40/data/ada")
    with pytest.raises(MapsOnOsdf):
        osdf.refuse_maps(tmp_path / "data" / "maps")


def test_maps_elsewhere_are_not_refused(tmp_path: Path) -> None:
    osdf.refuse_maps(tmp_path)
    osdf.refuse_maps(Path("/home/ada/ospool"))
    osdf.refuse_maps(Path("/ospooled/maps"))


def fetched(path: Path | str, size: int = 1) -> tuple[str | None, int]:
    """Return the URL that a file is fetched from, and how many warnings there are of it."""
    file = InputFile(Path(path), size=size)
    osdf.fetch(file)
    return file.url, len(file.warnings)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/ospool/ap40/data/ada/high tide.csv", "osdf:///ospool/ap40/data/ada/high%20tide.csv"),
        ("/ospool/uc-shared/public/tides/50%.csv", "osdf:///ospool/uc-shared/public/tides/50%25.csv"),
        ("/mnt/stash/ospool/PROTECTED/ada/tide.csv", "osdf:///ospool/PROTECTED/ada/tide.csv"),
        ("/home/ada/ospool/tide.csv", None),
        ("/ospools/tide.csv", None),
    ],
)
@pytest.mark.parametrize("size", [1, 10**9])
def test_files_below_ospool_are_fetched_by_osdf(path: str, url: str | None, size: int) -> None:
    assert fetched(path, size) == (url, 0)


def test_files_below_ospool_are_fetched_by_osdf_also_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to("/ospool/ap40/data/ada")
    assert fetched(tmp_path / "data" / "tide.csv", 5 * 10**9) == ("osdf:///ospool/ap40/data/ada/tide.csv", 0)


def test_large_files_elsewhere_are_told() -> None:
    assert fetched("/home/ada/tide.csv", 10**9 + 1) == (None, 1)
    assert fetched("/ospool/ap40/data/ada/tide.csv", 10**12)[1] == 0


@pytest.mark.parametrize("is_contents", [False, True])
def test_folders_below_ospool_are_refused(is_contents: bool) -> None:
    file = InputFile(Path("/ospool/ap40/data/ada/tides"), is_folder=True, is_contents=is_contents)
    with pytest.raises(FolderOnOsdf) as caught:
        osdf.fetch(file)
    assert (caught.value.path, file.url) == (file.path, None)


def test_the_file_of_a_url_is_looked_for_where_this_machine_sees_its_folder(tmp_path: Path) -> None:
    (tmp_path / "stash" / "ap40").mkdir(parents=True)
    origins = [tmp_path / "ospool", tmp_path / "stash"]
    there = tmp_path / "stash" / "ap40" / "high tide.sif"
    assert osdf.seen_here("osdf:///ospool/ap40/high%20tide.sif", origins) == there
    assert osdf.seen_here("osdf:///ospool/ap20/tide.sif", origins) is None
    assert osdf.seen_here("https://example.org/ospool/ap40/tide.sif", origins) is None
