"""When no release is made: everything that is wrong is named, and nothing has changed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from release import building, changelogs
from release.building import Refused
from release.distributions import version
from release.making import Release
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


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (change, "git status"),
        (tag, "make version"),
        (take_the_licence, "plugins/htmap-pool/LICENSE"),
        (rename_the_section, "htmap-pool"),
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
        assert changelogs.sections(changelogs.text_of(each))[0].when == FACTS.day
    assert f"date-released: {FACTS.day}" in (core.folder / "CITATION.cff").read_text()
    assert state(tree) == before


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
