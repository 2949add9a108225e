"""Packages: how many modules they have, what their ``__init__`` says and gives, and that all can be imported."""

from __future__ import annotations

import ast
import os
import pkgutil
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
import htmap_core
import htmap_run
from tests.house.tree import PLUGINS, ROOT, layers, named, sources

MODULES = 12

# Packages whose `__init__` holds code: what outsiders import from, the group of commands, and what pytest must know before.
DOORS = {
    "htmap",
    "htmap_core",
    "htmap_core/cli",
    "htmap_core/exceptions",
    "htmap_core/testing",
    "htmap_core/testing/contracts",
    "htmap_core/user_warnings",
    "htmap_run/frames",
    "htmap_run/htmap",
}


def modules() -> dict[str, list[str]]:
    """Return the folders that have shipped modules, each with the names of these."""
    found = defaultdict(list)
    for path in sources():
        found[named(path.parent)].append(path.stem)
    return found


PACKAGES = sorted(folder for folder in modules() if not folder.startswith("plugins/"))


def too_big(folders: dict[str, list[str]]) -> dict[str, int]:
    counts = {folder: len(set(names) - {"__init__"}) for folder, names in folders.items()}
    return {folder: count for folder, count in counts.items() if count > MODULES}


def test_packages_have_few_modules() -> None:
    assert too_big(modules()) == {}


def test_a_package_with_one_module_too_many_is_seen() -> None:
    names = [f"module_{number}" for number in range(MODULES)]
    assert too_big({"cellar": ["__init__", *names], "attic": ["__init__", *names, "one_more"]}) == {
        "attic": MODULES + 1
    }


def test_every_folder_with_shipped_modules_is_a_package() -> None:
    assert [folder for folder, names in modules().items() if "__init__" not in names] == []


def has_code(source: str) -> bool:
    """Return whether a module is more than its docstring and ``from __future__`` imports."""
    _, *rest = ast.parse(source).body
    return any(not (isinstance(node, ast.ImportFrom) and node.module == "__future__") for node in rest)


@pytest.mark.parametrize("package", PACKAGES)
def test_an_init_is_a_docstring_unless_the_package_is_a_door(package: str) -> None:
    assert has_code((ROOT / package / "__init__.py").read_text()) == (package in DOORS)


def test_code_in_an_init_is_seen() -> None:
    assert has_code('"""Maps."""\n\nfrom htmap_core.maps.map import Map\n')
    assert not has_code('"""Maps."""\n')


# --- what an `__init__` says


def faults(docstring: str, reached: set[str]) -> Iterator[str]:
    """Yield in what the docstring of a package of the core does not say who lives there and what it may import.

    :param reached: the packages of the core that its modules import.
    """
    who, _, imports = docstring.partition("\n\nImports ")
    if not re.fullmatch(r"[A-Z].+\.", who, re.DOTALL):
        yield "who lives there?"
    if not imports:
        yield "what may it import?"
        return
    ladder = list(layers())
    allowed = [name for name in re.findall(r"``(\w+)``", imports) if name in ladder]
    if "everything below" in imports:
        return
    if re.search(r"\bbelow\b", imports):
        allowed += ladder[min(map(ladder.index, allowed)) :]
    yield from (
        f"it imports {name}, and does not say so" for name in sorted(reached - set(allowed)) if is_package(name)
    )


def is_package(name: str) -> bool:
    return (ROOT / "htmap_core" / name).is_dir() and name not in {"exceptions", "user_warnings"}


def reached(package: str) -> set[str]:
    """Return the packages of the core that the modules of one import, also where they are used, and for types."""
    name = package.split("/")[1]
    found: set[str] = set()
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {each.split(".")[1] for each in found if each.startswith("htmap_core.")} - {name}


@pytest.mark.parametrize("package", [each for each in PACKAGES if each.startswith("htmap_core/")])
def test_a_package_of_the_core_says_who_lives_there_and_what_it_imports(package: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text())) or ""
    assert list(faults(docstring, reached(package))) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_something_of_imports(package: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text())) or ""
    assert re.search(r"\bimport", docstring, re.IGNORECASE)


def test_what_a_docstring_leaves_out_is_seen() -> None:
    assert list(faults("Maps", set())) == ["who lives there?", "what may it import?"]
    assert list(faults("Maps.\n\nImports ``storage``.", {"storage", "condor"})) == [
        "it imports condor, and does not say so"
    ]
    assert list(faults("Maps.\n\nImports ``storage`` and what is below it.", {"storage", "condor", "maps"})) == [
        "it imports maps, and does not say so"
    ]


# --- what is installed


def test_every_shipped_package_is_typed() -> None:
    packages = [
        "htmap",
        "htmap_core",
        "htmap_run",
        *(f"plugins/{plugin}/{plugin.replace('-', '_')}" for plugin in PLUGINS),
    ]
    assert [package for package in packages if not (ROOT / package / "py.typed").is_file()] == []


# Imports each module in a process of its own, in which nothing of HTMap is imported: forks of one that has what others wrote.
ALONE = """
import importlib, os, sys, traceback
import attrs, click, cloudpickle, htcondor2
for name in sys.argv[1:]:
    if not (child := os.fork()):
        try:
            importlib.import_module(name)
        except BaseException:
            print(name, traceback.format_exc(), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def imported_alone(names: list[str], folder: Path = ROOT) -> str:
    """Return what went wrong when modules were imported, each in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", ALONE, *names]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=800, check=True)
    return ran.stdout


def test_every_module_can_be_imported_alone() -> None:
    found = [
        module.name
        for package in (htmap, htmap_core, htmap_run)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]
    # The small htmap of the execute node imports as a package of that name, in the archive alone.
    names = [name for name in found if not name.endswith(".__main__") and not name.startswith("htmap_run.htmap")]
    assert imported_alone(names) == ""


def test_a_module_that_another_one_must_be_imported_before_is_seen(tmp_path: Path) -> None:
    (tmp_path / "first.py").write_text("import second\nNAME = 1\n")
    (tmp_path / "second.py").write_text("from first import NAME\n")
    (tmp_path / "third.py").write_text("import sys\nNAME = sys.modules['fourth']\n")
    (tmp_path / "fourth.py").write_text("")
    said = imported_alone(["fourth", "third", "first", "second"], tmp_path)
    assert re.findall(r"^(\w+) Traceback", said, re.MULTILINE) == ["third", "first"]
