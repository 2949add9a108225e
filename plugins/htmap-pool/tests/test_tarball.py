"""HTCondor from a relocatable tarball: what is taken, and what is refused without a change of anything."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from htmap_pool import release
from htmap_pool.errors import InstallationFailed, InstalledAlready, UnfitTarball
from htmap_pool.installing import tarball
from htmap_pool.installing.install import install as install_packages
from htmap_pool.installing.relocate import find_patchelf
from htmap_pool.installing.trial import made_for
from htmap_pool.places import Places
from htmap_pool.running import record
from htmap_pool.running.processes import Process

from htmap_core.testing import run_htmap
from tests.golden_files import Golden

TOP = "condor-25.14.1-1-x86_64_AlmaLinux9-stripped"
DAEMONS = ("master", "collector", "negotiator", "schedd", "shadow", "startd", "starter")
SCRIPT = "#!/bin/sh\n"
# As HTCondor's packagers make them: the tree of the packages, and links for the layout that tarballs had before.
PROGRAMS = {
    **{f"usr/sbin/condor_{daemon}": SCRIPT for daemon in DAEMONS},
    "usr/bin/condor_submit": SCRIPT,
    "usr/bin/condor_version": f"{SCRIPT}echo '$CondorVersion: 25.14.1 2026-10-16 $'\n",
    "usr/libexec/condor/condor_shared_port": SCRIPT,
    "usr/libexec/condor/curl_plugin": f"{SCRIPT}echo 'SupportedMethods = \"http,https\"'\n",
    "usr/lib64/condor/condor_ssh_to_job_sshd_config_template": "",
}
LINKS = {
    "bin": "usr/bin",
    "sbin": "usr/sbin",
    "lib64": "usr/lib64",
    "libexec": "usr/libexec/condor",
    "usr/libexec/lib64": "../lib64",
    "etc/examples": "../examples",
}

Change = Callable[[tarfile.TarFile], None]


def member(name: str, content: bytes = b"", **facts: object) -> tuple[tarfile.TarInfo, io.BytesIO]:
    """Return what goes into an archive: a program, unless *facts* say something else."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o755
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info, io.BytesIO(content)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, io.BytesIO]:
    return member(name, type=kind, linkname=target)


def packed(
    file: Path, *others: tuple[tarfile.TarInfo, io.BytesIO], without: str = "", version: str = "25.14.1"
) -> Path:
    """Make a tarball of HTCondor, with *others* in it, too."""
    with tarfile.open(file, "w:gz") as archive:
        for name, text in PROGRAMS.items():
            if name != without:
                archive.addfile(*member(f"{TOP}/{name}", text.replace("25.14.1", version).encode()))
        for name, target in LINKS.items():
            archive.addfile(*link(f"{TOP}/{name}", target))
        for each in others:
            archive.addfile(*each)
    return file


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Places on a machine that has no HTCondor of its own."""
    monkeypatch.setattr(release, "on_path", lambda: None)
    return Places.of(tmp_path / "htmap")


@pytest.fixture
def condor(tmp_path: Path) -> Path:
    return packed(tmp_path / "condor.tar.gz")


def install(places: Places, file: Path | str, *, again: bool = False) -> release.Release:
    return tarball.install_tarball(places, str(file), print, again=again)


def test_a_tarball_is_installed_as_it_is(places: Places, condor: Path) -> None:
    found = install(places, condor)
    assert found == release.find(places)
    assert (found.version(), found.origin) == ("25.14.1", f"the tarball {TOP}")
    assert found.root.is_relative_to(places.releases)
    assert [found.libexec.name, found.lib.name] == ["condor", "condor"]
    top = places.installed.resolve()
    assert {name: os.readlink(top / name) for name in LINKS} == LINKS


def test_the_same_tarball_is_not_installed_twice(places: Places, condor: Path) -> None:
    found = install(places, condor)
    assert install(places, condor) == found
    assert [folder.resolve() for folder in places.releases.iterdir()] == [places.installed.resolve()]


def test_another_one_replaces_it_only_if_asked(places: Places, condor: Path, golden: Golden) -> None:
    first = install(places, condor)
    newer = packed(condor.parent / "newer.tar.gz", version="25.15.0")
    with pytest.raises(InstalledAlready) as caught:
        install(places, newer)
    assert (caught.value.version, caught.value.root) == ("25.14.1", first.root)
    golden("pool/another-htcondor-is-installed", caught.value, hide={places.installed.resolve(): "RELEASE"})
    assert install(places, newer, again=True).version() == "25.15.0"
    assert first.root.exists()  # a pool may be about to start with it


def test_the_one_that_a_pool_runs_stays_however_many_are_installed_after_it(places: Places, condor: Path) -> None:
    first = install(places, condor)
    running = record.write(places, Process(os.getpid(), 0), first.version(), first.root)
    for number in (15, 16, 17):
        install(places, packed(condor, version=f"25.{number}.0"), again=True)
        assert first.version() == running.version
    places.record.unlink()
    install(places, condor, again=True)
    assert not first.root.exists()


def test_one_that_does_not_run_any_more_is_replaced_if_asked(places: Places, condor: Path, golden: Golden) -> None:
    found = install(places, condor)
    (found.bin / "condor_version").write_text("#!/gone/loader\n")
    with pytest.raises(InstallationFailed) as caught:
        install(places, condor)
    golden("pool/the-installed-htcondor-does-not-run", caught.value, hide={found.root: "RELEASE"})
    with pytest.raises(InstallationFailed):
        install_packages(places, lambda _: None)
    assert install(places, condor, again=True).version() == "25.14.1"


def test_where_htmap_dir_was_moved_it_runs_as_it_is(places: Places, condor: Path, tmp_path: Path) -> None:
    install(places, condor)
    (tmp_path / "htmap").rename(tmp_path / "moved")
    moved = Places.of(tmp_path / "moved")
    assert not release.is_moved(moved)
    assert release.find(moved).version() == "25.14.1"


def test_links_that_lead_out_are_left_out(places: Places, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("")
    leading_out = {
        "etc/absolute": str(outside),
        "etc/above": "../../../../../outside",
        "a/b/top": "../..",
        "a/b/far": "top/../../../../outside",
    }
    links = [link(f"{TOP}/{name}", target) for name, target in leading_out.items()]
    install(places, packed(tmp_path / "condor.tar.gz", *links))
    top = places.installed.resolve()
    assert [name for name in leading_out if os.path.lexists(top / name)] == ["a/b/top"]


def test_hard_links_become_copies(places: Places, tmp_path: Path) -> None:
    file = packed(
        tmp_path / "c.tar.gz", link(f"{TOP}/usr/bin/condor_hold", f"{TOP}/usr/bin/condor_submit", tarfile.LNKTYPE)
    )
    found = install(places, file)
    assert (found.bin / "condor_hold").read_text() == (found.bin / "condor_submit").read_text()
    assert os.access(found.bin / "condor_hold", os.X_OK)


def test_nobody_else_may_change_what_is_unpacked(places: Places, tmp_path: Path) -> None:
    install(places, packed(tmp_path / "c.tar.gz", member(f"{TOP}/usr/sbin/open", mode=0o6777, uid=4711)))
    found = (places.installed / "usr/sbin/open").stat()
    assert (found.st_mode & 0o7777, found.st_uid) == (0o755, os.getuid())


ELF_OF_ARM = b"\x7fELF\x02\x01\x01" + bytes(11) + (183).to_bytes(2, "little") + bytes(44)
MASTER = "usr/sbin/condor_master"

UNFIT = {
    "a name above": [member("../above")],
    "a name within that leads above": [member(f"{TOP}/usr/../../above")],
    "an absolute name": [member("/absolute")],
    "a second folder": [member("other/file")],
    "a file beside the folder": [member("file")],
    "a device": [member(f"{TOP}/null", type=tarfile.CHRTYPE)],
    "a pipe": [member(f"{TOP}/pipe", type=tarfile.FIFOTYPE)],
    "a file behind a link": [link(f"{TOP}/way", "usr"), member(f"{TOP}/way/file")],
    "a link behind a link": [link(f"{TOP}/way", ".."), link(f"{TOP}/way/file", "usr")],
    "a file twice": [member(f"{TOP}/{MASTER}")],
    "a file that is a folder": [member(f"{TOP}/{MASTER}/file")],
    "a hard link to another place": [link(f"{TOP}/passwd", "/etc/passwd", tarfile.LNKTYPE)],
    "a hard link to a link": [link(f"{TOP}/way", "usr"), link(f"{TOP}/hard", f"{TOP}/way", tarfile.LNKTYPE)],
}


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def refused(places: Places, file: Path) -> UnfitTarball:
    """Try to install a tarball over an HTCondor, and return why it is refused. Nothing may have changed."""
    before = install(places, packed(file.parent / "before.tar.gz"))
    everything = tree(file.parent)
    with pytest.raises(UnfitTarball) as caught:
        install(places, file, again=True)
    assert tree(file.parent) == everything
    assert release.find(places) == before
    return caught.value


@pytest.mark.parametrize("what", UNFIT)
def test_what_no_tarball_of_htcondor_has_is_refused(places: Places, tmp_path: Path, what: str) -> None:
    error = refused(places, packed(tmp_path / "condor.tar.gz", *UNFIT[what]))
    assert error.tarball == str(tmp_path / "condor.tar.gz")


@pytest.mark.parametrize("what", ["an absolute name", "a name within that leads above"])
def test_a_name_that_would_lie_elsewhere_is_shown(places: Places, tmp_path: Path, what: str, golden: Golden) -> None:
    golden(f"pool/{what.replace(' ', '-')}", refused(places, packed(tmp_path / "condor.tar.gz", *UNFIT[what])))


def test_a_tarball_that_is_not_whole_is_refused(places: Places, condor: Path, golden: Golden) -> None:
    whole = condor.read_bytes()
    condor.write_bytes(whole[: len(whole) // 2])
    golden("pool/a-tarball-that-is-not-whole", refused(places, condor))


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html>", b"\x1f\x8b" + bytes(600)])
def test_what_is_no_tarball_is_refused(places: Places, condor: Path, content: bytes) -> None:
    condor.write_bytes(content)
    refused(places, condor)


def test_a_tarball_of_something_else_is_refused(places: Places, tmp_path: Path, golden: Golden) -> None:
    golden("pool/a-tarball-without-daemons", refused(places, packed(tmp_path / "condor.tar.gz", without=MASTER)))


OTHERS = {"aarch64": ELF_OF_ARM, "macOS": b"\xcf\xfa\xed\xfe" + bytes(60)}


@pytest.mark.parametrize("system", OTHERS)
def test_programs_for_another_machine_are_refused(places: Places, tmp_path: Path, system: str) -> None:
    file = packed(tmp_path / "condor.tar.gz", member(f"{TOP}/{MASTER}", OTHERS[system]), without=MASTER)
    assert system in refused(places, file).reason


def test_programs_of_this_machine_fit() -> None:
    assert made_for(Path("/bin/sh")) is None


def test_a_library_that_the_machine_lacks_is_named(places: Places, tmp_path: Path, golden: Golden) -> None:
    program = tmp_path / "true"
    shutil.copy(shutil.which("true") or "/bin/true", program)
    assert os.spawnlp(os.P_WAIT, str(find_patchelf()), "patchelf", "--add-needed", "libtide.so.4", str(program)) == 0
    file = packed(tmp_path / "c.tar.gz", member(f"{TOP}/{MASTER}", program.read_bytes()), without=MASTER)
    golden("pool/a-library-that-the-machine-lacks", refused(places, file))


def test_a_program_for_another_loader_is_refused(places: Places, tmp_path: Path) -> None:
    program = tmp_path / "true"
    shutil.copy(shutil.which("true") or "/bin/true", program)
    patched = os.spawnlp(os.P_WAIT, str(find_patchelf()), "patchelf", "--set-interpreter", "/gone/ld.so", str(program))
    assert patched == 0
    file = packed(tmp_path / "c.tar.gz", member(f"{TOP}/{MASTER}", program.read_bytes()), without=MASTER)
    assert "loader" in refused(places, file).reason


@pytest.mark.parametrize("name", ["gone.tar.gz", "/", "https://htcondor.org/condor.tar.gz"])
def test_what_is_no_file_is_refused(places: Places, name: str) -> None:
    with pytest.raises(UnfitTarball) as caught:
        install(places, name)
    assert caught.value.tarball == name
    assert not places.root.exists()


def test_a_full_disk_leaves_everything_as_it_was(
    places: Places, condor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", fill)
    with pytest.raises(InstallationFailed) as caught:
        install(places, condor)
    assert caught.value.tried == ((str(places.root), "No space left on device"),)
    assert list(places.releases.iterdir()) == []


def test_what_a_killed_installation_has_left_is_deleted_by_the_next(places: Places, condor: Path) -> None:
    (places.releases / "half").mkdir(parents=True, mode=0o700)
    for folder in (places.releases, places.root, places.root.parent):
        folder.chmod(0o700)
    install(places, condor)
    assert [folder.resolve() for folder in places.releases.iterdir()] == [places.installed.resolve()]


def test_the_command_says_what_is_in(htmap_dir: Path, condor: Path) -> None:
    ran = run_htmap("pool", "install", "--from", str(condor))
    assert ran.exit_code == 0, ran.stderr
    assert "25.14.1" in ran.stdout
    assert TOP in ran.stdout
    assert TOP in run_htmap("pool", "status").stdout


def test_a_folder_that_the_settings_name_is_not_passed_over(
    htmap_dir: Path, condor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTMAP_POOL_PREFIX", str(tmp_path))
    ran = run_htmap("pool", "install", "--from", str(condor))
    assert ran.exit_code == 1
    assert isinstance(ran.exception, UnfitTarball)
    assert "POOL.PREFIX" in ran.exception.reason
