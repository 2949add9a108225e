"""A packed environment runs in another folder, when the one that it was packed from is gone."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from htmap_transplant import contents, packing
from htmap_transplant.installation import Installation
from htmap_transplant.libraries import elf, shipping
from htmap_transplant.members import Member
from htmap_transplant.pieces import pieces_of

pytestmark = pytest.mark.packs

# A finder as setuptools writes it for editable installs of single modules and packages, cut down.
FINDER = """
import importlib.util, os, sys
MAPPING: dict[str, str] = {{'found': {found!r}}}
class Finder:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in MAPPING:
            return importlib.util.spec_from_file_location(name, os.path.join(MAPPING[name], '__init__.py'))
def install():
    sys.meta_path.append(Finder)
"""


OF_THE_NODE = r"(ld|lib(c|m|dl|pthread|rt|util|resolv|gcc_s|stdc\+\+))[-.]"


def fill(environment: Path, site: Path, projects: Path) -> None:
    """Install a package, two editable ones, and a script."""
    for name in ("flat", "found"):
        (projects / name / name).mkdir(parents=True)
        (projects / name / name / "__init__.py").write_text("here = __file__\n")
    (site / "plain.py").write_text("here = __file__\n")
    (site / "flat.pth").write_text(f"{projects / 'flat'}\n")
    (site / "__editable__.found.pth").write_text("import __editable___found_finder as each; each.install()\n")
    (site / "__editable___found_finder.py").write_text(FINDER.format(found=str(projects / "found" / "found")))
    script = environment / "bin" / "tell"
    script.write_text(f"#!{environment}/bin/python3\nimport sys\nprint(sys.prefix, *sys.argv[1:])\n")
    script.chmod(0o755)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the environment and the sources were."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture(scope="module")
def packed(make_environment: Any, here: Path) -> list[Member]:
    """The files of an environment, before they are packed."""
    installation: Installation = make_environment(here / "environment")
    fill(installation.prefix, installation.sites[0], here / "projects")
    return contents.members(installation)


@pytest.fixture(scope="module")
def home(packed: list[Member], here: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a Python that was packed and unpacked; the environment and the sources are gone."""
    there = tmp_path_factory.mktemp("there") / "a folder"
    there.mkdir()
    pieces = pieces_of(shipping.adapted(packed)[0], ())
    for number, each in enumerate(pieces):
        packing.pack(each.members, there / f"{number}.tar.gz")
    packing.join([there / f"{number}.tar.gz" for number in range(len(pieces))], there / "packed.tar.gz")
    here.rename(here.with_name("gone"))
    subprocess.run(["tar", "-xzof", "packed.tar.gz"], cwd=there, check=True)
    yield there / packing.FOLDER
    here.with_name("gone").rename(here)


def ask(home: Path, expression: str) -> Any:
    code = f"import json, sys\n{textwrap.dedent(expression)}\nprint(json.dumps(answer))"
    return json.loads(run(home / "bin" / "python3", "-c", code))


def run(*command: object) -> str:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONNOUSERSITE": "1"}
    done = subprocess.run(
        [str(each) for each in command], env=environment, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_is_what_it_was_but_for_the_run_paths_of_some(home: Path, packed: list[Member], here: Path) -> None:
    there = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_symlink() or not path.is_dir()}
    shipped = {name for name in there if name.startswith(f"{shipping.FOLDER}/")}
    assert there - shipped == {each.name for each in packed}
    for each in packed:
        path = home / each.name
        if each.link is not None:
            assert str(path.readlink()) == each.link
            continue
        source = Path(str(each.source).replace(f"{here}/", f"{here.with_name('gone')}/"))
        before, after = source.read_bytes() if each.content is None else each.content, path.read_bytes()
        assert path.stat().st_mode & 0o100 == each.mode & 0o100, each.name
        assert int(path.stat().st_mtime) == each.mtime_ns // 10**9, each.name
        if before == after:
            continue
        assert elf.kind(source) == elf.kind(path) != b"", each.name
        said, says = elf.dynamic(source), elf.dynamic(path)
        assert (says.needed, says.runpath is None) == (said.needed, said.runpath is None), each.name


def test_it_is_an_installation_of_its_own(home: Path) -> None:
    answer = ask(home, "import os; answer = [sys.prefix, sys.base_prefix, sys.exec_prefix, os.__file__]")
    assert answer[:3] == [str(home)] * 3
    assert answer[3].startswith(f"{home}/lib/")


def test_nothing_is_looked_for_where_it_was(home: Path) -> None:
    assert [path for path in ask(home, "answer = sys.path") if path and not path.startswith(str(home))] == []


@pytest.mark.parametrize("name", ["plain", "flat", "found"])
def test_packages_of_each_kind_are_imported_from_it(home: Path, name: str) -> None:
    assert ask(home, f"import {name}; answer = {name}.here").startswith(f"{home}/")


@pytest.mark.parametrize("name", ["ssl", "sqlite3", "ctypes", "zlib", "hashlib", "lzma", "bz2", "readline", "uuid"])
def test_modules_that_need_libraries_of_the_machine_bring_them(home: Path, name: str) -> None:
    pytest.importorskip(name)
    code = 'lines = [line.rstrip() for line in open("/proc/self/maps")]'
    code = f'import {name}; {code}; answer = [line[line.index("/") :] for line in lines if ".so" in line]'
    left = {Path(path).name for path in ask(home, code) if not path.startswith(str(home))}
    assert [name for name in left if not re.match(OF_THE_NODE, name)] == []


def test_a_script_finds_its_python_beside_it(home: Path) -> None:
    assert run(home / "bin" / "tell", "a b", "c").strip() == f"{home} a b c"
