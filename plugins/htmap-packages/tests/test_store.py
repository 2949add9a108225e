"""Archives on disk: who uses them, when they expire, and the commands that show and remove them."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from htmap_packages import ArchiveInUse
from htmap_packages.store import Archive, archives

import htmap
from htmap_core.testing import run_htmap

Make = Callable[..., Archive]
Wheel = Callable[..., Path]
DAY = 86_400


@pytest.fixture
def made(make: Make, wheel: Wheel) -> Archive:
    """An archive that the map *tide* needs."""
    wheel("waves")
    return make(require=["waves"])


@pytest.fixture
def unused(made: Archive, htmap_dir: Path) -> Archive:
    """An archive that no map needs any more."""
    shutil.rmtree(htmap_dir / "maps" / "id-of-tide")
    return made


def age(archive: Archive, days: float) -> None:
    for name in ("maps", "packages.json"):
        os.utime(archive.path.with_name(name), (time.time() - days * DAY,) * 2)


def another(make: Make, wheel: Wheel) -> Archive:
    wheel("foam")
    return make(require=["foam"], tag="other")


def test_a_map_that_exists_uses_its_archive(made: Archive) -> None:
    assert made.used_by() == ("tide",)


def test_one_that_no_map_needs_expires(unused: Archive, make: Make, wheel: Wheel) -> None:
    age(unused, 31)
    kept = another(make, wheel)
    assert [each.id for each in archives()] == [kept.id]
    assert len(list((kept.path.parent.parent / "known").iterdir())) == 1


def test_one_that_was_used_lately_is_kept(unused: Archive, make: Make, wheel: Wheel) -> None:
    age(unused, 29)
    another(make, wheel)
    assert len(archives()) == 2


def test_one_that_a_map_needs_never_expires(made: Archive, make: Make, wheel: Wheel) -> None:
    age(made, 1000)
    another(make, wheel)
    assert len(archives()) == 2


def test_one_whose_maps_cannot_be_seen_now_is_kept(made: Archive, make: Make, wheel: Wheel, tmp_path: Path) -> None:
    """An HTMAP_DIR may be on a file system that is not mounted now."""
    made.path.with_name("maps").write_text(f"{tmp_path / 'not mounted' / 'maps' / 'id'}\n")
    age(made, 1000)
    another(make, wheel)
    assert len(archives()) == 2


def test_one_that_is_being_removed_is_not_shown(made: Archive) -> None:
    folder = made.path.parent
    folder.rename(folder.with_name(f".removed-{folder.name}"))
    assert archives() == ()


def test_how_long_they_are_kept_is_a_setting(unused: Archive, make: Make, wheel: Wheel) -> None:
    age(unused, 2)
    wheel("foam")
    make(require=["foam"], keep_days=1, tag="other")
    assert len(archives()) == 1


def test_users_of_an_htmap_dir_that_was_moved_still_count(made: Archive) -> None:
    assert made.path.with_name("maps").read_text() == "../../maps/id-of-tide\n"


def test_one_that_a_map_needs_is_removed_only_by_force(made: Archive) -> None:
    with pytest.raises(ArchiveInUse) as caught:
        made.remove()
    assert caught.value.tags == ("tide",)
    made.remove(force=True)
    assert archives() == ()


def test_what_was_removed_is_built_again(made: Archive, make: Make) -> None:
    made.remove(force=True)
    assert make(require=["waves"]).id == made.id


def test_a_folder_into_which_others_could_have_put_one_is_refused(htmap_dir: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # nobody else can enter the folders of pytest
        Path(folder).chmod(0o777)
        htmap.settings["PACKAGES.DIR"] = folder
        with pytest.raises(htmap.exceptions.WritableByOthers):
            archives()
        htmap.settings["TRUSTED_FOLDERS"] = [folder]
        assert archives() == ()


# --- commands


def test_info_shows_what_there_is_and_who_needs_it(made: Archive) -> None:
    shown = run_htmap("packages", "info").output.splitlines()[1].split()
    assert shown[:2] == ["0", made.id]
    assert shown[-4:] == ["Python", made.python, "waves", "tide"]


def test_info_answers_programs(made: Archive) -> None:
    (found,) = json.loads(run_htmap("packages", "info", "--json").output)["archives"]
    assert (found["id"], found["packages"], found["used_by"]) == (made.id, ["waves==1.0"], ["tide"])
    assert found["size"] == made.path.stat().st_size


def test_remove_takes_the_number_in_the_table(unused: Archive) -> None:
    assert run_htmap("packages", "remove", "0").exit_code == 0
    assert archives() == ()


def test_all_that_no_map_needs_can_be_removed_at_once(unused: Archive, make: Make, wheel: Wheel) -> None:
    kept = another(make, wheel)
    answer = json.loads(run_htmap("packages", "remove", "--unused", "--json").output)
    assert answer["removed"] == [unused.id]
    assert [each.id for each in archives()] == [kept.id]


@pytest.mark.parametrize("arguments", [[], ["0", "--unused"], ["--unused", "--force"], ["1"], ["first"]])
def test_what_shall_be_removed_must_be_said_in_one_way(made: Archive, arguments: list[str]) -> None:
    assert run_htmap("packages", "remove", *arguments).exit_code == 2
    assert len(archives()) == 1


def test_one_that_is_needed_is_a_refusal(made: Archive) -> None:
    assert run_htmap("packages", "remove", "0").exit_code == 1
    assert run_htmap("packages", "remove", "0", "--force").exit_code == 0
