"""What the user declares: a list, files, or what the function imports in the versions installed here."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from htmap_packages import FromNowhere, NoSuchFile
from htmap_packages.declared.declaration import Declaration, declaration
from htmap_packages.settings import current
from htmap_packages.target import Target

from htmap_core import MapPlan

Planned = Callable[..., MapPlan]
TARGET = Target("3.11", None)


def declared(plan: MapPlan) -> Declaration:
    return declaration(plan, current(plan.settings))


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, with one that has a module of another name."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    install(folder, "Sea-YAML", "6.0", "sea_yaml_module")
    install(folder, "waves", "2.0", "waves")
    return folder


def install(folder: Path, name: str, version: str, module: str, url: str = "", *, is_edited: bool = False) -> None:
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text(f"{info.name}/METADATA,,\n" if is_edited else f"{module}.py,,\n")
    if url:
        (info / "direct_url.json").write_text(json.dumps({"url": url, "dir_info": {"editable": is_edited}}))
    if not is_edited:
        (folder / f"{module}.py").touch()


def test_imports_name_the_packages_that_are_installed_here_with_their_versions(
    planned: Planned, installed: Path
) -> None:
    found = declared(planned(modules=frozenset({"sea_yaml_module"})))
    assert found.lines == ("Sea-YAML==6.0",)


def test_what_else_is_installed_limits_the_versions_of_what_these_need(planned: Planned, installed: Path) -> None:
    found = declared(planned(modules=frozenset({"sea_yaml_module"})))
    assert "waves==2.0" in found.constraints
    assert not [line for line in found.constraints if line.startswith(("htmap-core", "htcondor"))]


def test_packages_that_are_installed_to_be_edited_come_from_their_source(
    planned: Planned, installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "tide project"
    (source / "src" / "tide").mkdir(parents=True)
    (source / "src" / "tide" / "__init__.py").touch()
    install(installed, "tide-tables", "1.0", "tide", source.as_uri(), is_edited=True)
    monkeypatch.syspath_prepend(source / "src")
    assert declared(planned(modules=frozenset({"tide"}))).lines == (f"tide-tables @ {source.as_uri()}",)


def test_a_package_whose_source_is_gone_is_asked_of_an_index(planned: Planned, installed: Path, tmp_path: Path) -> None:
    install(installed, "ebb", "1.0", "ebb", (tmp_path / "gone").as_uri())
    assert declared(planned(modules=frozenset({"ebb"}))).lines == ("ebb==1.0",)


def test_modules_without_a_package_are_told(planned: Planned, installed: Path) -> None:
    (installed / "driftwood.py").touch()
    with pytest.raises(FromNowhere) as caught:
        declared(planned(modules=frozenset({"driftwood"})))
    assert caught.value.modules == ("driftwood",)


def test_a_module_that_is_not_here_either_is_passed_over(planned: Planned) -> None:
    assert declared(planned(modules=frozenset({"a_module_that_nobody_has"}))).is_empty


def test_a_function_that_imports_nothing_needs_nothing(planned: Planned) -> None:
    assert declared(planned()).is_empty


def test_an_empty_list_sends_nothing_whatever_is_imported(planned: Planned, installed: Path) -> None:
    assert declared(planned(modules=frozenset({"waves"}), require=[])).is_empty


@pytest.mark.parametrize("text", ["{0}", "-e {0}", "~/tide", "./tide", "tide/../tide/."])
def test_paths_of_a_list_begin_where_the_user_is(
    planned: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    (tmp_path / "tide").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    if text.startswith("tide"):  # no path for pip either: it would be a name
        text = f"./{text}"
    (line,) = declared(planned(require=[text.format(tmp_path / "tide")])).lines
    assert Path(line.removeprefix("file://")).resolve() == tmp_path / "tide"


def test_extras_of_a_path_stay(planned: Planned, tmp_path: Path) -> None:
    assert declared(planned(require=[f"{tmp_path}[plot]"])).lines == (f"{tmp_path}[plot]",)


@pytest.mark.parametrize("given", [{"file": "nowhere.txt"}, {"require": ["./nowhere"]}])
def test_a_path_that_does_not_exist_is_told_with_its_setting(planned: Planned, given: dict[str, object]) -> None:
    with pytest.raises(NoSuchFile) as caught:
        declared(planned(**given))
    assert caught.value.setting == f"PACKAGES.{next(iter(given)).upper()}"


def test_what_is_shown_has_no_url_which_may_have_a_password(planned: Planned) -> None:
    assert str(declared(planned(require=["tide @ https://me:secret@example.org/tide.whl"]))) == "tide"


@pytest.mark.parametrize("other", [Target("3.12", None), Target("3.11", "x86_64-manylinux_2_28")])
def test_the_same_for_other_nodes_is_another(planned: Planned, other: Target) -> None:
    found = declared(planned(require=["waves"]))
    assert found.key(TARGET) == declared(planned(require=["waves"])).key(TARGET)
    assert found.key(TARGET) != found.key(other)


def test_the_modules_of_this_python_have_packages(planned: Planned) -> None:
    (line,) = declared(planned(modules=frozenset({"attr"}))).lines
    assert line.startswith("attrs=="), sys.path
