"""A copy of the repository, of which distributions are built: with what only a release knows. The checkout stays as it is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import attrs
import tomlkit

from release import changelogs
from release.distributions import ROOT, Distribution, distributions, version
from release.pages import Repository

README = "README.md"
README_ALONE = "README.index.md"  # what an index shows
_UNTIL_RELEASED = re.compile(r"<!-- until the first release -->\n.*?<!-- end -->\n\n?", re.DOTALL)


@attrs.frozen
class Facts:
    """What only a release knows.

    :param address: where the repository is on the web.
    :param email: how to reach the developers.
    :param day: when it is released, as ``2030-01-31``.
    """

    address: str
    email: str
    day: str


def staged(into: Path, facts: Facts, root: Path = ROOT) -> list[Distribution]:
    """Copy the files of the repository into a new folder, fill in the facts, and return the distributions there."""
    for path in _files(root):
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, into / path)
    for page in into.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_UNTIL_RELEASED.sub("", text), encoding="utf-8")
    repository = Repository(facts.address, version(root))
    for each in distributions(into):
        _fill_in(each, each.folder.relative_to(into).as_posix(), repository, facts)
    citation = into / "CITATION.cff"
    added = f"repository-code: {facts.address}\ndate-released: {facts.day}\n"
    citation.write_text(citation.read_text(encoding="utf-8") + added, encoding="utf-8")
    return distributions(into)


def _files(root: Path) -> list[str]:
    """Return the files that git knows, or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    return [path for path in listed if path and (root / path).is_file()]


def _fill_in(distribution: Distribution, folder: str, repository: Repository, facts: Facts) -> None:
    path = distribution.folder / "pyproject.toml"
    described = tomlkit.parse(path.read_text(encoding="utf-8"))
    project: Any = described["project"]
    project["urls"] = repository.urls("" if folder == "." else folder)
    project["readme"] = README_ALONE
    project["authors"] = [{**each, "email": facts.email} for each in distribution.project["authors"]]
    path.write_text(tomlkit.dumps(described), encoding="utf-8")
    readme = README if folder == "." else f"{folder}/{README}"
    text = (distribution.folder / README).read_text(encoding="utf-8")
    (distribution.folder / README_ALONE).write_text(repository.readable_alone(text, readme), encoding="utf-8")
    changelog = changelogs.path_of(distribution)
    dated = changelogs.dated(changelog.read_text(encoding="utf-8"), repository.version, facts.day)
    changelog.write_text(dated, encoding="utf-8")
