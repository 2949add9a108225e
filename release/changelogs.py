"""The changelogs: a section for each version, which is dated when it is released, and of which release notes are made."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

from release.distributions import ROOT, Distribution, distributions
from release.pages import Repository

UNRELEASED = "not released"
_HEADING = re.compile(r"^## (?P<version>\S+)(?: \((?P<when>[^)]*)\))?\n", re.MULTILINE)


@attrs.frozen
class Section:
    """What a changelog says of a version.

    :param when: the date of its release, or that it is not released.
    :param text: what has changed.
    """

    version: str
    when: str
    text: str


def sections(changelog: str) -> list[Section]:
    """Return the sections of a changelog, the newest first."""
    found = list(_HEADING.finditer(changelog))
    ends = [*(each.start() for each in found[1:]), len(changelog)]
    return [
        Section(each["version"], each["when"] or "", changelog[each.end() : end].strip())
        for each, end in zip(found, ends)
    ]


def text_of(distribution: Distribution) -> str:
    """Return the changelog of a distribution."""
    return path_of(distribution).read_text(encoding="utf-8")


def path_of(distribution: Distribution) -> Path:
    """Return the file of a changelog."""
    return distribution.folder / "CHANGELOG.md"


def begun(changelog: str, version: str) -> str:
    """Return a changelog with a section for a version to come: the one that is not released, under its name, or a new one."""
    newest = sections(changelog)[0]
    if newest.when == UNRELEASED:
        return changelog.replace(f"## {newest.version} ({UNRELEASED})\n", f"## {version} ({UNRELEASED})\n", 1)
    if newest.version == version:
        return changelog
    title, _, rest = changelog.partition("\n\n")
    return f"{title}\n\n## {version} ({UNRELEASED})\n\n{rest}"


def dated(changelog: str, version: str, day: str) -> str:
    """Return a changelog in which the section of a version has a date. One that it has stays."""
    return changelog.replace(f"## {version} ({UNRELEASED})\n", f"## {version} ({day})\n", 1)


def notes(repository: Repository, root: Path = ROOT) -> str:
    """Return the release notes: what has changed in each distribution, the core first. Their links lead to the repository."""
    parts = [f"# HTMap {repository.version}\n"]
    for each in distributions(root):
        of_it = [section for section in sections(text_of(each)) if section.version == repository.version]
        text = of_it[0].text if of_it and of_it[0].text else "Nothing but the version."
        led = repository.readable_alone(text, path_of(each).relative_to(root).as_posix())
        parts.append(f"## {each.name}\n\n{led}\n")
    return "\n".join(parts)
