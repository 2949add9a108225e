"""Output files come into a folder of the user's: whole or not at all, over nothing that is there, and what is missing is told."""

from __future__ import annotations

import errno
import functools
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import (
    ComponentNotFound,
    CorruptMap,
    FilesInTheWay,
    MapWasRemoved,
    SameFileNames,
    UnusableFolder,
)
from htmap_core.components import ComponentStatus
from htmap_core.files.locks import locked
from htmap_core.maps.collecting.target import OWN, compared
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.outputs import Outputs
from htmap_core.testing import run_htmap
from htmap_core.tracking import source
from tests.drills import steps
from tests.golden_files import Golden
from tests.returned import Error
from tests.unit.conftest import MakeMap
from tests.unit.fixed_states import FixedStates

COMPLETED, ERRORED, HELD, IDLE, REMOVED = (
    ComponentStatus(name) for name in ("COMPLETED", "ERRORED", "HELD", "IDLE", "REMOVED")
)
ENDED = [COMPLETED, COMPLETED]


def send(map_dir: MapDir, component: int, files: dict[str, str], changed: float | None = None) -> Path:
    """Put files where HTCondor puts those of a component, and return their folder."""
    folder = map_dir.outputs.files(map_dir.placement.job_of(component), component)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        if changed is not None:
            os.utime(path, (changed, changed))
    return folder


@pytest.fixture
def tide(make_map: MakeMap, monkeypatch: pytest.MonkeyPatch) -> Callable[..., MapDir]:
    """Return what makes a map whose components have some statuses; those that have ended have come back."""

    def make(*statuses: ComponentStatus) -> MapDir:
        monkeypatch.setattr(source, "of", lambda _: FixedStates([list(statuses)]))
        ends = {COMPLETED: 1, ERRORED: Error(ValueError("ebb"))}
        results = {number: ends[status] for number, status in enumerate(statuses) if status in ends}
        return make_map("tide", len(statuses), results)

    return make


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


class TestWhereFilesGo:
    def test_each_component_has_a_folder_with_its_files_as_they_came(self, tide: Any, out: Path) -> None:
        map_dir = tide(*ENDED)
        send(map_dir, 0, {"picture.txt": "*", "deep/er/a.csv": "0"})
        send(map_dir, 1, {"picture.txt": "**"})
        collected = htmap.load("tide").collect(out)
        assert contents(out) == {"0/picture.txt": "*", "0/deep/er/a.csv": "0", "1/picture.txt": "**"}
        assert [(each.component, each.path, each.size, each.is_new) for each in collected.files] == [
            (0, out / "0/picture.txt", 1, True),
            (0, out / "0/deep/er/a.csv", 1, True),
            (1, out / "1/picture.txt", 2, True),
        ]
        assert (collected.tag, collected.folder, collected.is_complete) == ("tide", out, True)

    def test_the_folder_may_be_relative_with_others_above_it_that_are_missing(
        self, tide: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(tide(COMPLETED), 0, {"a": "a"})
        monkeypatch.chdir(tmp_path)
        assert htmap.load("tide").collect("new/out").folder == tmp_path / "new/out"
        assert contents(tmp_path / "new/out") == {"0/a": "a"}

    def test_flat_files_lie_in_the_folder_itself(self, tide: Any, out: Path) -> None:
        map_dir = tide(*ENDED)
        send(map_dir, 0, {"deep/a.csv": "0"})
        send(map_dir, 1, {"b.csv": "1"})
        htmap.load("tide").collect(out, flat=True)
        assert contents(out) == {"a.csv": "0", "b.csv": "1"}

    def test_flat_files_of_one_name_are_refused_and_nothing_is_copied(self, tide: Any, out: Path) -> None:
        map_dir = tide(*ENDED)
        for component in range(2):
            send(map_dir, component, {"picture.txt": "*", f"{component}.csv": ""})
        with pytest.raises(SameFileNames) as caught:
            htmap.load("tide").collect(out, flat=True)
        assert dict(caught.value.names) == {"picture.txt": (0, 1)}
        assert not out.exists()
        htmap.load("tide").collect(out, flat=True, include="*.csv")
        assert sorted(contents(out)) == ["0.csv", "1.csv"]

    @pytest.mark.parametrize(
        ("include", "chosen"),
        [
            ("*.csv", ["0/a.csv", "0/deep/b.csv"]),
            (["*.csv", "*.png"], ["0/a.csv", "0/c.png", "0/deep/b.csv"]),
            ("deep/*", ["0/deep/b.csv"]),
            ("?.png", ["0/c.png"]),
            ("*.CSV", []),
        ],
    )
    def test_patterns_are_of_names_or_paths(self, tide: Any, out: Path, include: Any, chosen: list[str]) -> None:
        send(tide(COMPLETED), 0, {"a.csv": "", "deep/b.csv": "", "c.png": ""})
        collected = htmap.load("tide").collect(out, include=include)
        assert (sorted(contents(out)), collected.others) == (chosen, 3 - len(chosen))

    def test_some_components(self, tide: Any, out: Path) -> None:
        map_dir = tide(COMPLETED, COMPLETED, COMPLETED, IDLE)
        for component in range(3):
            send(map_dir, component, {"a": ""})
        collected = htmap.load("tide").collect(out, [-2, 0, 0])
        assert (sorted(contents(out)), collected.unfinished) == (["0/a", "2/a"], ())
        with pytest.raises(ComponentNotFound):
            htmap.load("tide").collect(out, [4])

    def test_programs_stay_programs_and_permissions_are_those_of_new_files(self, tide: Any, out: Path) -> None:
        folder = send(tide(COMPLETED), 0, {"run.sh": "", "secret": ""}, changed=1e9)
        (folder / "run.sh").chmod(0o4700)
        (folder / "secret").chmod(0o600)
        umask = os.umask(0o027)
        try:
            htmap.load("tide").collect(out)
        finally:
            os.umask(umask)
        modes = {path.name: path.stat().st_mode & 0o7777 for path in (out, *(out / "0").iterdir())}
        assert modes == {"out": 0o750, "run.sh": 0o750, "secret": 0o640}
        assert (out / "0/secret").stat().st_mtime == 1e9


class TestASecondTime:
    def test_what_is_there_is_not_copied_again_and_what_is_new_is(self, tide: Any, out: Path) -> None:
        map_dir = tide(COMPLETED, IDLE)
        send(map_dir, 0, {"a": "0", "b": "0"})
        first = htmap.load("tide").collect(out)
        assert (first.unfinished, first.is_complete) == ((1,), False)
        (out / "0/a").unlink()
        os.utime(out / "0/b", (1, 1))  # the content counts then
        inode = (out / "0/b").stat().st_ino
        second = htmap.load("tide").collect(out)
        assert [(each.path.name, each.is_new) for each in second.files] == [("a", True), ("b", False)]
        assert (out / "0/b").stat().st_ino == inode

    def test_what_is_there_with_its_time_is_not_even_read(
        self, tide: Any, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        send(tide(COMPLETED), 0, {"a": "0"})
        htmap.load("tide").collect(out)
        monkeypatch.delattr(Outputs, "open_sent")
        assert [each.is_new for each in htmap.load("tide").collect(out).files] == [False]

    @pytest.mark.parametrize("there", ["1", "longer"])
    def test_another_file_is_replaced_when_it_is_wanted_alone(self, tide: Any, out: Path, there: str) -> None:
        send(tide(COMPLETED), 0, {"a": "0", "b": "0"})
        (out / "0").mkdir(parents=True)
        (out / "0/b").write_text(there)
        (out / "0/mine").write_text("mine")
        with pytest.raises(FilesInTheWay) as caught:
            htmap.load("tide").collect(out)
        assert (caught.value.paths, caught.value.are_folders) == (("0/b",), False)
        assert contents(out) == {"0/b": there, "0/mine": "mine"}
        htmap.load("tide").collect(out, overwrite=True)
        assert contents(out) == {"0/a": "0", "0/b": "0", "0/mine": "mine"}

    @pytest.mark.parametrize("obstacle", ["0/a/b", "0"])
    def test_a_folder_for_a_file_or_a_file_for_a_folder_is_never_replaced(
        self, tide: Any, out: Path, obstacle: str
    ) -> None:
        send(tide(COMPLETED), 0, {"a": "0"})
        (out / obstacle).parent.mkdir(parents=True)
        (out / obstacle).write_text("mine")
        with pytest.raises(FilesInTheWay) as caught:
            htmap.load("tide").collect(out, overwrite=True)
        assert caught.value.are_folders
        assert contents(out) == {obstacle: "mine"}

    def test_a_link_to_nothing_is_in_the_way_and_what_replaces_it_leaves_the_place_it_names_alone(
        self, tide: Any, out: Path, tmp_path: Path
    ) -> None:
        send(tide(COMPLETED), 0, {"a": "0"})
        (out / "0").mkdir(parents=True)
        (out / "0/a").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(FilesInTheWay):
            htmap.load("tide").collect(out)
        htmap.load("tide").collect(out, overwrite=True)
        assert (out / "0/a").read_text() == "0"
        assert not (out / "0/a").is_symlink()
        assert not (tmp_path / "elsewhere").exists()


class TestWhatIsMissing:
    def test_components_that_have_not_ended_or_have_failed_are_told(self, tide: Any, out: Path) -> None:
        map_dir = tide(COMPLETED, IDLE, HELD, ERRORED, REMOVED)
        for component in (0, 3):
            send(map_dir, component, {"a": str(component)})
        collected = htmap.load("tide").collect(out)
        assert (contents(out), collected.unfinished, collected.failed) == ({"0/a": "0"}, (1, 2), (3, 4))
        assert not collected.is_complete

    def test_what_failed_components_left_comes_when_it_is_wanted(self, tide: Any, out: Path) -> None:
        map_dir = tide(COMPLETED, ERRORED, REMOVED)
        send(map_dir, 1, {"a": "1"})
        collected = htmap.load("tide").collect(out, with_failed=True)
        assert (contents(out), collected.failed) == ({"1/a": "1"}, ())

    def test_a_component_that_runs_again_meanwhile_has_not_ended(
        self, tide: Any, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        map_dir = tide(*ENDED)
        folders = [send(map_dir, component, {"a": str(component)}) for component in range(2)]

        def run_again(*given: Any, **options: Any) -> Any:
            found = compared(*given, **options)
            shutil.rmtree(folders[1])
            return found

        monkeypatch.setattr("htmap_core.maps.collecting.collect.compared", run_again)
        collected = htmap.load("tide").collect(out)
        assert (contents(out), collected.unfinished) == ({"0/a": "0"}, (1,))

    def test_a_map_that_is_removed_meanwhile_is_not_taken_for_one_that_runs_again(
        self, tide: Any, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        map_dir = tide(*ENDED)
        send(map_dir, 0, {"a": "0"})
        found = htmap.load("tide")

        def remove(*given: Any, **options: Any) -> Any:
            wanted = compared(*given, **options)
            shutil.rmtree(map_dir.path)
            return wanted

        monkeypatch.setattr("htmap_core.maps.collecting.collect.compared", remove)
        with pytest.raises(MapWasRemoved):
            found.collect(out)

    def test_nothing_is_made_where_nothing_was_sent(self, tide: Any, out: Path) -> None:
        map_dir = tide(*ENDED)
        before = sorted(map_dir.path.rglob("*"))
        collected = htmap.load("tide").collect(out)
        assert (collected.files, collected.is_complete, out.exists()) == ((), True, False)
        assert sorted(map_dir.path.rglob("*")) == before

    def test_a_map_that_is_gone(self, tide: Any, out: Path) -> None:
        map_dir = tide(*ENDED)
        found = htmap.load("tide")
        shutil.rmtree(map_dir.path)
        with pytest.raises(MapWasRemoved):
            found.collect(out)

    def test_all_that_is_told(self, tide: Any, out: Path, golden: Golden) -> None:
        map_dir = tide(COMPLETED, COMPLETED, IDLE, ERRORED, HELD)
        send(map_dir, 0, {"a.csv": "0", "b": "0"})
        folder = send(map_dir, 1, {"a.csv": "1"})
        (folder / "high\x1b[31mtide").symlink_to("/etc/passwd")
        ran = [run_htmap("collect", "tide", str(out), "--include", "*.csv") for _ in range(2)]
        ran += [run_htmap("collect", "tide", str(out), "--include", "*.nothing", "--components", "0")]
        golden("cli/collect", "\n".join(each.stdout + each.stderr for each in ran))
        assert [each.exit_code for each in ran] == [1, 1, 0]


HOSTILE: dict[str, Callable[[Path], object]] = {
    "a link to a file": lambda path: path.symlink_to("/etc/passwd"),
    "a link to a folder": lambda path: path.symlink_to("/etc"),
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a pipe": os.mkfifo,
}


class TestWhatAJobShouldNotHaveSent:
    @pytest.mark.parametrize("what", HOSTILE)
    def test_what_is_no_file_stays_behind_and_is_told(self, tide: Any, out: Path, what: str) -> None:
        folder = send(tide(COMPLETED), 0, {"a": "0", "deep/b": "0"})
        HOSTILE[what](folder / "evil")
        HOSTILE[what](folder / "deep/evil")
        collected = htmap.load("tide").collect(out)
        assert contents(out) == {"0/a": "0", "0/deep/b": "0"}
        assert [each.path for each in collected.left] == ["evil", "deep/evil"]

    @pytest.mark.parametrize("depth", range(1, 5))
    def test_a_link_in_the_place_of_a_folder_of_the_map_is_not_followed(
        self, tide: Any, out: Path, tmp_path: Path, depth: int
    ) -> None:
        folder = send(tide(COMPLETED), 0, {"a": "0"})
        place = [folder, *folder.parents][depth - 1]
        place.rename(tmp_path / "elsewhere")
        place.symlink_to(tmp_path / "elsewhere")
        try:
            collected = htmap.load("tide").collect(out)
        except CorruptMap:
            pass
        else:
            assert collected.files == ()
        assert not out.exists()

    @pytest.mark.parametrize("place", ["deep", "deep/a"])
    def test_a_link_that_is_put_there_after_the_look_is_not_followed(
        self, tide: Any, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
    ) -> None:
        folder = send(tide(COMPLETED), 0, {"deep/a": "0"})
        (tmp_path / "secret").mkdir()
        (tmp_path / "secret/a").write_text("s")

        def swap(*given: Any, **options: Any) -> Any:
            found = compared(*given, **options)
            (folder / place).rename(tmp_path / "moved")
            (folder / place).symlink_to(tmp_path / "secret" / Path(place).relative_to("deep"))
            return found

        monkeypatch.setattr("htmap_core.maps.collecting.collect.compared", swap)
        collected = htmap.load("tide").collect(out)
        assert [each.path for each in collected.left] == ["deep/a"]
        assert contents(out) == {}

    @pytest.mark.parametrize(
        "name", ["..hidden", "a\nb", "high\x1b[31mtide", "\udcff.txt", "-rf", "x" * 255, "a\\b", "$(reboot)", "'"]
    )
    @pytest.mark.parametrize("flat", [False, True])
    def test_names_arrive_as_they_are(self, tide: Any, out: Path, name: str, flat: bool) -> None:
        send(tide(COMPLETED), 0, {name: "0"})
        htmap.load("tide").collect(out, flat=flat)
        assert contents(out) == {name if flat else f"0/{name}": "0"}

    def test_a_file_cannot_take_the_place_of_one_of_htmaps_own(self, tide: Any, out: Path) -> None:
        send(tide(COMPLETED), 0, {OWN: "0", f"{OWN}.part": "0", "a": "0"})
        collected = htmap.load("tide").collect(out, flat=True)
        assert contents(out) == {"a": "0"}
        assert [each.path for each in collected.left] == [OWN, f"{OWN}.part"]

    def test_many_folders_in_each_other_end_nothing(self, tide: Any, out: Path) -> None:
        folder = send(tide(COMPLETED), 0, {"a": "0"})
        descriptor = os.open(folder, os.O_RDONLY)
        for _ in range(100):  # longer than a path can be
            os.mkdir("d" * 100, dir_fd=descriptor)
            below = os.open("d" * 100, os.O_RDONLY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
        os.close(descriptor)
        collected = htmap.load("tide").collect(out)
        assert contents(out) == {"0/a": "0"}
        assert len(collected.left) == 1


class TestWhereNothingCanBeCopied:
    @pytest.mark.parametrize("place", ["a file", "HTMAP_DIR", "below HTMAP_DIR", "no name"])
    def test_a_folder_that_will_not_do_is_refused(self, tide: Any, tmp_path: Path, htmap_dir: Path, place: str) -> None:
        send(tide(COMPLETED), 0, {"a": "0"})
        (tmp_path / "file").touch()
        before = sorted(tmp_path.rglob("*"))
        folder = {
            "a file": str(tmp_path / "file"),
            "HTMAP_DIR": str(htmap_dir),
            "below HTMAP_DIR": str(htmap_dir / "maps/out"),
            "no name": "",
        }[place]
        with pytest.raises(UnusableFolder):
            htmap.load("tide").collect(folder)
        assert sorted(tmp_path.rglob("*")) == before

    @pytest.mark.parametrize("place", ["a name that is too long", "a link that leads to itself"])
    def test_a_folder_that_cannot_be_looked_at_is_refused(self, tide: Any, out: Path, place: str) -> None:
        send(tide(COMPLETED), 0, {"a": "0"})
        folder = out / ("x" * 300) if place.startswith("a name") else out
        out.mkdir()
        (out / "0").symlink_to("0")
        with pytest.raises(UnusableFolder) as caught:
            htmap.load("tide").collect(folder)
        assert isinstance(caught.value.__cause__, OSError)
        assert list(out.iterdir()) == [out / "0"]

    def test_a_place_in_it_that_cannot_be_looked_at_is_told(self, tide: Any, out: Path) -> None:
        send(tide(COMPLETED), 0, {"a": "0"})
        out.mkdir()
        (out / "0").symlink_to("0")
        with pytest.raises(UnusableFolder) as caught:
            htmap.load("tide").collect(out, overwrite=True)
        assert str(out / "0/a") in caught.value.reason
        assert [path.name for path in out.iterdir()] == ["0"]

    def test_what_was_copied_before_the_disk_was_full_stays_and_the_next_time_goes_on(
        self, tide: Any, out: Path
    ) -> None:
        send(tide(COMPLETED), 0, {"a": "0", "b": "x" * 4096, "c": "0"})
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, hard))  # no file may be larger; Python ignores the signal
        try:
            with pytest.raises(UnusableFolder) as caught:
                htmap.load("tide").collect(out)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert caught.value.copied == 1
        assert isinstance(caught.value.__cause__, OSError)
        assert caught.value.__cause__.errno == errno.EFBIG
        assert contents(out) == {"0/a": "0"}
        assert [each.is_new for each in htmap.load("tide").collect(out).files] == [False, True, True]

    def test_two_processes_do_not_copy_into_one_folder_at_once(self, tide: Any, out: Path) -> None:
        send(tide(COMPLETED), 0, {"a": "0"})
        out.mkdir()
        with locked(out / OWN), pytest.raises(UnusableFolder):
            htmap.load("tide").collect(out)
        assert list(out.iterdir()) == [out / OWN]
        htmap.load("tide").collect(out)
        assert contents(out) == {"0/a": "0"}


def kill_before_each_step(out: Path) -> int:
    """Collect into folders, killed before one step more for each, and then once more; return how many there were."""

    def write(number: int) -> None:
        Path("a").write_text(str(number) * 3)
        htmap.transfer_output_files("a")

    mapped = htmap.map(write, [1, 2], where="here", quiet=True)
    wanted, step = {"0/a": "111", "1/a": "222"}, 1
    while steps.kill_in_a_fork(functools.partial(mapped.collect, out / str(step)), out / str(step), before=step):
        found = contents(out / str(step)) if (out / str(step)).exists() else {}
        assert {name: text for name, text in found.items() if not name.startswith(OWN)}.items() <= wanted.items()
        assert mapped.collect(out / str(step)).is_complete
        assert contents(out / str(step)) == wanted
        step += 1
    assert contents(out / str(step)) == wanted
    return step - 1


def test_a_kill_leaves_no_part_of_a_file_and_the_next_time_goes_on(htmap_dir: Path, out: Path) -> None:
    program = f"from {__name__} import *; print(kill_before_each_step(Path({str(out)!r})))"  # it has one thread
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert int(ran.stdout or 0) > 10, ran.stderr
