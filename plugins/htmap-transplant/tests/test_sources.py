"""Editable installs: which sources travel, and how they are found again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from htmap_transplant import sources
from htmap_transplant.sources import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "site").mkdir()
    return Site(tmp_path / "site", "lib/python3/site-packages")


def files(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def rewritten(site: Site) -> dict[str, str]:
    """Return the files that travel by name, with the text of those that were rewritten."""
    inside = {str(site.folder): site.name}
    return {each.name: (each.content or b"").decode() for each in sources.rewritten([site], inside.get)}


def shipped(site: Site, project: Path) -> set[str]:
    """Return what travels of a project, relative to its folder."""
    below = f"{sources.place_of(str(project))}/"
    return {name[len(below) :] for name in rewritten(site) if name.startswith(below)}


def test_a_line_with_a_path_names_the_sources_that_travel(site: Site, tmp_path: Path) -> None:
    files(tmp_path / "project", "package/__init__.py")
    (site.folder / "project.pth").write_text(f"# a comment\n{tmp_path}/project\n/nowhere/at/all\nimport os\n")
    text = rewritten(site)["lib/python3/site-packages/project.pth"]
    path = os.path.relpath(f"sources{tmp_path}/project", "lib/python3/site-packages")
    assert text.splitlines() == ["# a comment", path, "/nowhere/at/all", "import os"]


def test_of_a_project_travels_what_can_be_imported(site: Site, tmp_path: Path) -> None:
    project = tmp_path / "project"
    importable = {"module.py", "package/__init__.py", "package/table.csv", "spaces/of/names/module.py", "a.egg-info/x"}
    left = {".git/x.py", "data/huge.bin", "build/lib/package/module.py", "env/pyvenv.cfg", "env/x.py", "notes.txt"}
    files(project, *importable, *left)
    (site.folder / "project.pth").write_text(f"{project}\n")
    assert shipped(site, project) == importable


def test_a_finder_of_setuptools_gets_paths_relative_to_the_installation(site: Site, tmp_path: Path) -> None:
    project = tmp_path / "project"
    files(project, "package/__init__.py", "package/table.csv", "module.py", "other.py")
    name = "__editable___project_finder"
    (site.folder / "__editable__.project.pth").write_text(f"import {name}; {name}.install()")
    mapping = f"MAPPING: dict[str, str] = {{'package': '{project}/package', 'module': '{project}/module'}}\n"
    (site.folder / f"{name}.py").write_text(f"{mapping}NAMESPACES = {{}}\n")
    found = rewritten(site)
    space: dict[str, dict[str, str]] = {}
    exec(found[f"{site.name}/{name}.py"], {"__import__": __import__}, space)
    import sys

    place = f"{sys.prefix}/{sources.place_of(str(project))}"
    assert space["MAPPING"] == {"package": f"{place}/package", "module": f"{place}/module"}
    assert shipped(site, project) == {"package/__init__.py", "package/table.csv", "module.py"}


def test_a_module_of_hatchling_brings_the_whole_package_of_the_file_that_it_names(site: Site, tmp_path: Path) -> None:
    project = tmp_path / "project"
    files(project, "package/__init__.py", "package/part.py")
    (site.folder / "_editable_impl_project.pth").write_text("import _editable_impl_project")
    (site.folder / "_editable_impl_project.py").write_text(f"F.map_module('package', '{project}/package/__init__.py')")
    assert shipped(site, project) == {"package/__init__.py", "package/part.py"}


def test_a_path_of_the_installation_itself_does_not_travel_twice(site: Site) -> None:
    files(site.folder, "part/module.py")
    (site.folder / "self.pth").write_text(f"{site.folder}\n")
    assert rewritten(site) == {f"{site.name}/self.pth": ".\n"}


@pytest.mark.parametrize(
    "text", ["x = f'{1}/usr/lib'\n", '"""/usr/lib\n"""\n', "x = b'/usr/lib'\n", "x = '/no/such/path'\n"]
)
def test_what_is_no_plain_path_of_something_stays_as_it_is(text: str) -> None:
    assert sources.relocated_literals(text, lambda _: "sources/tmp") == text


def test_a_word_of_the_finder_that_is_a_folder_of_the_machine_too_brings_nothing(site: Site) -> None:
    (site.folder / "project.pth").write_text("import _project_editable")
    (site.folder / "_project_editable.py").write_text("def parts(name):\n    return name.split('/'), '/usr'\n")
    assert set(rewritten(site)) == {f"{site.name}/project.pth", f"{site.name}/_project_editable.py"}


def test_a_link_to_a_folder_is_followed_where_that_is_a_package(site: Site, tmp_path: Path) -> None:
    project = tmp_path / "project"
    files(project, "module.py")
    files(tmp_path / "elsewhere", "package/__init__.py", "data/module.py")
    for name in ("package", "data"):
        (project / name).symlink_to(tmp_path / "elsewhere" / name)
    (project / "back").symlink_to(project)
    (project / "dangling.py").symlink_to("nowhere.py")
    (site.folder / "project.pth").write_text(f"{project}\n")
    assert shipped(site, project) == {"module.py", "package/__init__.py"}


def test_two_paths_in_a_line_are_both_replaced_behind_letters_of_any_width() -> None:
    found = sources.relocated_literals("é = ['/usr/bin', '/usr/lib']\n", sources.place_of)
    assert "/sources/usr/bin" in found
    assert "/sources/usr/lib" in found
    compile(found, "found", "exec")
