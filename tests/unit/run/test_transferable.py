"""Output files that HTCondor would leave behind: each is refused with its name, or gets a form in which it arrives."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from htmap_run.files.transferable import NotTransferable, prepare


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a file in a folder, and another file and folder beside it."""
    monkeypatch.chdir(tmp_path)
    for name in ("tide/north/level", "depth", "sea/wave"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)
    return tmp_path / "tide"


def bind(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path)


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        bind,
        lambda path: os.symlink("nothing", path),
        lambda path: os.symlink("odd", path),
        lambda path: os.symlink("..", path),
        lambda path: os.symlink("/dev/null", path),
    ],
    ids=["pipe", "socket", "to nothing", "to itself", "to where it lies", "to a device"],
)
@pytest.mark.parametrize("folder", ["", "tide/north"])
def test_what_would_not_arrive_is_refused_with_its_name(made: Path, make: object, folder: str) -> None:
    path = os.path.join(folder, "odd")
    make(path)  # type: ignore[operator]
    with pytest.raises(NotTransferable, match="odd"):
        prepare(str(made) if folder else path, str(made.parent))


def test_many_are_counted(made: Path) -> None:
    for number in range(7):
        os.symlink("nothing", made / f"link {number}")
    with pytest.raises(NotTransferable, match="4 more"):
        prepare(str(made), str(made.parent))


def test_a_link_to_a_file_may_move_and_what_it_leads_to_may_change(
    made: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "depth"
    elsewhere.write_text("depth")
    there = {
        "relative": "../depth",
        "inside": "north/level",
        "absolute": str(made.parent / "depth"),
        "outside": str(elsewhere),
    }
    for link, to in there.items():
        os.symlink(to, made / link)
    prepare(str(made), str(made.parent))
    moved = made.rename(made.parent / "sea/far")
    (made.parent / "depth").write_text("the next component's")
    assert [(moved / link).read_text() for link in there] == ["depth", "tide/north/level", "depth", "depth"]
    assert (moved / "outside").is_symlink(), "a file on a shared file system may be larger than the scratch directory"


def test_a_link_to_a_folder_becomes_a_copy_of_it(made: Path) -> None:
    os.symlink("../sea", made / "linked")
    prepare(str(made), str(made.parent))
    assert not (made / "linked").is_symlink()
    assert (made / "linked/wave").read_text() == "sea/wave"


def test_a_folder_with_links_in_it_is_not_followed_without_end(made: Path) -> None:
    os.symlink("../tide", "sea/back")
    os.symlink("../sea", made / "linked")
    with pytest.raises(NotTransferable, match="linked"):
        prepare(str(made), str(made.parent))


def test_nothing_is_changed_where_something_is_refused(made: Path) -> None:
    os.symlink("../sea", made / "linked")
    os.mkfifo(made / "pipe")
    with pytest.raises(NotTransferable):
        prepare(str(made), str(made.parent))
    assert (made / "linked").is_symlink()
