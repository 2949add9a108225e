"""``htmap plugins new``: it makes a distribution that works, or writes nothing."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from htmap_core.cli.new_plugin.making import KINDS, example, make
from htmap_core.exceptions import CannotMakePlugin
from htmap_core.testing import only_plugins, run_htmap
from tests.golden_files import Golden
from tests.house.tree import ROOT, project
from tests.throwaway_plugins import Site

NAMES = {"delivery": "berth", "transfer": "crate", "site": "quay"}


@pytest.fixture
def here(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return Site(folder)


def test_it_says_what_it_has_made_and_what_comes_next(here: Path, golden: Golden) -> None:
    made = run_htmap("plugins", "new", "berth", "--kind", "delivery")
    assert made.exit_code == 0
    assert [path.name for path in here.iterdir()] == ["htmap-berth"]
    golden("cli/plugins-new", made.stdout)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_example_under_another_name(kind: str, here: Path) -> None:
    source, before, name = example(kind), KINDS[kind].example, NAMES[kind]
    make(name, kind, here)
    made = {path.relative_to(here).as_posix(): path.read_text() for path in here.rglob("*") if path.is_file()}
    assert not re.search(before, "".join([*made, *made.values()]), re.IGNORECASE)
    found = subprocess.run(["git", "ls-files"], cwd=source, capture_output=True, text=True, check=True).stdout.split()
    assert sorted(made) == sorted(f"htmap-{name}/{each.replace(before, name)}" for each in found)
    lengths = {each: len((source / each).read_text().splitlines()) for each in found}
    assert {each: len(made[f"htmap-{name}/{each.replace(before, name)}"].splitlines()) for each in found} == lengths


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_is_shipped(kind: str) -> None:
    shipped = project(ROOT)["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert ROOT / "examples" in example(kind).parents
    assert "examples" in shipped


@pytest.mark.parametrize("kind", KINDS)
def test_it_needs_what_the_examples_need(kind: str) -> None:
    described = project(example(kind))["project"]
    assert described["requires-python"] == project(ROOT)["project"]["requires-python"]
    assert described["optional-dependencies"] == {"test": ["htmap-core[testing]"]}


# --- what is refused


@pytest.mark.parametrize(
    ("name", "like"),
    [("My-Site", "mysite"), ("htmap-berth", "berth"), ("3d", "d"), ("a b", "ab"), ("../berth", "berth"), ("", None)],
)
def test_a_bad_name_is_refused_with_one_that_would_do(name: str, like: str | None, here: Path) -> None:
    with pytest.raises(CannotMakePlugin) as caught:
        make(name, "site", here)
    assert like is None or repr(like) in caught.value.advice
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("name", ["none", "true", "suitability", "walltime", "exception", "sequence", "path"])
def test_a_name_whose_class_would_be_a_word_of_python_or_htmap_is_refused(name: str, here: Path) -> None:
    with pytest.raises(CannotMakePlugin):
        make(name, "delivery", here)
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        *("docker", "cern"),  # of ours, whether it is installed or not
        *("core", "run"),  # packages of the core
        *("s3", "personal", "auto"),  # a protocol, a pool, a choice
        *("plugins", "htcondor"),  # tables of settings
        *("map", "delivery", "test"),  # what environment variables begin with: HTMAP_MAP_OPTIONS_REQUEST_CPUS
    ],
)
def test_a_name_that_is_taken_is_refused(name: str, here: Path) -> None:
    with pytest.raises(CannotMakePlugin) as caught:
        make(name, "delivery", here)
    assert caught.value.name == name
    assert list(here.iterdir()) == []


def test_the_name_of_an_installed_plugin_is_refused_even_if_that_is_broken(here: Path, site: Site) -> None:
    site.install("berth", "import nothing_of_this_name")
    with only_plugins("berth"), pytest.raises(CannotMakePlugin) as caught:
        make("berth", "delivery", here)
    assert "htmap-berth" in caught.value.problem


@pytest.mark.parametrize("what", ["folder", "file", "dangling link"])
def test_what_exists_is_left_alone(what: str, here: Path) -> None:
    place = here / "htmap-berth"
    if what == "folder":
        place.mkdir()
    elif what == "file":
        place.write_text("mine")
    else:
        place.symlink_to("nowhere")
    refused = run_htmap("plugins", "new", "berth", "--kind", "site")
    assert isinstance(refused.exception, CannotMakePlugin)
    assert [path.name for path in here.iterdir()] == ["htmap-berth"]
    assert not place.is_dir() or list(place.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_an_error(here: Path) -> None:
    here.chmod(0o500)
    with pytest.raises(CannotMakePlugin):
        make("berth", "site", here)


def test_in_a_folder_that_is_not_there_nothing_is_made(here: Path) -> None:
    with pytest.raises(CannotMakePlugin):
        make("berth", "site", here / "missing")
    assert list(here.iterdir()) == []


def test_where_it_cannot_be_finished_nothing_is_left(here: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200, limits[1]))  # no file may have more bytes, as on a full disk
    try:
        with pytest.raises(CannotMakePlugin):
            make("berth", "site", here)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(here.iterdir()) == []


# --- it works at once


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a plugin of each kind, and in ``installed`` what pip has made of them."""
    folder = tmp_path_factory.mktemp("new")
    made = [str(make(name, kind, folder)[0].relative_to(folder).parts[0]) for kind, name in NAMES.items()]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command += ["--disable-pip-version-check", "--target", "installed", *(f"./{each}" for each in made)]
    subprocess.run(command, cwd=folder, check=True)
    return folder


def run_tests(installed: Path, folder: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of new plugins."""
    environment = Site(installed / "installed").environment()
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", *options]
    return subprocess.run(command, cwd=installed / folder, env=environment, capture_output=True, text=True, check=False)


def test_the_tests_of_each_kind_pass_at_once(installed: Path) -> None:
    folders = [f"htmap-{name}" for name in NAMES.values()]
    strictly = ("-W", "error", "--strict-markers", "--import-mode=importlib")
    done = run_tests(installed, ".", "-m", "not pool", *strictly, *folders)
    assert done.returncode == 0, done.stdout
    passed = re.findall(r"^PASSED .*::Test(\w+)::", done.stdout, re.MULTILINE)
    assert set(passed) == {name.capitalize() for name in NAMES.values()}


@pytest.mark.pool
def test_a_new_protocol_moves_files_at_once(installed: Path, running_pool: Path) -> None:
    done = run_tests(installed, f"htmap-{NAMES['transfer']}", "-m", "pool")  # as its author does, but for that
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
