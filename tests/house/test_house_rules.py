"""What the maintainers agreed on, where neither linter nor type checker sees it."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
import htmap_core
import htmap_run
from htmap_core.contract import hookspecs

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]

WISHED_LINES = 300
MAXIMUM_LINES = 400
FUNCTION_LINES = 40

# Modules of more than the wished lines, each with the reason why it is not cut up.
LONG_MODULES = {
    "htmap_core/maps/map.py": "all that users can do with a map, a short method with a docstring for each",
    "htmap_core/tracking/jobs.py": "the transition table, and the log that feeds it",
}

# Loops with a pause in tests, other than the one of `eventually`, each with the reason why it is none that waits.
LOOPS_THAT_MAY_SLEEP = {
    "tests/pool/test_api.py: token": "it is mapped",
    "tests/pool/old_maps/make.py: await_truth": "it runs with an earlier version, which has no eventually()",
    "tests/pool/old_maps/make.py: wait_for_gate": "it is mapped",
    "tests/site/debian.py: _make_at_last": "it tries again what fails for a moment",
    "tests/unit/run/test_local_values.py: __repr__": "it never ends, which is what is tested",
    "tests/unit/tracking/logs/record.py: main": "a log that is recorded must have settled",
    "tests/unit/settings/test_waiting.py: test_creation_that_takes_longer_than_a_moment_shows_how_far_it_is": "inputs take their time",  # noqa: E501 -- a name
}

PLUGIN_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "tests/test_contract.py")
PACKAGE_FILES = ("__init__.py", "plugin.py", "py.typed")
SKIPPED_FOLDERS = {"__pycache__", "build", "dist", "node_modules"}

PLUGINS = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir())
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("htmap_"))


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Yield the project's files: all but git's and caches, and hidden folders other than that of the continuous integration."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.is_symlink() and path.name != ".git":  # a file in a worktree
            yield path
        elif path.is_dir() and (path.name == ".ci" or path.name[0] != ".") and path.name not in SKIPPED_FOLDERS:
            yield from files(path)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def sources() -> list[Path]:
    """Return the modules that are shipped."""
    shipped = [path for path in files() if path.suffix == ".py" and named(path).startswith(("htmap", "plugins/"))]
    return [path for path in shipped if "tests" not in path.relative_to(ROOT).parts]


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text())


def matches(pattern: re.Pattern[str], suffixes: set[str] | None = None) -> list[str]:
    """Return where a pattern is found, as ``file:line: text``."""
    found = []
    for path in files():
        if suffixes is not None and path.suffix not in suffixes:
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{named(path)}:{number}: {line.strip()}"
            for number, line in enumerate(lines, start=1)
            if pattern.search(line)
        ]
    return found


# --- size and names


def test_modules_are_short_or_listed_and_never_longer_than_the_maximum() -> None:
    lines = {named(path): len(path.read_text().splitlines()) for path in sources()}
    assert {name: count for name, count in lines.items() if count > MAXIMUM_LINES} == {}
    assert {name: count for name, count in lines.items() if count > WISHED_LINES and name not in LONG_MODULES} == {}


def test_the_list_of_long_modules_has_no_module_that_is_short_or_gone() -> None:
    assert [name for name in LONG_MODULES if not (ROOT / name).is_file()] == []
    assert [name for name in LONG_MODULES if len((ROOT / name).read_text().splitlines()) <= WISHED_LINES] == []


def test_functions_are_short() -> None:
    long = [
        f"{named(path)}:{node.lineno}: {node.name} has {code_lines(node)} lines"
        for path in files()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and code_lines(node) >= FUNCTION_LINES
    ]
    assert long == []


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring: what is explained well should not have to be cut for it."""
    first = node.body[0]
    documentation = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) and first.end_lineno else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - documentation


@pytest.mark.parametrize("name", ["utils", "util", "helpers", "helper", "common", "base", "misc"])
def test_no_module_has_a_name_that_says_nothing(name: str) -> None:
    assert [named(path) for path in files() if path.suffix == ".py" and path.stem == name] == []
    assert [named(path) for path in sources() if name in path.relative_to(ROOT).parts[:-1]] == []


# --- waiting in tests


def test_tests_wait_by_eventually_and_not_by_loops_of_their_own() -> None:
    loops = {
        f"{named(path)}: {name}" for path in files_of_tests() for name in sleeping_loops(ast.parse(path.read_text()))
    }
    assert loops - set(LOOPS_THAT_MAY_SLEEP) == set()


def test_the_list_of_loops_that_may_sleep_has_none_that_is_gone() -> None:
    loops = {
        f"{named(path)}: {name}" for path in files_of_tests() for name in sleeping_loops(ast.parse(path.read_text()))
    }
    assert set(LOOPS_THAT_MAY_SLEEP) - loops == set()


def files_of_tests() -> list[Path]:
    return [path for path in files() if path.suffix == ".py" and "tests" in path.relative_to(ROOT).parts]


def sleeping_loops(tree: ast.AST) -> Iterator[str]:
    """Yield the functions that have a loop with a pause; those within another function are mapped, or run in a thread."""
    for node in ast.iter_child_nodes(tree):
        if not isinstance(node, ast.FunctionDef):
            yield from sleeping_loops(node)
        elif any(is_sleeping_loop(each) for each in without_inner_functions(node)):
            yield node.name


def without_inner_functions(node: ast.AST) -> Iterator[ast.AST]:
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, ast.FunctionDef):
            yield each
            yield from without_inner_functions(each)


def is_sleeping_loop(node: ast.AST) -> bool:
    """Return whether a node is a loop that pauses in each turn, or does nothing at all."""
    return isinstance(node, (ast.While, ast.For)) and (
        all(isinstance(each, ast.Pass) for each in node.body)
        or any(isinstance(each, ast.Call) and ast.unparse(each.func).endswith("sleep") for each in ast.walk(node))
    )


def test_strings_in_classads_are_made_by_quoted_and_not_by_hand() -> None:
    opening = re.compile(r'(?:^|[=<>]=|=[?!]=|Member\()\s*"$')
    by_hand = [
        f"{named(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in sources()
        if named(path) != "htmap_core/language/expressions.py"  # the home of quoted()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr)
        for before, value in zip(node.values, node.values[1:])
        if isinstance(value, ast.FormattedValue)
        and isinstance(before, ast.Constant)
        and opening.search(str(before.value))
    ]
    # The command `arguments` has a grammar of its own.
    assert [found for found in by_hand if "arguments}" not in found] == []


def test_one_module_knows_where_progress_can_be_shown() -> None:
    bars = re.compile(r"^\s*(?:from|import) tqdm\b", re.MULTILINE)
    assert [named(path) for path in sources() if bars.search(path.read_text())] == ["htmap_core/progress.py"]


# --- hooks


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_exactly_one_typed_caller(hook: str) -> None:
    tree = ast.parse((ROOT / "htmap_core/plugins/calls.py").read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    callers = [node for node in functions if calls(node, hook)]
    assert len(callers) == 1
    assert callers[0].returns is not None
    assert ast.get_docstring(callers[0])


def calls(function: ast.FunctionDef, hook: str) -> bool:
    called = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(isinstance(each, ast.Constant) and each.value == hook for call in called for each in call.args)


@pytest.mark.parametrize("hook", HOOKS)
def test_no_other_module_of_the_core_calls_a_hook(hook: str) -> None:
    called = re.compile(rf"hook\.{hook}|hook_caller\(.*{hook}")
    others = [path for path in sources() if path != ROOT / "htmap_core/plugins/calls.py"]
    assert [named(path) for path in others if called.search(path.read_text())] == []


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_test(hook: str) -> None:
    assert hook in (ROOT / "tests/unit/plugins/test_calls.py").read_text()


# --- plugins: all alike


def test_there_are_plugins() -> None:
    assert {"htmap-assume", "htmap-pool", "htmap-shared"} <= set(PLUGINS)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_plugin_has_the_same_files(plugin: str) -> None:
    package = plugin.replace("-", "_")
    wanted = [*PLUGIN_FILES, *(f"{package}/{name}" for name in PACKAGE_FILES)]
    assert [name for name in wanted if not (ROOT / "plugins" / plugin / name).is_file()] == []


@pytest.mark.parametrize("plugin", PLUGINS)
@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_every_plugin_explains_itself(plugin: str, name: str) -> None:
    assert (ROOT / "plugins" / plugin / name).read_text().startswith("# ")


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_has_one_name_everywhere(plugin: str) -> None:
    described = project(ROOT / "plugins" / plugin)["project"]
    short, package = plugin.removeprefix("htmap-"), plugin.replace("-", "_")
    assert described["name"] == plugin
    assert described["entry-points"]["htmap"] == {short: f"{package}.plugin"}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_has_the_version_of_the_core(plugin: str) -> None:
    assert project(ROOT / "plugins" / plugin)["project"]["version"] == project(ROOT)["project"]["version"]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_needs_the_core_and_runs_on_the_same_pythons(plugin: str) -> None:
    described = project(ROOT / "plugins" / plugin)["project"]
    assert any(re.match(r"htmap-core\b", each) for each in described["dependencies"])
    assert described["requires-python"] == project(ROOT)["project"]["requires-python"]


def test_every_delivery_method_is_proven_on_hosts_that_share_nothing() -> None:
    offering = {plugin: ROOT / "plugins" / plugin / plugin.replace("-", "_") / "plugin.py" for plugin in PLUGINS}
    methods = {plugin.removeprefix("htmap-") for plugin, file in offering.items() if defines_delivery_methods(file)}
    assert {"assume", "shared"} <= methods
    assert {name for name in methods if not keeps_site_contract(name)} == set()


def defines_delivery_methods(file: Path) -> bool:
    nodes = ast.parse(file.read_text()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "htmap_delivery_methods" for node in nodes)


def keeps_site_contract(method: str) -> bool:
    file = ROOT / "tests/site" / f"test_{method}.py"
    nodes = ast.parse(file.read_text()).body if file.is_file() else []
    return any(
        "DeliverySiteContract" in map(ast.unparse, node.bases) for node in nodes if isinstance(node, ast.ClassDef)
    )


def test_the_version_of_the_package_is_that_of_the_distribution() -> None:
    assert htmap.__version__ == htmap_core.__version__ == project(ROOT)["project"]["version"]


# --- what is written down


@pytest.mark.parametrize("folder", ["", *(f"plugins/{plugin}" for plugin in PLUGINS)])
def test_every_dependency_is_explained(folder: str) -> None:
    explained = (ROOT / "docs/explanation/dependencies.md").read_text().lower()
    described = project(ROOT / folder)
    groups = described["project"].get("optional-dependencies", {}).values()
    wanted = [
        *described["project"]["dependencies"],
        *described["build-system"]["requires"],
        *(each for group in groups for each in group),
    ]
    assert [name for name in map(distribution_of, wanted) if not is_explained(name, explained)] == []


def test_every_dependency_of_development_is_explained() -> None:
    explained = (ROOT / "docs/explanation/dependencies.md").read_text().lower()
    lines = (ROOT / "requirements-dev.txt").read_text().splitlines()
    wanted = [distribution_of(line) for line in lines if line.strip() and not line.startswith(("#", "-"))]
    assert [name for name in wanted if not is_explained(name, explained)] == []


def distribution_of(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None, requirement
    return match[0].lower()


def is_explained(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None


@pytest.mark.parametrize("name", [name for name in htmap.__all__ if name != "__version__"])
def test_every_public_name_is_documented(name: str) -> None:
    assert (inspect.getdoc(getattr(htmap, name)) or "").strip()


@pytest.mark.parametrize("name", [name for name in htmap_core.__all__ if name != "__version__"])
def test_every_name_for_plugin_authors_is_documented(name: str) -> None:
    assert (inspect.getdoc(getattr(htmap_core, name)) or "").strip()


def test_every_shipped_package_is_typed() -> None:
    packages = [
        "htmap",
        "htmap_core",
        "htmap_run",
        *(f"plugins/{plugin}/{plugin.replace('-', '_')}" for plugin in PLUGINS),
    ]
    assert [package for package in packages if not (ROOT / package / "py.typed").is_file()] == []


def test_every_module_of_the_core_can_be_imported_alone() -> None:
    for package in (htmap_core, htmap_run):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # The small htmap of the execute node imports as a package of that name, in the archive alone.
            if not module.name.endswith(".__main__") and not module.name.startswith("htmap_run.htmap"):
                importlib.import_module(module.name)


@pytest.mark.parametrize(
    "name", ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "docs/explanation/design.md"]
)
def test_what_a_newcomer_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).read_text().strip()


def test_the_licence_is_the_one_that_the_metadata_name() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    folders = [ROOT, *(ROOT / "plugins" / plugin for plugin in PLUGINS)]
    assert {project(folder)["project"]["license"] for folder in folders} == {"Apache-2.0"}


# --- what must not be written anywhere


def test_no_file_names_a_path_of_the_machine_that_it_was_written_on() -> None:
    assert matches(re.compile(r"(?<![\w.$}~/-])/(?:work|root)(?![\w-])")) == []


def test_no_file_names_where_packages_came_from_on_that_machine() -> None:
    assert matches(re.compile(r"(?:extra-)?index-url\s*[=h]|trusted-host\s*[=\w]")) == []


def test_no_left_over_marker_waits_for_somebody() -> None:
    assert matches(re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b"), {".py", ".md", ".toml", ".sh"}) == []


def test_every_exception_from_the_linter_says_why() -> None:
    bare = re.compile(r"#\s*noqa(?!: [A-Z]+\d+(?:, ?[A-Z]+\d+)*\s+-- \S)")
    assert [found for found in matches(bare, {".py"}) if not found.startswith(named(Path(__file__)))] == []
