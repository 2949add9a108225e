"""``import htmap`` and ``htmap --help`` are light: they load little, start nothing and write nothing."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.golden_files import Golden

# Runs a program under an audit hook, and prints what it did.
WATCHER = """
import json, os, sys
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
STARTS = ("subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.spawn", "pty.spawn", "socket.")
CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "tempfile.", "shutil.")
done = []

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if flags & WRITING or set(str(mode)) & set("wax+"):
            done.append(f"open {path} for writing")
    elif event.startswith(STARTS + CHANGES):
        done.append(f"{event} {arguments}")

sys.addaudithook(watch)
sys.argv = json.loads(sys.argv[1])
code = 0
try:
    exec(sys.argv.pop())
except SystemExit as ended:
    code = ended.code
print("\\n" + json.dumps({"done": done, "modules": sorted(sys.modules), "code": code}))
"""

IMPORT = ["-c", "import htmap"]
RUN = "import runpy; runpy.run_module('htmap', run_name='__main__', alter_sys=True)"
SCRIPT = "from htmap_core.__main__ import start; start()"
LIGHT = {
    "import htmap": IMPORT,
    "import htmap.settings": ["-c", "from htmap.settings import Settings"],
    "import exceptions and tags": ["-c", "import htmap.exceptions, htmap.tags; from htmap import ComponentStatus"],
    "import htmap_core": ["-c", "import htmap_core, htmap_core.cli"],
    "htmap --help": ["htmap", "--help", SCRIPT],
    "htmap -h": ["htmap", "-h", SCRIPT],
    "htmap --version": ["htmap", "--version", SCRIPT],
    "python -m htmap --help": ["htmap", "--help", RUN],
}
HEAVY = {"htcondor2", "classad2", "classad3", "htcondor", "cloudpickle", "pluggy", "cattrs", "rich", "tomlkit", "tqdm"}


def watched(arguments: list[str], home: Path, path: Path | None = None) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HTMAP_")}
    environment.update(HOME=str(home), PYTHONPATH=str(path or ""), PYTHONSAFEPATH="1")
    command = [sys.executable, "-B", "-c", WATCHER, json.dumps(arguments)]
    ran = subprocess.run(command, env=environment, cwd=home, capture_output=True, text=True, check=True, timeout=300)
    assert ran.stderr == ""
    found = json.loads(ran.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return {**found, "stdout": ran.stdout}


@pytest.fixture(scope="module", params=LIGHT)
def light(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what one of the light programs did, with a plugin installed that tells when it is loaded."""
    home, site = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("site")
    (site / "throwaway_loud.py").write_text("from htmap_core import hookimpl\n")
    info = site / "htmap_loud-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: htmap-loud\nVersion: 1.0\n")
    declared = "[htmap]\nloud = throwaway_loud\n\n[htmap.commands]\nloud = throwaway_loud\n"
    (info / "entry_points.txt").write_text(declared)
    return {**watched(LIGHT[request.param], home, site), "home": home}


def test_no_heavy_module_is_loaded(light: dict[str, Any]) -> None:
    assert HEAVY & {name.partition(".")[0] for name in light["modules"]} == set()


def test_no_plugin_is_loaded(light: dict[str, Any]) -> None:
    plugins = {"throwaway_loud", "htmap_assume", "htmap_shared", "htmap_pool"}
    assert plugins & {name.partition(".")[0] for name in light["modules"]} == set()


def test_nothing_is_started_and_nothing_written(light: dict[str, Any]) -> None:
    assert light["done"] == []


def test_the_home_folder_stays_empty(light: dict[str, Any]) -> None:
    assert list(light["home"].rglob("*")) == []


def test_it_succeeds(light: dict[str, Any]) -> None:
    assert light["code"] in (0, None)


def test_a_map_loads_with_its_plugins_only_what_it_needs(tmp_path: Path) -> None:
    program = (
        "import htmap_core.maps.creating; from htmap_core.plugins.faults import plugin_faults; plugin_faults.check()"
    )
    loaded = {name.partition(".")[0] for name in watched(["-c", program], tmp_path)["modules"]}
    assert "htmap_assume" in loaded
    assert {"cattrs", "click", "packaging", "rich", "tomlkit", "tqdm"} & loaded == set()


@pytest.mark.parametrize(
    ("program", "event"),
    [
        ("open('x', 'w').close()", "open x for writing"),
        ("import pathlib; pathlib.Path('x').mkdir()", "os.mkdir"),
        ("import subprocess; subprocess.run(['true'])", "subprocess.Popen"),
        ("import os; os.system('true')", "os.system"),
    ],
)
def test_the_watcher_sees_what_it_watches_for(tmp_path: Path, program: str, event: str) -> None:
    assert [each for each in watched(["-c", program], tmp_path)["done"] if each.startswith(event)]


@pytest.mark.parametrize("name", ["htcondor2", "pluggy", "throwaway_loud"])
def test_the_watcher_sees_what_is_loaded(tmp_path: Path, name: str) -> None:
    (tmp_path / "throwaway_loud.py").touch()
    assert name in watched(["-c", f"import {name}"], tmp_path, tmp_path)["modules"]


def test_asking_for_plugins_loads_them_so_that_their_absence_means_something(tmp_path: Path) -> None:
    modules = watched(["-c", "from htmap_core.plugins.calls import plugins; plugins.delivery_methods()"], tmp_path)[
        "modules"
    ]
    assert {"pluggy", "htmap_assume", "htmap_shared"} <= set(modules)


def test_help_lists_the_commands_with_what_they_are_for(tmp_path: Path, golden: Golden) -> None:
    shown, _, _ = watched(LIGHT["htmap --help"], tmp_path)["stdout"].rpartition("\n{")
    golden("cli/help", shown)


def test_the_script_is_installed() -> None:
    script = Path(sys.executable).with_name("htmap")
    ran = subprocess.run([script, "--version"], capture_output=True, text=True, check=True, timeout=300)
    assert importlib.metadata.version("htmap-core") in ran.stdout


def test_a_name_that_htmap_does_not_have_is_an_attribute_error(golden: Golden) -> None:
    import htmap

    with pytest.raises(AttributeError) as caught:
        htmap.mop  # type: ignore[attr-defined]  # on purpose
    with pytest.raises(AttributeError, match=r"'quasar'$"):  # nothing is like it
        htmap.quasar  # type: ignore[attr-defined]  # likewise
    golden("imports/a-name-that-htmap-does-not-have-is-an-attribute", caught.value)


def test_a_name_that_comes_with_a_plugin_names_its_package_where_that_is_not_installed(
    tmp_path: Path, golden: Golden
) -> None:
    program = """
import importlib.util, htmap
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "htmap_transplant" else found(name, *more)
try:
    htmap.transplants
except AttributeError as error:
    print(error)
"""
    told = watched(["-c", program], tmp_path)["stdout"].splitlines()[0]
    golden("imports/a-name-that-comes-with-a-plugin-names-its-package", told)


def test_every_public_name_is_there_and_shown() -> None:
    import htmap

    assert [name for name in htmap.__all__ if not hasattr(htmap, name)] == []
    assert set(htmap.__all__) <= set(dir(htmap))


@pytest.mark.parametrize(
    "use", ["", "htmap.map; htmap.Map; htmap.mapped; htmap.settings['POOL.CPUS']; htmap.transplants"]
)
def test_what_is_shown_of_htmap_is_what_is_public(tmp_path: Path, use: str) -> None:
    program = f"import json, htmap; {use}\nprint(json.dumps([dir(htmap), htmap.__all__]))"
    shown, public = json.loads(watched(["-c", program], tmp_path)["stdout"].splitlines()[0])
    assert set(shown) - set(public) == {"Transplant", "cli", "transplant_info", "transplants"}


@pytest.mark.parametrize(
    "name", ["htmap.cli", "htmap.exceptions", "htmap.mapped", "htmap.settings", "htmap.tags", "htmap_core"]
)
def test_what_is_shown_of_a_module_is_what_is_public(name: str) -> None:
    module = importlib.import_module(name)
    assert {each for each in dir(module) if not each.startswith("__")} == {
        each for each in module.__all__ if each != "__version__"
    }


def test_the_command_line_is_a_click_command_where_users_look_for_it() -> None:
    import click

    import htmap.cli

    assert isinstance(htmap.cli.cli, click.Command)
