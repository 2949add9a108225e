"""What of an installation travels, and by which name that is known."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import attrs
import pytest
from htmap_transplant import contents
from htmap_transplant.errors import CannotPack
from htmap_transplant.installation import Installation, refusal
from htmap_transplant.members import Member

from tests.golden_files import Golden

pytestmark = pytest.mark.packs


def members(installation: Installation) -> dict[str, Member]:
    return {each.name: each for each in contents.members(installation)}


def fingerprint(installation: Installation) -> str:
    return contents.fingerprint(installation, contents.members(installation))


def test_interpreter_library_and_packages_become_one_folder(installation: Installation, site: Path) -> None:
    (site / "module.py").touch()
    found, library = members(installation), f"lib/{installation.version}"
    assert found[f"bin/{installation.version}"].source == installation.executable
    assert found["bin/python3"].link == installation.version
    assert {f"{library}/os.py", f"{library}/site-packages/module.py"} <= found.keys()


def test_what_would_tie_the_environment_to_its_place_stays_at_home(installation: Installation) -> None:
    assert (
        not {"pyvenv.cfg", "bin/activate", f"lib/{installation.version}/test/__init__.py"}
        & members(installation).keys()
    )


def test_nothing_has_changed_when_python_has_compiled_a_module(installation: Installation, site: Path) -> None:
    (site / "module.py").touch()
    before = fingerprint(installation)
    (site / "__pycache__").mkdir()
    (site / "__pycache__" / "module.pyc").touch()
    assert fingerprint(installation) == before


def test_another_file_makes_another_archive(installation: Installation, site: Path) -> None:
    before = fingerprint(installation)
    (site / "module.py").touch()
    added = fingerprint(installation)
    (site / "module.py").write_text("x = 1")
    changed = fingerprint(installation)
    (site / "module.py").unlink()
    assert len({before, added, changed}) == 3
    assert fingerprint(installation) == before


def test_an_edited_source_of_an_editable_install_makes_another_archive(
    installation: Installation, site: Path, tmp_path: Path
) -> None:
    source = tmp_path / "project" / "module.py"
    source.parent.mkdir()
    source.write_text("x = 1")
    (site / "project.pth").write_text(f"{source.parent}\n")
    before = fingerprint(installation)
    os.utime(source, ns=(0, source.stat().st_mtime_ns + 1))
    assert fingerprint(installation) != before


@pytest.mark.parametrize("begin", ["#!{python}\n", "#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''\n"])
def test_a_script_is_run_by_the_python_beside_it(installation: Installation, begin: str) -> None:
    script = installation.prefix / "bin" / "tell"
    script.write_text(begin.format(python=installation.prefix / "bin" / "python") + "print(1)\n")
    assert members(installation)["bin/tell"].content == (
        b"#!/bin/sh\n'''exec' \"${0%/*}/python3\" \"$0\" \"$@\"\n' '''\nprint(1)\n"
    )


def test_a_script_may_name_the_environment_by_a_link(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "home").symlink_to(installation.prefix)
    (installation.prefix / "bin" / "tell").write_text(f"#!{tmp_path}/home/bin/python3 -E\nprint(1)\n")
    content = members(installation)["bin/tell"].content
    assert content is not None
    assert content.endswith(b"\nprint(1)\n")


def test_scripts_of_other_pythons_stay_as_they_are(installation: Installation) -> None:
    (installation.prefix / "bin" / "tell").write_text("#!/usr/bin/python3\nprint(1)\n")
    assert members(installation)["bin/tell"].content is None


def test_scripts_of_other_programs_stay_as_they_are(installation: Installation) -> None:
    (installation.prefix / "bin" / "tell").write_text("#!/bin/sh\necho 1\n")
    assert members(installation)["bin/tell"].content is None


def test_a_further_folder_of_packages_is_searched_after_the_first(installation: Installation, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "module.py").touch()
    found = members(attrs.evolve(installation, sites=(*installation.sites, more)))
    assert f"lib/{installation.version}/site-packages-2/module.py" in found
    content = found[f"lib/{installation.version}/site-packages/zz_htmap_transplant.pth"].content
    assert content is not None
    assert b'"site-packages-2"' in content


def test_of_conda_the_whole_folder_travels(installation: Installation, tmp_path: Path) -> None:
    base = tmp_path / "conda"
    for name in ("conda-meta/history", "lib/libneeded.so", "pkgs/cache", "share/proj/proj.db"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()
    library = base / "lib" / installation.version
    (library / "site-packages").mkdir(parents=True)
    (library / "os.py").touch()
    (base / "bin").mkdir()
    conda = attrs.evolve(installation, prefix=base, base=base, stdlib=library, sites=(library / "site-packages",))
    found = members(conda).keys()
    assert {"lib/libneeded.so", "share/proj/proj.db", f"lib/{installation.version}/os.py"} <= found
    assert not {"pkgs/cache", "conda-meta/history"} & found


def test_of_conda_stays_at_home_what_does_of_others(installation: Installation, tmp_path: Path) -> None:
    base = tmp_path / "conda"
    library = base / "lib" / installation.version
    left = ("test/test_os.py", "idlelib/run.py", "site-packages/module.py", "../libpython.a")
    for name in ("os.py", *left):
        (library / name).parent.mkdir(parents=True, exist_ok=True)
        (library / name).touch()
    for folder in ("bin", "conda-meta"):
        (base / folder).mkdir()
    conda = attrs.evolve(installation, prefix=base, base=base, stdlib=library, sites=())
    found = {name for name in members(conda) if name.startswith("lib/")}
    assert found == {f"lib/{installation.version}/os.py"}


def test_packages_travel_once_where_python_calls_its_folder_of_libraries_lib64(
    installation: Installation, site: Path, tmp_path: Path
) -> None:
    library = tmp_path / "base" / "lib64" / installation.version
    library.mkdir(parents=True)
    (site / "module.py").touch()
    if not (installation.prefix / "lib64").exists():
        (installation.prefix / "lib64").symlink_to("lib")
    sites = (installation.prefix / "lib64" / installation.version / "site-packages",)
    found = members(attrs.evolve(installation, base=tmp_path / "base", stdlib=library, sites=sites))
    assert [name for name in found if name.endswith("/module.py")] == [
        f"lib64/{installation.version}/site-packages/module.py"
    ]


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(installation: Installation) -> None:
    with pytest.raises(CannotPack, match="/nowhere/python3"):
        contents.members(attrs.evolve(installation, executable=Path("/nowhere/python3")))


@pytest.fixture
def systems(installation: Installation) -> Installation:
    """A virtual environment of the operating system's Python."""
    return attrs.evolve(installation, base=Path("/usr"), executable=Path(sys.executable))


def test_a_virtual_environment_of_the_operating_systems_python_can_travel(systems: Installation) -> None:
    assert refusal(systems) is None


def test_the_operating_systems_python_itself_is_refused_with_what_to_do(systems: Installation, golden: Golden) -> None:
    site = Path("/usr/lib/python3/dist-packages")
    for refused in (attrs.evolve(systems, prefix=Path("/usr")), attrs.evolve(systems, sites=(*systems.sites, site))):
        reason = str(refusal(refused))
        golden("transplant/the-operating-systems-python-itself-is-refused", reason, hide={sys.executable: "PYTHON"})
        assert "`python3 -m venv`" in reason


def test_a_python_that_is_not_to_be_found_is_refused(installation: Installation, golden: Golden) -> None:
    found = refusal(attrs.evolve(installation, executable=Path("/nowhere/python3")))
    golden("transplant/a-python-that-is-not-to-be-found-is-refused", found, hide={sys.executable: "PYTHON"})
