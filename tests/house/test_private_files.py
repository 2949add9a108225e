"""What is made on the submit side is for the user alone, whatever the umask: each place that makes a file or folder says so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import named, sources

# What makes files and folders with the permissions that the umask leaves, with the reason.
APART = {
    "htmap_core/cli/__init__.py": "/dev/null",
    "htmap_core/cli/new_plugin/making.py": "what its author publishes",
    "htmap_core/maps/collecting/copying.py": "a folder of the user's, for files that others may be meant to read",
    "htmap_core/maps/here/job.py": "copies in a scratch directory, which is closed",
    "htmap_core/submission/files/outputs.py": "a folder of the user's, for files that others may be meant to read",
    "htmap_core/files/relocation.py": "a copy, which has the permissions of the original",
    "htmap_core/testing/contracts/delivery.py": "a folder of a test",
    "htmap_core/testing/contracts/transfer.py": "files of a test",
    "htmap_core/testing/fixtures.py": "a folder of a test",
    "htmap_core/testing/pools.py": "a folder of a test",
    "htmap_core/testing/transfer_script.py": "files of a test",
    "plugins/htmap-transplant/htmap_transplant/libraries/run_path.py": "a copy in a temporary folder, which is closed",
}

MAKING = {"mkdir", "touch"}  # they take the permissions
WRITING = {"write_text", "write_bytes", "makedirs", "copyfile", "copy", "copy2", "copytree"}  # they take none
PRIVATE = {"384", "448", "0o600", "0o700"}


def lax(source: str) -> Iterator[str]:
    """Yield where a module makes a file or folder whose permissions depend on the umask."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and is_lax(node):
            yield f"{node.lineno}: {ast.unparse(node)}"


def is_lax(call: ast.Call) -> bool:
    owner, _, name = ast.unparse(call.func).rpartition(".")
    keywords = {each.arg: ast.unparse(each.value) for each in call.keywords}
    if name in MAKING:
        return keywords.get("mode") not in PRIVATE
    if name in WRITING:
        return name != "copy" or owner == "shutil"
    if name != "open" or owner in {"tarfile", "gzip", "zipfile"}:
        return False
    if owner == "os":
        return "O_CREAT" in ast.unparse(call) and ast.unparse(call.args[-1]) not in PRIVATE
    arguments = [ast.unparse(each) for each in call.args] + list(keywords.values())
    writes = any(re.fullmatch(r"'[bt]*[wax][bt+]*'", each) for each in arguments)
    return writes and "private_opener" not in keywords.values()


def test_what_is_made_on_the_submit_side_is_for_the_user_alone() -> None:
    submit_side = [path for path in sources() if not named(path).startswith("htmap_run/")]
    found = {named(path): list(lax(path.read_text())) for path in submit_side}
    assert {name: places for name, places in found.items() if places and name not in APART} == {}
    assert [name for name in APART if not found[name]] == []


@pytest.mark.parametrize(
    "line",
    [
        "path.mkdir()",
        "path.mkdir(parents=True, exist_ok=True)",
        "path.mkdir(mode=0o755)",
        "path.touch()",
        "path.write_text(text)",
        "path.write_bytes(content)",
        "os.makedirs(path)",
        "shutil.copyfile(a, b)",
        "shutil.copy(a, b)",
        "open(path, 'w')",
        "path.open('ab')",
        "open(path, mode='x')",
        "os.open(path, os.O_CREAT | os.O_WRONLY)",
        "os.open(path, os.O_CREAT | os.O_WRONLY, 0o666)",
    ],
)
def test_a_file_that_others_could_read_is_seen(line: str) -> None:
    assert list(lax(line))


@pytest.mark.parametrize(
    "line",
    [
        "path.mkdir(mode=0o700, exist_ok=True)",
        "path.touch(mode=0o600)",
        "open(path, 'w', opener=private_opener)",
        "open(path)",
        "path.open('rb')",
        "settings.copy()",
        "os.open(path, os.O_RDONLY)",
        "os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)",
        "tarfile.open(path, 'w')",
    ],
)
def test_a_private_file_is_left_alone(line: str) -> None:
    assert not list(lax(line))
