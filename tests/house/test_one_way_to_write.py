"""Files that several processes use are locked and replaced in one module."""

from __future__ import annotations

import ast

import pytest

from tests.house.tree import named, sources

HOME = "htmap_core/atomic.py"

# What does it otherwise, with the reason. The execute side has no core to import from.
APART = {
    "htmap_core/storage/deletion.py": "a whole directory is moved away",
    "htmap_core/testing/own_settings.py": "what it replaces are settings, and no file",
    "plugins/htmap-pool/htmap_pool/installing/apt.py": "the output of a program that runs, in a file without a name",
    "plugins/htmap-pool/htmap_pool/places.py": "a private folder for sockets",
    "plugins/htmap-transplant/htmap_transplant/packing.py": "an archive that is built in a scratch folder",
    "plugins/htmap-transplant/htmap_transplant/store.py": "a whole directory is moved away",
}


def own_ways(source: str) -> list[str]:
    """Return where a module locks, renames or makes temporary files by itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [f"{node.lineno}: {each.name}" for each in node.names if each.name in {"fcntl", "tempfile"}]
        elif isinstance(node, ast.ImportFrom) and node.module in {"fcntl", "tempfile"}:
            found.append(f"{node.lineno}: {node.module}")
        elif isinstance(node, ast.Call) and renames(node):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


def renames(call: ast.Call) -> bool:
    """Return whether a call is ``os.rename``, ``Path.replace`` or the like; texts take two arguments, values names."""
    if not isinstance(call.func, ast.Attribute):
        return False
    of_os = ast.unparse(call.func.value) == "os"
    if call.func.attr in {"rename", "renames"}:
        return True
    return call.func.attr == "replace" and not call.keywords and (of_os or len(call.args) == 1)


def test_files_are_locked_and_replaced_in_one_module() -> None:
    found = {named(path): own_ways(path.read_text()) for path in sources() if not named(path).startswith("htmap_run/")}
    assert {name: ways for name, ways in found.items() if ways and name not in {HOME, *APART}} == {}
    assert [name for name in APART if not found[name]] == []


@pytest.mark.parametrize(
    "line",
    ["import fcntl", "from tempfile import mkstemp", "new.replace(path)", "os.replace(new, path)", "new.rename(path)"],
)
def test_the_rule_sees_a_way_of_its_own(line: str) -> None:
    assert own_ways(line)


@pytest.mark.parametrize("line", ["text.replace('a', 'b')", "code.replace(co_filename=name)", "import os"])
def test_the_rule_leaves_texts_alone(line: str) -> None:
    assert not own_ways(line)
