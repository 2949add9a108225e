"""HTMAP_DIR is used if it is the user's alone, and what is made below it is for the user alone."""

from __future__ import annotations

import itertools
import os
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import BelongsToOther, CorruptMap, UnsafePath, UnusableHTMapDir, WritableByOthers
from htmap_core.maps import management
from htmap_core.settings.chain import settings
from htmap_core.storage.creation import Creation
from htmap_core.storage.log import logger
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.storage.root import htmap_dir as checked_htmap_dir
from htmap_core.storage.root import make_htmap_dir
from htmap_core.testing import run_htmap

STRANGER = 4711  # nobody has this id

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to others")

Give = Callable[[Path], None]


@pytest.fixture
def opened(htmap_dir: Path, public: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An HTMAP_DIR that exists, where all may enter."""
    folder = public / "htmap"
    monkeypatch.setenv("HTMAP_DIR", str(folder))
    for each in (folder, *(folder / name for name in (names.TAGS, names.MAPS, names.REMOVED, names.CREATING))):
        each.mkdir()
        each.chmod(0o755)
    return folder


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("in the way")
    return tmp_path / "file"


@pytest.mark.parametrize(
    "place",
    [
        a_file,
        lambda path: a_file(path) / "below",
        lambda path: path / ("long" * 100),
        lambda path: Path(f"{path}/a\0b"),
    ],
    ids=["a file", "below a file", "too long", "a NUL"],
)
def test_an_htmap_dir_that_is_no_folder_is_refused_by_all(
    htmap_dir: Path, tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    settings["HTMAP_DIR"] = place(tmp_path)
    for use in (htmap.status, htmap.load_maps, lambda: htmap.load("tide"), lambda: htmap.map(abs, [1], where="here")):
        with pytest.raises(UnusableHTMapDir):
            use()
    assert run_htmap("status").exit_code == 1


@pytest.mark.parametrize("name", [names.TAGS, names.MAPS, names.REMOVED, names.RETAGGING])
def test_so_is_one_with_a_file_in_place_of_a_folder(htmap_dir: Path, name: str) -> None:
    htmap_dir.mkdir()
    (htmap_dir / name).write_text("in the way")
    with pytest.raises(UnusableHTMapDir) as caught:
        htmap.status()
    assert (caught.value.path, caught.value.root) == (htmap_dir / name, htmap_dir)


class TestUse:
    def test_a_folder_that_is_missing_is_made_for_the_user_alone(self, public: Path, opened: Path) -> None:
        settings["HTMAP_DIR"] = public / "new" / "htmap"
        assert make_htmap_dir() == checked_htmap_dir()
        assert {path.stat().st_mode & 0o777 for path in (public / "new").rglob("*")} == {0o700}

    @pytest.mark.parametrize("part", ["", names.TAGS, names.MAPS, names.REMOVED])
    def test_what_others_may_write_to_is_refused(self, opened: Path, part: str) -> None:
        (opened / part).chmod(0o757)
        with pytest.raises(WritableByOthers) as caught:
            checked_htmap_dir()
        assert (caught.value.path, caught.value.place, caught.value.mode) == (opened / part, opened / part, 0o757)
        (opened / part).chmod(0o755)
        assert checked_htmap_dir() == opened

    def test_so_is_a_folder_above_it(self, opened: Path) -> None:
        opened.parent.chmod(0o777)
        with pytest.raises(WritableByOthers) as caught:
            make_htmap_dir()
        assert (caught.value.path, caught.value.place) == (opened, opened.parent)

    @as_root
    @pytest.mark.parametrize("part", ["", names.TAGS, names.MAPS, names.REMOVED])
    def test_so_is_what_belongs_to_another_user(self, opened: Path, part: str) -> None:
        os.chown(opened / part, STRANGER, -1)
        with pytest.raises(BelongsToOther) as caught:
            checked_htmap_dir()
        assert (caught.value.place, caught.value.owner) == (opened / part, str(STRANGER))

    @as_root
    def test_a_container_in_which_the_owner_is_unknown_is_told_so(self, opened: Path) -> None:
        os.chown(opened, STRANGER, -1)
        command = ["unshare", "--user", "--map-user=1000", sys.executable, "-m", "htmap", "tags"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if "unshare" in said.stderr:
            pytest.skip(said.stderr)
        assert (said.returncode, said.stderr.count("nobody")) == (1, 2)
        environment = {**os.environ, "HTMAP_TRUSTED_FOLDERS": str(opened)}
        assert subprocess.run(command, env=environment, timeout=300, check=False).returncode == 0

    @pytest.mark.parametrize("folders", ["/nowhere,{}", '["/nowhere", "{}"]'])
    def test_a_setting_admits_it(self, opened: Path, folders: str, monkeypatch: pytest.MonkeyPatch) -> None:
        opened.chmod(0o777)
        monkeypatch.setenv("HTMAP_TRUSTED_FOLDERS", folders.format(opened.parent))
        assert make_htmap_dir() == opened

    def test_what_the_environment_admits_counts_besides_the_settings(
        self, opened: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened.chmod(0o777)
        (Path.home() / ".htmaprc").write_text('TRUSTED_FOLDERS = "/projects/tide"\n')
        with pytest.raises(WritableByOthers):
            checked_htmap_dir()
        monkeypatch.setenv("HTMAP_TRUSTED_FOLDERS", str(opened))
        assert checked_htmap_dir() == opened

    @pytest.mark.parametrize("command", [["status"], ["tags"], ["clean"], ["remove", "tide"], ["path", "tide"]])
    def test_commands_say_so_and_fail(self, opened: Path, command: list[str]) -> None:
        opened.chmod(0o777)
        result = run_htmap(*command)
        said = f"{result.exception} {result.stderr}"
        assert (result.exit_code, str(opened) in said, "0777" in said) == (1, True, True), said

    @pytest.mark.parametrize("command", [["settings"], ["version"], ["plugins", "list"], ["set", "WAIT_TIME", "3"]])
    def test_commands_that_need_it_not_work(self, opened: Path, command: list[str]) -> None:
        opened.chmod(0o777)
        assert run_htmap(*command).exit_code == 0

    def test_the_program_that_writes_to_the_log_goes_on(self, opened: Path, capsys: pytest.CaptureFixture[str]) -> None:
        opened.chmod(0o777)
        logger.info("created")
        assert "WritableByOthers" in capsys.readouterr().err
        assert not (opened / names.LOGS).exists()


class TestMaps:
    @pytest.fixture
    def tide(self, opened: Path, make_map: Callable[..., MapDir]) -> MapDir:
        """A map in an HTMAP_DIR that somebody has opened since its first use."""
        made = make_map("tide", results={0: 1})
        made.root.chmod(0o755)
        return made

    def test_a_map_to_whose_folder_others_may_write_is_not_read(self, tide: MapDir) -> None:
        tide.path.chmod(0o777)
        with pytest.raises(CorruptMap, match="0777"):
            htmap.load("tide")
        with pytest.warns(htmap.exceptions.DamagedMap):
            assert management.load_maps() == ()
        htmap.remove("tide")
        assert not tide.path.exists()

    @as_root
    def test_neither_is_one_of_another_user(self, tide: MapDir) -> None:
        os.chown(tide.path, STRANGER, -1)
        with pytest.raises(CorruptMap, match=str(STRANGER)):
            htmap.load("tide")


class TestTheSettingsFile:
    @pytest.fixture
    def file(self, public: Path, opened: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A settings file in a home that all may enter."""
        monkeypatch.setenv("HOME", str(public))
        (public / ".htmaprc").write_text("WAIT_TIME = 7\n")
        return public / ".htmaprc"

    def test_it_is_read_if_it_is_the_user_s_alone(self, file: Path) -> None:
        file.chmod(0o644)
        assert settings["WAIT_TIME"] == 7

    def test_it_is_refused_if_others_may_write_to_it(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file.write_text(f'WAIT_TIME = 7\nTRUSTED_FOLDERS = ["{file}"]\n')
        file.chmod(0o666)
        with pytest.raises(UnsafePath):
            settings["WAIT_TIME"]
        monkeypatch.setenv("HTMAP_TRUSTED_FOLDERS", str(file))
        assert settings["WAIT_TIME"] == 7

    def test_a_link_to_it_counts_by_where_it_leads(self, file: Path) -> None:
        (file.parent / "dotfiles").mkdir()
        moved = file.rename(file.parent / "dotfiles" / "htmaprc")
        file.symlink_to(moved)
        assert settings["WAIT_TIME"] == 7
        moved.parent.chmod(0o777)
        moved.write_text("WAIT_TIME = 666\n")
        with pytest.raises(UnsafePath):
            settings["WAIT_TIME"]


@pytest.fixture(params=[0o000, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """A umask that takes nothing from others, or all."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(top: Path) -> dict[str, str]:
    """Return the permissions of all that is below a folder and is not a private file, program or folder."""
    found = {path: path.lstat().st_mode for path in top.rglob("*") if not path.is_symlink()}
    private = {stat.S_IFDIR | 0o700, stat.S_IFREG | 0o600}
    programs = {names.RUNTIME: stat.S_IFREG | 0o700, names.LAUNCHER: stat.S_IFREG | 0o700}
    return {
        str(path.relative_to(top)): oct(mode)
        for path, mode in found.items()
        if mode not in {*private, programs.get(path.name)}
        and not (path.parent.name == names.PROGRAMS and mode == stat.S_IFREG | 0o700)
    }


@pytest.mark.usefixtures("umask")
class TestPermissions:
    def test_what_a_map_s_creation_writes_is_the_user_s_alone(self, htmap_dir: Path, tmp_path: Path) -> None:
        (tmp_path / "launcher.sh").write_text("#!/bin/sh\n")
        with Creation(None, sizes=itertools.repeat(2)) as creation:
            creation.add_function(pickle.dumps(1), {})
            creation.add_runtime(b"archive")
            for number in range(5):
                creation.add_input(pickle.dumps(number))
            creation.finish()
            map_dir = creation.map_dir
            map_dir.adopt(tmp_path / "launcher.sh", names.LAUNCHER)
            map_dir.write_record(MapRecord(5, 2, "assume", PoolAddress("personal"), {}, {}, created=1.5))
            map_dir.write_submit({}, ())
            map_dir.write_items(1, [["0"]])
            map_dir.submissions.intend(3, late=False)
            map_dir.write_state(b"state")
            marker = htmap_dir / names.CREATING / map_dir.id
            assert modes(htmap_dir) == {}
            assert marker.exists()
            assert map_dir.is_transient

    def test_so_are_tags_settings_and_the_log(self, htmap_dir: Path, make_map: Callable[..., MapDir]) -> None:
        make_map("tide")
        assert run_htmap("set", "WAIT_TIME", "3").exit_code == 0
        assert run_htmap("autocompletion", "--shell", "fish").exit_code == 0
        settings.save(htmap_dir / "settings.toml")
        logger.info("written")
        assert modes(Path.home()) == {}
        assert modes(htmap_dir) == {}


def test_a_folder_of_the_users_that_others_can_enter_is_closed_to_them(htmap_dir: Path) -> None:
    htmap_dir.mkdir(mode=0o755)
    make_htmap_dir()
    assert htmap_dir.stat().st_mode & 0o777 == 0o700


def test_a_trusted_folder_stays_as_its_users_made_it(htmap_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    htmap_dir.mkdir()
    htmap_dir.chmod(0o770)
    monkeypatch.setenv("HTMAP_TRUSTED_FOLDERS", str(htmap_dir))
    make_htmap_dir()
    assert htmap_dir.stat().st_mode & 0o777 == 0o770
