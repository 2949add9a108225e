"""What would go wrong in a second place is done in one: a map's files, ClassAds, event logs, bars, pickles, terminals."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT, named, sources

# --- storage/ alone touches a map's directory

WRITING_METHODS = {
    "chmod",
    "hardlink_to",
    "lchmod",
    "link_to",
    "mkdir",
    "rename",
    "rmdir",
    "symlink_to",
    "touch",
    "unlink",
    "write_bytes",
    "write_text",
}
WRITING_FUNCTIONS = {
    "os": {
        *(
            "chmod",
            "chown",
            "link",
            "makedirs",
            "mkdir",
            "mkfifo",
            "mknod",
            "remove",
            "removedirs",
            "rename",
            "renames",
        ),
        *("replace", "rmdir", "symlink", "truncate", "unlink", "utime"),
    },
    "shutil": {"chown", "copy", "copy2", "copyfile", "copymode", "copytree", "make_archive", "move", "rmtree"},
}
WRITING_CLASSES = {"Writer", "NamedTemporaryFile", "TemporaryDirectory", "mkdtemp", "mkstemp"}

# What writes files outside of storage/, with the reason.
WRITERS = {
    "htmap_core/files/atomic.py": "whatever is replaced as a whole: settings, pools of plugins, and storage's own",
    "htmap_core/cli/__init__.py": "/dev/null, when the reader of a pipe has gone",
    "htmap_core/cli/completion.py": "the shell's own file",
    "htmap_core/cli/new_plugin/making.py": "a plugin's files, in a new folder of its author",
    "htmap_core/files/folders.py": "the removal of folders that jobs have filled, for storage",
    "htmap_core/files/locks.py": "the link that is the lock where a file system has no `flock`",
    "htmap_core/files/package_archive.py": "an archive of packages, for plugins",
    "htmap_core/files/relocation.py": "the move of a folder to another place, for HTMAP_DIR",
    "htmap_core/files/sharing.py": "programs that maps have in common, for storage",
    "htmap_core/files/ownership.py": "private folders, for storage, settings and plugins",
    "htmap_core/maps/collecting/copying.py": "a folder of the user's, into which output files are copied",
    "htmap_core/maps/here/fetching.py": "an input file by URL, in a job's scratch directory",
    "htmap_core/maps/here/job.py": "the scratch directory of a job on this machine",
    "htmap_core/maps/here/processes.py": "a job's standard output there",
    "htmap_core/submission/files/outputs.py": "a folder of the user's, which HTCondor does not make",
    "htmap_core/submission/files/staging.py": "links to inputs, in a folder that storage gives it",
}


def written(source: str) -> Iterator[str]:
    """Yield where a module of the core makes, changes or deletes files."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and writes(node):
            yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.ImportFrom):
            names = WRITING_FUNCTIONS.get(node.module or "", set())
            yield from (f"{node.lineno}: {node.module}.{each.name}" for each in node.names if each.name in names)


def writes(call: ast.Call) -> bool:
    owner, _, method = ast.unparse(call.func).rpartition(".")
    if owner in WRITING_FUNCTIONS:
        return method in WRITING_FUNCTIONS[owner] or ((owner, method) == ("os", "open") and opens_with_flags(call))
    replaces = method == "replace" and len(call.args) + len(call.keywords) == 1 and names_target(call)
    return method in {*WRITING_METHODS, *WRITING_CLASSES} or replaces or (method.endswith("open") and opens(call))


def opens(call: ast.Call) -> bool:
    """Return whether a file is opened for more than reading; a mode may be an argument or have its name."""
    named = [each.value for each in call.keywords if each.arg == "mode"]
    modes = [each.value for each in [*call.args, *named] if isinstance(each, ast.Constant)]
    unknown = [each for each in named if not isinstance(each, ast.Constant)]
    texts = [mode for mode in modes if isinstance(mode, str)]
    return bool(unknown) or any(re.fullmatch(r"(?=.*[wax+])[rwaxbt+]{1,4}", text) for text in texts)


def opens_with_flags(call: ast.Call) -> bool:
    return re.search(r"O_(?:WRONLY|RDWR|CREAT|TRUNC|APPEND|EXCL)", ast.unparse(call)) is not None


def names_target(call: ast.Call) -> bool:
    """Return whether ``replace`` is a path's: a text's takes two arguments, and that of values names."""
    return bool(call.args) or call.keywords[0].arg == "target"


def writers() -> dict[str, list[str]]:
    at_home = {
        "storage",
        "content",
        "portions",
        "executors",
        "testing",
        "contracts",
    }  # content, portions and executors are parts of storage, as contracts is of testing
    elsewhere = [path for path in sources() if is_core(path) and path.parent.name not in at_home]
    return {named(path): found for path in elsewhere if (found := list(written(path.read_text())))}


def is_core(path: Path) -> bool:
    return path.relative_to(ROOT).parts[0] in {"htmap", "htmap_core"}


def test_storage_alone_touches_what_is_on_disk() -> None:
    assert {name: found for name, found in writers().items() if name not in WRITERS} == {}


def test_the_list_of_writers_has_none_that_writes_nothing() -> None:
    assert set(WRITERS) - set(writers()) == set()


@pytest.mark.parametrize(
    "line",
    [
        "map_dir.path.joinpath('x').write_text('')",
        "operation.marker.unlink(missing_ok=True)",
        "shutil.rmtree(map_dir.path)",
        "os.makedirs(folder)",
        "map_dir.items(0).open('w', encoding='utf-8')",
        "open(path, 'r+b')",
        "path.open(mode='w')",
        "path.open(mode=mode)",
        "gzip.open(path, 'wt')",
        "os.open(path, os.O_WRONLY)",
        "os.replace(new, path)",
        "os.unlink(path)",
        "from os import remove",
        "from shutil import rmtree as away",
        "path.rename(other)",
        "path.replace(other)",
        "path.replace(target=other)",
        "Writer(path)",
        "frames.Writer(path)",
        "tempfile.mkdtemp()",
    ],
)
def test_a_line_that_writes_is_seen(line: str) -> None:
    assert list(written(line))


@pytest.mark.parametrize(
    "line",
    [
        "path.open(encoding='utf-8')",
        "open(path, 'rb')",
        "shutil.which('x')",
        "names.remove(1)",
        "t.replace('a', '')",
        "c.replace(co_name=n)",
        "os.open(p, os.O_RDONLY)",
    ],
)
def test_a_line_that_reads_is_left_alone(line: str) -> None:
    assert not list(written(line))


# --- quoted() alone makes strings of ClassAds

_OPENING = re.compile(r'(?:^|[=<>]=|=[?!]=|Member\()\s*"$')


def by_hand(source: str) -> Iterator[str]:
    """Yield the f-strings that put a value between quotation marks, as in a ClassAd."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr) and any(map(is_quoted_value, node.values, node.values[1:])):
            yield f"{node.lineno}: {ast.unparse(node)}"


def is_quoted_value(before: ast.expr, value: ast.expr) -> bool:
    is_open = isinstance(before, ast.Constant) and _OPENING.search(str(before.value)) is not None
    return is_open and isinstance(value, ast.FormattedValue)


def test_strings_in_classads_are_made_by_quoted_and_not_by_hand() -> None:
    found = {named(path): list(by_hand(path.read_text())) for path in sources()}
    del found["htmap_core/language/expressions.py"]  # the home of quoted()
    # The command `arguments` has a grammar of its own.
    assert [line for lines in found.values() for line in lines if "arguments}" not in line] == []


@pytest.mark.parametrize("line", ["f'Owner == \"{user}\"'", "f'Member(\"{name}\", Names)'", "f'\"{text}\"'"])
def test_a_string_made_by_hand_is_seen(line: str) -> None:
    assert list(by_hand(line))


# --- condor/ alone handles the bindings' own objects, and the notation of event logs

_BINDINGS_OBJECTS = re.compile(r"\w_classads\(|\bExprTree\b|\bClassAd\(|\.(?:lookup|flatten|eval)\(")
_EVENT_HEADER = re.compile(r"""\br?b?r?["']\^?[0-9]{3} \\?\(|\\d\{3\} \\\(""")


def knowing(pattern: re.Pattern[str]) -> set[str]:
    """Return the packages of the core with a module that knows what the pattern finds."""
    found = [path for path in sources() if is_core(path) and pattern.search(path.read_text())]
    return {path.relative_to(ROOT).parts[1] for path in found}


def test_condor_alone_handles_classads() -> None:
    assert knowing(_BINDINGS_OBJECTS) == {"condor"}


@pytest.mark.parametrize(
    "line", ["connection.slot_classads()", "type(tree)(text); ad.lookup('Requirements')", "ad.eval('RequestCpus')"]
)
def test_a_line_that_handles_classads_is_seen(line: str) -> None:
    assert _BINDINGS_OBJECTS.search(line)


def test_condor_alone_knows_the_notation_of_event_logs() -> None:
    assert knowing(_EVENT_HEADER) == {
        "condor",
        "testing",
    }  # testing shows holds as evidence, even if this package is broken


def test_a_line_that_knows_the_notation_of_event_logs_is_seen() -> None:
    assert _EVENT_HEADER.search(r"""re.compile(rb"^000 \((\d+)\.", re.MULTILINE)""")


# --- terminal.py alone knows where bars can be shown


def test_one_module_knows_where_progress_can_be_shown() -> None:
    assert [named(path) for path in sources() if shows_bars(path.read_text())] == ["htmap_core/progress/bars.py"]


def shows_bars(source: str) -> bool:
    return re.search(r"^\s*(?:from|import) tqdm\b", source, re.MULTILINE) is not None


def test_a_bar_elsewhere_is_seen() -> None:
    assert shows_bars("def f():\n    from tqdm.auto import tqdm\n")
    assert not shows_bars("from htmap_core.progress.bars import progress_bar\n")


# --- results/unpickling/payloads.py alone unpickles: what comes from the execute side may be a program

_UNPICKLES = re.compile(
    r"\b(?:cloud)?pickle\.loads?\(|\bUnpickler\b|\b(?:from|import) (?:shelve|dill)\b|\bmarshal\.load|\bjoblib\b.*\bload\b"
)
_ASKS = re.compile(r"\bunpickle\(|\.unpickled\(\)")

# Who asks it to, with what the user then has asked for.
WHO_ASKS = {
    "htmap_core/maps/resuming/comparing.py": "a map again, whose inputs have other pickles now",
    "htmap_core/results/errors.py": "ComponentError.exception",
    "htmap_core/results/reader.py": "a result or an input",
    "htmap_core/results/unpickling/payloads.py": "itself",
}


def on_the_submit_side(pattern: re.Pattern[str]) -> set[str]:
    ours = [path for path in sources() if not named(path).startswith("htmap_run/")]
    return {named(path) for path in ours if pattern.search(path.read_text())}


def test_one_module_of_the_submit_side_unpickles() -> None:
    assert on_the_submit_side(_UNPICKLES) == {"htmap_core/results/unpickling/payloads.py"}


def test_it_is_asked_to_by_those_who_give_out_results_and_exceptions() -> None:
    assert on_the_submit_side(_ASKS) == set(WHO_ASKS)


@pytest.mark.parametrize(
    "line",
    [
        "pickle.loads(x)",
        "cloudpickle.load(file)",
        "class U(pickle.Unpickler):",
        "marshal.loads(x)",
        "import shelve",
        "joblib.load(x)",
        "from joblib import dump, load",
    ],
)
def test_a_line_that_unpickles_is_seen(line: str) -> None:
    assert _UNPICKLES.search(line)


@pytest.mark.parametrize("line", ["unpickle(payload)", "error.unpickled()"])
def test_a_line_that_asks_for_it_is_seen(line: str) -> None:
    assert _ASKS.search(line)


# --- what writes to the terminal past the stream that shows what a terminal would obey

_PAST_IT = re.compile(r"\bbeneath\(|\bsys\.__std(?:out|err)__|\.buffer\b|\bos\.write\([12]\b|/dev/tty|\bAS_IT_CAME\b")

# With what each draws there.
WRITE_PAST_IT = {
    "htmap_core/cli/tables.py": "tables of rich and colours, from printable text",
    "htmap_core/cli/commands/stdout.py": "output into a pipe, byte by byte",
    "htmap_core/plugins/guarding/printing.py": "nothing: it flushes what plugins have written there",
    "htmap_core/progress/bars.py": "bars",
    "htmap_core/terminal.py": "itself",
}


def test_what_writes_to_a_terminal_directly_is_listed() -> None:
    assert on_the_submit_side(_PAST_IT) == set(WRITE_PAST_IT)


@pytest.mark.parametrize(
    "line", ["file=beneath(sys.stdout)", "sys.__stdout__.write(x)", "sys.stdout.buffer", "os.write(1, x)"]
)
def test_a_line_that_writes_there_is_seen(line: str) -> None:
    assert _PAST_IT.search(line)
