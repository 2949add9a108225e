"""When no release is made: everything that is wrong is named, and nothing has changed."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from release import building, changelogs, checking, recipes, trial
from release.building import Refused
from release.distributions import Distribution, distributions, version
from release.making import BUILD, DIST, Release
from release.staging import Facts, staged
from tests.house.tree import ROOT
from tests.unit.release.conftest import commit

FACTS = Facts("https://git.example.org/htmap", "ada@example.org", "2030-01-31")


def state(root: Path) -> dict[str, bytes]:
    """Return all files but those of git and of the work of a release."""
    paths = [path for path in root.rglob("*") if path.is_file()]
    return {
        str(path): path.read_bytes() for path in paths if not {".git", "build"} & set(path.relative_to(root).parts[:1])
    }


def refusal(root: Path, pythons: tuple[str, ...] = (), *, uncommitted: bool = False) -> str:
    before = state(root)
    with pytest.raises(Refused) as caught:
        Release(FACTS, pythons, asks=lambda _: ["1.0"], tells=str, root=root).make(uncommitted=uncommitted)
    assert state(root) == before
    return str(caught.value)


def change(root: Path) -> None:
    (root / "README.md").write_text("# Another\n")


def tag(root: Path) -> None:
    subprocess.run(["git", "tag", f"v{version(root)}"], cwd=root, check=True, timeout=180)


def take_the_licence(root: Path) -> None:
    (root / "plugins/htmap-pool/LICENSE").unlink()
    commit(root)


def rename_the_section(root: Path) -> None:
    path = root / "plugins/htmap-pool/CHANGELOG.md"
    path.write_text(path.read_text().replace(f"## {version(root)}", "## 0.1.2", 1))
    commit(root)


def forget_the_changes(root: Path) -> None:
    (root / "plugins/htmap-pool/CHANGELOG.md").write_text("# Changelog\n")
    commit(root)


def take_the_readme(root: Path) -> None:
    (root / "plugins/htmap-pool/README.md").unlink()
    commit(root)


def break_the_readme(root: Path) -> None:
    (root / "plugins/htmap-pool/README.md").write_bytes(b"\xff")
    commit(root)


def leave_git(root: Path) -> None:
    shutil.rmtree(root / ".git")


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (change, "git status"),
        (tag, "make version"),
        (take_the_licence, "plugins/htmap-pool/LICENSE"),
        (rename_the_section, "htmap-pool"),
        (forget_the_changes, "htmap-pool"),
        (take_the_readme, "plugins/htmap-pool/README.md"),
        (break_the_readme, "plugins/htmap-pool/README.md"),
        (leave_git, "git"),
    ],
)
def test_a_checkout_that_is_not_ready_is_refused(tree: Path, spoil: Callable[[Path], None], named: str) -> None:
    spoil(tree)
    assert named in refusal(tree)


def test_all_reasons_are_named_at_once(tree: Path) -> None:
    tag(tree)
    change(tree)
    assert len(refusal(tree, ("2.7",)).splitlines()) == 3


def test_what_cannot_be_built_leaves_everything_as_it_was(tree: Path) -> None:
    assert "htmap-core" in refusal(tree)  # it has no code here


def test_a_file_that_differs_when_it_is_built_again_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_: object, into: Path, __: str) -> None:
        into.mkdir()
        (into / "tide.whl").write_text(into.name)

    monkeypatch.setattr(building, "build", build)
    assert "tide.whl" in refusal(tree)


def test_the_copy_has_what_only_a_release_knows_and_the_checkout_does_not(tree: Path, tmp_path: Path) -> None:
    before = state(tree)
    core, *plugins = staged(tmp_path / "copy", FACTS, tree)
    for each in (core, *plugins):
        assert each.project["urls"]["Homepage"] == FACTS.address
        assert {author["email"] for author in each.project["authors"]} == {FACTS.email}
        alone = (each.folder / each.project["readme"]).read_text()
        assert "](../" not in alone
        assert "first release" not in alone
        assert changelogs.sections(changelogs.text_of(each))[0].when == FACTS.day
    assert f"date-released: {FACTS.day}" in (core.folder / "CITATION.cff").read_text()
    assert state(tree) == before


@pytest.fixture
def made(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes a release of files with nothing in them, which nobody looks at; there is an older one already."""

    def build(distributions: Sequence[Distribution], into: Path, day: str) -> None:
        into.mkdir()
        for each in distributions:
            (into / f"{each.file_name}-{each.project['version']}.tar.gz").write_text(day)

    monkeypatch.setattr(building, "build", build)
    monkeypatch.setattr(checking, "faults", lambda *_: iter(()))
    monkeypatch.setattr(trial, "installed", lambda *_: tree)
    monkeypatch.setattr(trial, "pool", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(trial, "demo", lambda *_: None)
    (tree / DIST).mkdir()
    (tree / DIST / "older.tar.gz").touch()
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    asks = {"attrs": ["25.1"]}
    return Release(FACTS, [here], asks=lambda name: asks.get(name, []), tells=str, root=tree).make


def is_released(root: Path) -> bool:
    """Return whether there is a release, and not an older one in part."""
    files = {path.name for path in (root / DIST).iterdir()}
    dates = {changelogs.sections(changelogs.text_of(each))[0].when for each in distributions(root)}
    return dates == {FACTS.day} and "older.tar.gz" not in files and len(files) == len(distributions(root))


def test_a_release_is_dated_and_in_the_place_of_an_older_one(tree: Path, made: Callable[[], None]) -> None:
    made()
    assert is_released(tree)
    assert not (tree / BUILD).exists()


def interrupt(*_: object, **__: object) -> None:
    signal.raise_signal(signal.SIGINT)


def test_an_interruption_before_the_end_changes_nothing(
    tree: Path, made: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(tree)
    monkeypatch.setattr(recipes, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        made()
    assert state(tree) == before


def is_made_in_spite_of_it(make: Callable[[], None], root: Path) -> bool:
    try:
        make()
    except KeyboardInterrupt:  # which would end all tests
        return False
    return is_released(root)


def test_an_interruption_at_the_end_comes_too_late(
    tree: Path, made: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def interrupted(path: Path, to: Path) -> Path:
        interrupt()
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", interrupted)
    assert is_made_in_spite_of_it(made, tree)


def test_an_interruption_of_the_tidying_up_is_none_of_the_release(
    tree: Path, made: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = shutil.rmtree

    def interrupted(path: Path, *, ignore_errors: bool = False) -> None:
        if is_released(tree):
            interrupt()
        delete(path, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    assert is_made_in_spite_of_it(made, tree)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "release", *arguments]
    return subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=180
    )


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("make",), "--address"),
        (("make", "--address", "ftp://git.example.org", "--email", FACTS.email), "ftp://git.example.org"),
        (("make", "--address", FACTS.address, "--email", "ada"), "'ada'"),
        (("version", "1.2"), "'1.2'"),
    ],
)
def test_wrong_facts_are_refused_before_anything_is_done(arguments: tuple[str, ...], named: str) -> None:
    ran = run(*arguments)
    assert ran.returncode == 2
    assert named in ran.stderr
