"""Files that several processes use are locked and replaced in one module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import named, sources

HOMES = {"htmap_core/files/atomic.py", "htmap_core/files/locks.py"}

# What does it otherwise, with the reason. The execute side has no core to import from.
APART = {
    "htmap_core/cli/new_plugin/making.py": "a folder appears when all its files are there",
    "htmap_core/files/relocation.py": "a whole directory gets another place",
    "htmap_core/files/sharing.py": "a link makes a new name of a file that others have",
    "htmap_core/maps/here/interrupted.py": "where the scratch directories of jobs are, which a killed process has left",
    "htmap_core/maps/collecting/copying.py": "a file of a job's, which appears whole in a folder of the user's",
    "htmap_core/maps/here/job.py": "a job's scratch directory, and where its files go from there",
    "htmap_core/storage/deletion.py": "a whole directory is moved away",
    "htmap_core/storage/outputs.py": "what a job of this machine returns comes from its scratch directory",
    "htmap_core/storage/root.py": "a map that is only planned is written into a folder that is deleted at once",
    "htmap_core/storage/tags.py": "a link claims a name that must be free",
    "htmap_core/testing/own_settings.py": "what it replaces are settings, and no file",
    "htmap_run/files/checkpoint_copies.py": "a file of the submit side, by chirp; the job's own lock",
    "htmap_run/files/checkpoints.py": "files of the scratch directory that the job itself replaces",
    "htmap_run/packages.py": "a folder of the scratch directory appears when all its files are there",
    "htmap_run/files/placing.py": "files of the scratch directory get the names that the function expects",
    "htmap_run/files/scratch/originals.py": "files of the scratch directory that a component has changed are put back",
    "htmap_run/files/transfer.py": "a file of the function's own",
    "htmap_run/job/eviction.py": "files of the scratch directory are put aside, and back",
    "htmap_run/job/in_this_process.py": "which folder the user's process uses for temporary files",
    "htmap_run/job/live.py": "what condor_tail shows is a link or a file, and never missing",
    "plugins/htmap-packages/htmap_packages/store.py": "a scratch folder for builds; a whole directory is moved away",
    "plugins/htmap-pool/htmap_pool/installing/apt.py": "the output of a program that runs, in a file without a name",
    "plugins/htmap-pool/htmap_pool/places.py": "a private folder for sockets",
    "plugins/htmap-transplant/htmap_transplant/packing.py": "an archive that is built in a scratch folder",
    "plugins/htmap-transplant/htmap_transplant/store/folders.py": "a whole directory is moved away",
    "plugins/htmap-transplant/htmap_transplant/store/making.py": "a link makes a new name of an archive that others have",
}

MODULES = {"fcntl", "tempfile"}
FUNCTIONS = {
    "os": {"link", "lockf", "rename", "renames", "replace"},
    "shutil": {"move"},
}
METHODS = {"hardlink_to", "link_to", "rename", "renames"}


def own_ways(source: str) -> list[str]:
    """Return where a module locks, renames or makes temporary files by itself."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [f"{node.lineno}: {each.name}" for each in node.names if each.name in MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found.append(f"{node.lineno}: {node.module}")
        elif isinstance(node, ast.ImportFrom):
            names = FUNCTIONS.get(node.module or "", set())
            found += [f"{node.lineno}: {node.module}.{each.name}" for each in node.names if each.name in names]
        elif isinstance(node, ast.Call) and (renames(node) or claims(node)):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


def renames(call: ast.Call) -> bool:
    """Return whether a call is ``os.rename``, ``Path.replace`` or the like; texts take two arguments, values names."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if call.func.attr in FUNCTIONS.get(ast.unparse(call.func.value), ()) or call.func.attr in METHODS:
        return True
    return call.func.attr == "replace" and (
        (not call.keywords and len(call.args) == 1) or "target" in {each.arg for each in call.keywords}
    )


def claims(call: ast.Call) -> bool:
    """Return whether a call makes a file only if there is none, which is a lock."""
    name = ast.unparse(call.func).rpartition(".")[2]
    arguments = [*call.args, *(each.value for each in call.keywords)]
    modes = [each.value for each in arguments if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    exclusive = any(re.fullmatch(r"[bt+]*x[bt+]*", mode) for mode in modes)
    return name == "open" and (exclusive or any("O_EXCL" in ast.unparse(each) for each in arguments))


# --- temporary names

# Names that are the same for all who write, each with the reason why only one writes at a time.
FIXED = {
    "htmap_core/maps/collecting/copying.py: f'{OWN}.part'": "the folder of the user's is locked, and no names gather in it",
    "htmap_run/files/checkpoint_copies.py: '.part'": "the end of names alone, which have a random part before it",
}

_TEMPORARY = re.compile(r"[.~_-](?:bak|new|old|part|partial|swp|temp|temporary|tmp|unfinished)$")
_UNIQUE = re.compile(r"\b(?:uuid\.uuid[14]|uuid[14]|os\.urandom|urandom|(?:secrets\.)?token_hex)\b")
_ASKS = {"endswith", "fnmatch", "glob", "removesuffix"}


def fixed_names(source: str) -> list[str]:
    """Return the names of temporary files that two processes could have in common: without a random part."""
    tree = ast.parse(source)
    inner = {part for text in ast.walk(tree) if isinstance(text, ast.JoinedStr) for part in text.values}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        if ast.unparse(call.func).rpartition(".")[2] in _ASKS:
            inner.update(call.args)
    texts = [node for node in ast.walk(tree) if isinstance(node, (ast.JoinedStr, ast.Constant)) and node not in inner]
    return [
        ast.unparse(node) for node in texts if _TEMPORARY.search(end(node)) and not _UNIQUE.search(ast.unparse(node))
    ]


def end(text: ast.JoinedStr | ast.Constant) -> str:
    last = text.values[-1] if isinstance(text, ast.JoinedStr) and text.values else text
    return last.value if isinstance(last, ast.Constant) and isinstance(last.value, str) else ""


def test_temporary_names_are_unique() -> None:
    found = {f"{named(path)}: {name}" for path in sources() for name in fixed_names(path.read_text())}
    assert found - set(FIXED) == set()
    assert set(FIXED) - found == set()


@pytest.mark.parametrize(
    "line", ["f'{target}.part'", "path + '.tmp'", "path.with_suffix('.new')", "f'{path}.{os.getpid()}.part'"]
)
def test_a_temporary_name_that_others_have_too_is_seen(line: str) -> None:
    assert fixed_names(line)


@pytest.mark.parametrize("line", ["f'{target}.{os.urandom(8).hex()}.part'", "name.endswith('.part')", "'a part'"])
def test_a_name_with_a_random_part_is_left_alone(line: str) -> None:
    assert not fixed_names(line)


# --- locks and renamed files


def test_files_are_locked_and_replaced_in_one_module() -> None:
    found = {named(path): own_ways(path.read_text()) for path in sources()}
    assert {name: ways for name, ways in found.items() if ways and name not in {*HOMES, *APART}} == {}
    assert [name for name in APART if not found[name]] == []


@pytest.mark.parametrize(
    "line",
    [
        "import fcntl",
        "from tempfile import mkstemp",
        "from os import replace",
        "from os import path, rename as moved",
        "from shutil import move",
        "new.replace(path)",
        "new.replace(target=path)",
        "os.replace(new, path)",
        "os.replace(src=new, dst=path)",
        "new.rename(path)",
        "os.link(new, path)",
        "path.hardlink_to(new)",
        "shutil.move(new, path)",
        "os.lockf(file, os.F_LOCK, 0)",
        "os.open(path, os.O_CREAT | os.O_EXCL)",
        "path.open(mode='x')",
        "open(path, 'xb')",
    ],
)
def test_the_rule_sees_a_way_of_its_own(line: str) -> None:
    assert own_ways(line)


@pytest.mark.parametrize(
    "line", ["text.replace('a', 'b')", "code.replace(co_filename=name)", "import os", "open(x)", "path.open('w')"]
)
def test_the_rule_leaves_texts_alone(line: str) -> None:
    assert not own_ways(line)


# --- numbers with what they count

# Modules in which what is counted is always several, or one is said in another way.
ALWAYS_SEVERAL = {
    "htmap_core/cli/failures.py": "several that are alike",
    "htmap_core/diagnosis/usage/advice.py": "what is said of one stands beside it",
    "htmap_core/exceptions/components.py": "likewise",
    "htmap_core/exceptions/condor.py": "a limit of the schedd's",
    "htmap_core/storage/executors/keys.py": "numbers that do not fit",
    "htmap_core/storage/jobs.py": "likewise",
    "htmap_core/storage/record.py": "likewise",
    "htmap_core/user_warnings/files.py": "a warning about several",
    "htmap_core/user_warnings/mistakes.py": "likewise",
}
_COUNTED = re.compile(r" (?:components|jobs|inputs|values|results|files|calls|maps)\b")
_SHARE = (" of ", "these ")


def own_plurals(source: str) -> Iterator[str]:
    """Yield the texts that have a plural behind any number, or decide by themselves. ``2 of 3 jobs`` is a share."""
    for text in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)):
        for share, number, what, after in zip(
            [None, *text.values], text.values, text.values[1:], [*text.values[2:], None]
        ):
            if not (isinstance(number, ast.FormattedValue) and isinstance(what, ast.Constant)):
                continue
            is_share = isinstance(share, ast.Constant) and str(share.value).endswith(_SHARE)
            if (_COUNTED.match(str(what.value)) and not is_share) or (str(what.value)[:1] == " " and decides(after)):
                yield ast.unparse(text)


def decides(part: ast.expr | None) -> bool:
    """Return whether a part of a text is an s where a number is not 1."""
    found = part.value if isinstance(part, ast.FormattedValue) else None
    if not (isinstance(found, ast.IfExp) and isinstance(found.orelse, ast.Constant)):
        return False
    return found.orelse.value == "s" and ast.unparse(found.test).endswith("== 1")


def test_numbers_and_what_they_count_are_written_in_one_place() -> None:
    core = [path for path in sources() if named(path).startswith("htmap_core/")]
    found = {named(path): list(own_plurals(path.read_text())) for path in core}
    assert {name: texts for name, texts in found.items() if texts and name not in ALWAYS_SEVERAL} == {}
    assert [name for name in ALWAYS_SEVERAL if not found[name]] == []


@pytest.mark.parametrize(
    ("line", "is_wrong"),
    [
        ("f'Map {tag} ({len(components)} components): {text}'", True),
        ("f\"{count} component{'' if count == 1 else 's'}\"", True),
        ("f\"Map {tag} ({counted(count, 'component')})\"", False),
        ("f'{done} of {count} components'", False),
    ],
)
def test_a_plural_behind_any_number_is_seen(line: str, is_wrong: bool) -> None:
    assert bool(list(own_plurals(line))) == is_wrong
