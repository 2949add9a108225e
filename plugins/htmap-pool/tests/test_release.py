from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from htmap_pool import release
from htmap_pool.errors import NotInstalled, ToolFailed
from htmap_pool.places import Places
from htmap_pool.plugin import PersonalPool

import htmap
from tests.golden_files import Golden


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("PATH", str(tmp_path / "path" / "bin"))
    monkeypatch.setattr(release, "_SYSTEM_FOLDERS", ())
    return Places.of(tmp_path / "htmap")


def unpack(folder: Path) -> Path:
    """Make something that looks like HTCondor."""
    (folder / "sbin").mkdir(parents=True)
    (folder / "bin").mkdir()
    for name, text in {
        "sbin/condor_master": "",
        "bin/condor_version": "echo '$CondorVersion: 25.14.1 2026-10-16 $'",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def install(places: Places) -> Path:
    folder = places.releases / "25.14.1-1"
    unpack(folder / "usr")
    (folder / release.MARK).write_text(str(folder))
    places.installed.symlink_to(folder.relative_to(places.root))
    return folder


def test_nothing_installed_says_where_it_looked_and_what_to_do(places: Places, golden: Golden) -> None:
    with pytest.raises(NotInstalled) as caught:
        release.find(places)
    golden("pool/nothing-installed-says-where-it-looked", caught.value)


def test_an_installed_release_is_found(places: Places) -> None:
    folder = install(places)
    assert release.find(places).root == folder / "usr"
    assert release.find(places).version() == "25.14.1"


def test_the_machine_s_own_is_found_on_path(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = unpack(tmp_path / "path")
    monkeypatch.setenv("PATH", str(own / "sbin"))
    assert release.find(places) == release.Release(own, "PATH")


def test_the_setting_wins_and_takes_packages_and_tarballs(places: Places, tmp_path: Path) -> None:
    install(places)
    tarball, package = unpack(tmp_path / "tarball"), unpack(tmp_path / "package" / "usr")
    assert release.find(places, tarball).root == tarball
    assert release.find(places, package.parent).root == package


def test_a_setting_that_leads_nowhere_is_named(places: Places, tmp_path: Path, golden: Golden) -> None:
    install(places)
    with pytest.raises(NotInstalled) as caught:
        release.find(places, tmp_path / "nowhere")
    golden("pool/a-setting-that-leads-nowhere-is-named", caught.value)


def test_a_release_that_was_moved_is_not_used(places: Places, tmp_path: Path) -> None:
    install(places)
    shutil.copytree(places.root, tmp_path / "copy" / "pool", symlinks=True)
    assert release.installed(Places.of(tmp_path / "copy")) is None


def test_a_half_unpacked_release_is_not_used(places: Places) -> None:
    unpack(places.releases / "25.14.1-1" / "usr")
    assert release.installed(places) is None


def test_a_program_that_does_not_run_is_an_error(places: Places) -> None:
    folder = install(places)
    (folder / "usr" / "bin" / "condor_version").write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    with pytest.raises(ToolFailed, match="condor_version: broken"):
        release.find(places).version()


def test_a_way_without_blanks_leads_to_the_same_release(tmp_path: Path) -> None:
    found, plain = (release.at(unpack(tmp_path / name), "here") for name in ("with blank", "plain"))
    assert found is not None
    assert plain is not None
    for _ in range(2):  # the link of an earlier start is in its place
        reached = found.without_blanks(tmp_path)
        assert " " not in str(reached.sbin)
        assert reached.sbin.samefile(found.sbin)
    assert plain.without_blanks(tmp_path) is plain


@pytest.mark.parametrize("autostart", [True, False])
def test_the_advice_for_a_stopped_pool_blames_the_setting_only_if_it_is_off(
    htmap_dir: Path, tmp_path: Path, golden: Golden, autostart: bool
) -> None:
    htmap.settings["POOL.PREFIX"] = str(unpack(tmp_path / "condor"))
    htmap.settings["POOL.AUTOSTART"] = autostart
    golden(f"pool/advice-autostart-{autostart}", PersonalPool().advice())


@pytest.mark.parametrize(("is_installed", "autostart"), [(True, True), (True, False), (False, True)])
def test_the_next_map_starts_the_pool_if_it_is_installed_and_may_be_started(
    htmap_dir: Path, tmp_path: Path, is_installed: bool, autostart: bool
) -> None:
    htmap.settings["POOL.PREFIX"] = str(unpack(tmp_path / "condor") if is_installed else tmp_path)
    htmap.settings["POOL.AUTOSTART"] = autostart
    assert PersonalPool().starts_when_needed() == (is_installed and autostart)
