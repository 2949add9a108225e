"""Changelogs: sections, their dates, and release notes."""

from __future__ import annotations

from pathlib import Path

from release import changelogs
from release.distributions import distributions
from release.pages import Repository

TWO = "# Changelog\n\n## 1.1.0 (not released)\n\n- New.\n- Newer.\n\n## 1.0.0 (2030-01-31)\n\n- Old.\n"


def test_a_changelog_has_sections() -> None:
    assert changelogs.sections(TWO) == [
        changelogs.Section("1.1.0", "not released", "- New.\n- Newer."),
        changelogs.Section("1.0.0", "2030-01-31", "- Old."),
    ]


def test_the_section_of_a_release_gets_its_date_once() -> None:
    dated = changelogs.dated(TWO, "1.1.0", "2030-06-01")
    assert changelogs.sections(dated)[0].when == "2030-06-01"
    assert changelogs.dated(dated, "1.1.0", "2031-01-01") == dated


def test_a_version_that_is_not_released_gets_another_name() -> None:
    assert [each.version for each in changelogs.sections(changelogs.begun(TWO, "2.0.0"))] == ["2.0.0", "1.0.0"]


def test_after_a_release_a_new_section_begins_once() -> None:
    begun = changelogs.begun(changelogs.dated(TWO, "1.1.0", "2030-06-01"), "1.2.0")
    newest, *rest = changelogs.sections(begun)
    assert newest == changelogs.Section("1.2.0", changelogs.UNRELEASED, "")
    assert [each.version for each in rest] == ["1.1.0", "1.0.0"]
    assert changelogs.begun(begun, "1.2.0") == begun


def test_release_notes_have_each_distribution_and_what_has_changed_in_it(tree: Path) -> None:
    (tree / "plugins/htmap-pool/CHANGELOG.md").write_text(
        "# Changelog\n\n## 1.1.0 (not released)\n\n## 1.0.0\n\n- Old.\n"
    )
    (tree / "plugins/htmap-shared/CHANGELOG.md").write_text(TWO.replace("New.", "New, [see](../../docs/a.md)."))
    notes = changelogs.notes(Repository("https://git.example.org", "1.1.0"), tree)
    parts = dict(part.split("\n\n", 1) for part in notes.split("\n## ")[1:])
    assert list(parts) == [each.name for each in distributions(tree)]
    assert parts["htmap-shared"].strip() == "- New, [see](https://git.example.org/blob/v1.1.0/docs/a.md).\n- Newer."
    assert "Old" not in notes
    assert "- " not in parts["htmap-pool"]
