"""The archive of packages: what is in it, and that nobody sees a part of it."""

from __future__ import annotations

import json
import stat
import tarfile
from pathlib import Path

import pytest

from htmap_core.files.package_archive import PackedFor, pack_packages, package_files
from htmap_run import names

WANTED = PackedFor("3.11", "x86_64", (2, 28), "name the nodes' Python")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "packages"
    for name in ("waves/__init__.py", "waves/tool", "waves/__pycache__/old.pyc", "waves-1.0.dist-info/METADATA"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(name)
    (made / "waves" / "tool").chmod(0o711)
    return made


def test_its_first_file_says_for_which_python_it_is(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(pack_packages(folder, tmp_path, WANTED)) as archive:
        first = archive.next()
        assert first is not None
        assert first.name == names.PACKAGES_FOR
        found = json.load(archive.extractfile(first))  # type: ignore[arg-type]
    assert found == {"python": "3.11", "machine": "x86_64", "glibc": [2, 28], "advice": "name the nodes' Python"}


def test_it_has_all_files_but_compiled_code_and_programs_stay_programs(folder: Path, tmp_path: Path) -> None:
    with tarfile.open(pack_packages(folder, tmp_path, WANTED)) as archive:
        modes = {each.name: each.mode for each in archive.getmembers()[1:]}
    assert modes == {"waves/__init__.py": 0o644, "waves/tool": 0o755, "waves-1.0.dist-info/METADATA": 0o644}
    assert len(list(package_files(folder))) == len(modes)


def test_the_same_packages_make_the_same_archive(folder: Path, tmp_path: Path) -> None:
    first = pack_packages(folder, tmp_path, WANTED).read_bytes()
    assert pack_packages(folder, tmp_path, WANTED).read_bytes() == first


def test_it_is_for_the_user_alone(folder: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(pack_packages(folder, tmp_path, WANTED).stat().st_mode) == 0o600


def test_one_that_cannot_be_finished_is_not_there(folder: Path, tmp_path: Path) -> None:
    (folder / "waves" / "nowhere").symlink_to("gone")
    with pytest.raises(FileNotFoundError):
        pack_packages(folder, tmp_path / "packages", WANTED)
    assert sorted(each.name for each in folder.iterdir()) == ["waves", "waves-1.0.dist-info"]


def test_who_waits_is_told_how_much_is_packed(folder: Path, tmp_path: Path) -> None:
    told: list[int] = []
    pack_packages(folder, tmp_path, WANTED, told.append)
    assert sum(told) == sum(path.stat().st_size for path in package_files(folder))
