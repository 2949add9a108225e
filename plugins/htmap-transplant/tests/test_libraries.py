"""Libraries of an installation that was moved: each is found, by a run path of the kind that each file had."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from htmap_transplant.libraries import elf
from htmap_transplant.libraries.run_path import with_run_path
from htmap_transplant.libraries.shipping import FOLDER, adapted
from htmap_transplant.libraries.tools import patchelf
from htmap_transplant.members import Member, tree

BOTH = pytest.mark.parametrize("kind", ["rpath", "runpath"])


def _some_library() -> Path | None:
    """Return a compiled module of the standard library that needs nothing but the C library."""
    modules = sorted(Path(sysconfig.get_config_var("DESTSHARED") or "/nowhere").glob("*.so"))
    return next((path for path in modules if set(elf.dynamic(path).needed) <= {"libc.so.6", "libpthread.so.0"}), None)


SOME_LIBRARY = _some_library()
pytestmark = [
    pytest.mark.packs,
    pytest.mark.skipif(SOME_LIBRARY is None, reason="this Python has no compiled modules of which to make libraries"),
]


def make(path: Path, *needs: str, rpath: str | None = None, runpath: str | None = None) -> Path:
    """Make a library that needs others and has one kind of run path or none."""
    assert SOME_LIBRARY is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SOME_LIBRARY, path)
    needed = [word for name in needs for word in ("--add-needed", name)]
    subprocess.run([patchelf(), "--remove-rpath", "--set-soname", path.name, *needed, path], check=True)
    if rpath is not None or runpath is not None:
        force = ["--force-rpath"] if runpath is None else []
        subprocess.run([patchelf(), *force, "--set-rpath", rpath or runpath or "", path], check=True)
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages."""
    return tmp_path / "here" / "site"


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this machine in which the loader looks for libraries."""
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path / "here" / "outside"))
    return tmp_path / "here" / "outside"


@pytest.fixture
def move(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Move the packages to another folder, as an archive would; what was here is gone."""

    def there() -> Path:
        scratch, home = tmp_path / "scratch", tmp_path / "there"
        scratch.mkdir()
        files, _ = adapted(list(tree(site, "lib/site")))
        for each in (_packed(each, scratch / str(number)) for number, each in enumerate(files)):
            (home / each.name).parent.mkdir(parents=True, exist_ok=True)
            if each.link is None:
                shutil.copy2(each.source, home / each.name)
                (home / each.name).chmod(each.mode)
            else:
                (home / each.name).symlink_to(each.link)
        (tmp_path / "here").rename(tmp_path / "gone")
        monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
        return home / "lib" / "site"

    return there


def _packed(each: Member, copy: Path) -> Member:
    """Return a file as it is packed."""
    return each if each.run_path is None else with_run_path(each, copy)


def load(path: Path) -> None:
    code = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", code, path], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_library_that_relies_on_the_run_path_of_what_loads_it_finds_its_own(
    site: Path, outside: Path, move: Callable[[], Path]
) -> None:
    # As in wheels of scipy: the module's run path also serves the Fortran library, which needs one of the machine, too.
    make(outside / "libouter.so")
    make(site / "tidal.libs" / "libinner.so")
    make(site / "tidal.libs" / "libmiddle.so", "libinner.so", "libouter.so")
    make(site / "tidal" / "module.so", "libmiddle.so", rpath="$ORIGIN/../tidal.libs")
    load(move() / "tidal" / "module.so")


@pytest.mark.parametrize("kind", ["rpath", "runpath", None])
def test_a_file_that_needs_a_library_of_the_machine_keeps_its_kind_of_run_path(
    site: Path, outside: Path, move: Callable[[], Path], kind: str | None
) -> None:
    make(outside / "libouter.so")
    make(site / "module.so", "libouter.so", **({} if kind is None else {kind: "$ORIGIN/libs"}))
    there = move() / "module.so"
    says = elf.dynamic(there)
    assert (says.rpath is None, says.runpath is None) == (kind == "runpath", kind != "runpath")
    load(there)


@BOTH
def test_a_library_of_the_machine_finds_its_own(site: Path, outside: Path, move: Callable[[], Path], kind: str) -> None:
    make(outside / "deep" / "liblast.so")
    make(outside / "libouter.so", "liblast.so", **{kind: f"{outside}/deep"})
    make(site / "module.so", "libouter.so")
    home = move()
    assert {path.name for path in (home.parents[1] / FOLDER).iterdir()} == {"liblast.so", "libouter.so"}
    load(home / "module.so")


@BOTH
def test_an_absolute_path_into_the_installation_becomes_relative(
    site: Path, move: Callable[[], Path], kind: str
) -> None:
    make(site / "tidal" / "libs" / "libinner.so")
    make(site / "tidal" / "module.so", "libinner.so", **{kind: f"/opt/builder:{site}/tidal/libs"})
    there = move() / "tidal" / "module.so"
    assert elf.dynamic(there).search == ["$ORIGIN/libs"]
    load(there)


def test_absolute_paths_also_serve_what_is_needed_by_what_is_needed(site: Path, move: Callable[[], Path]) -> None:
    make(site / "more" / "libinner.so")
    make(site / "libs" / "libmiddle.so", "libinner.so")
    make(site / "tidal" / "module.so", "libmiddle.so", rpath=f"{site}/libs:{site}/more")
    load(move() / "tidal" / "module.so")


def test_a_library_of_the_installation_that_is_found_by_the_environment_is_found_without_it(
    site: Path, move: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", str(site / "libs"))
    make(site / "libs" / "libinner.so")
    make(site / "tidal" / "module.so", "libinner.so")
    load(move() / "tidal" / "module.so")


def test_what_a_link_leads_to_finds_what_it_found_beside_it(site: Path, move: Callable[[], Path]) -> None:
    developed = site.with_name("developed")
    make(developed / "libs" / "libinner.so")
    make(developed / "module.so", "libinner.so", rpath=f"{developed}/libs")
    site.mkdir()
    (site / "tidal").symlink_to(developed)
    (site / "again").symlink_to(developed)
    home = move()
    for name in ("tidal", "again"):
        load(home / name / "module.so")


def test_all_entries_but_those_of_this_machine_alone_stay(site: Path, outside: Path, move: Callable[[], Path]) -> None:
    make(outside / "libouter.so")
    make(site / "tidal" / "module.so", "libouter.so", rpath="${ORIGIN}/libs::/opt/builder:build:$ORIGIN")
    assert elf.dynamic(move() / "tidal" / "module.so").search == [
        "${ORIGIN}/libs",
        "$ORIGIN",
        "$ORIGIN/../../../libraries",
    ]


def test_a_file_that_finds_its_libraries_is_not_changed(site: Path, move: Callable[[], Path]) -> None:
    make(site / "tidal.libs" / "libinner.so")
    module = make(site / "tidal" / "module.so", "libinner.so", rpath="/opt/builder:$ORIGIN/../tidal.libs")
    before = module.read_bytes()
    assert (move() / "tidal" / "module.so").read_bytes() == before


def test_a_changed_file_has_the_time_and_the_permissions_that_it_had(
    site: Path, outside: Path, move: Callable[[], Path]
) -> None:
    make(outside / "libouter.so")
    module = make(site / "module.so", "libouter.so")
    module.chmod(0o555)
    os.utime(module, (1, 1_000_000_000))
    after = (move() / "module.so").stat()
    assert (after.st_mtime, after.st_mode & 0o777) == (1_000_000_000, 0o555)


@pytest.mark.parametrize("name", [os.fsdecode(b"mar\xe9e"), "/".join(["deep" * 30] * 3)], ids=["bytes", "long"])
def test_folders_may_have_any_names(site: Path, outside: Path, move: Callable[[], Path], name: str) -> None:
    make(outside / "libouter.so")
    make(site / name / "module.so", "libouter.so")
    load(move() / name / "module.so")


@pytest.mark.parametrize("folder", ["outside", "site/libs"])
def test_a_library_that_is_named_by_its_path_is_found_by_its_name(
    site: Path, move: Callable[[], Path], folder: str
) -> None:
    # A linker puts the path of a library without a name of its own into what it links with it.
    named = make(site.parent / folder / "libnameless.so")
    make(site / "tidal" / "module.so", str(named))
    there = move() / "tidal" / "module.so"
    assert "libnameless.so" in elf.dynamic(there).needed
    load(there)
