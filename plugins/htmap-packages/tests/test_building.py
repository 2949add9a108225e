"""What is declared is resolved, built and packed by the real uv; what cannot be is told in its words."""

from __future__ import annotations

import importlib.metadata
import json
import multiprocessing
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from htmap_packages import CannotBuild, CompiledHere, NoUv
from htmap_packages.store import Archive
from htmap_packages.uv import advice

from tests.golden_files import Golden

Make = Callable[..., Archive]
Wheel = Callable[..., Path]
HERE = "{}.{}".format(*sys.version_info[:2])
OTHER = "aarch64-manylinux_2_28" if os.uname().machine == "x86_64" else "x86_64-manylinux_2_28"
CANNOT_CONNECT = "http://someone:secret@127.0.0.1:9/simple"


def members(archive: Archive) -> dict[str, bytes]:
    with tarfile.open(archive.path) as file:
        return {each.name: file.extractfile(each).read() for each in file}  # type: ignore[union-attr]


def test_a_list_is_built_with_all_that_it_needs(make: Make, wheel: Wheel) -> None:
    wheel("waves")
    wheel("tide", "2.0", needs="waves")
    made = make(require=["tide>=1"])
    assert made.packages == ("tide==2.0", "waves==1.0")
    assert {"tide.py", "waves.py", "tide-2.0.dist-info/METADATA"} <= set(members(made))


def test_the_archive_says_for_which_python_it_is(make: Make, wheel: Wheel) -> None:
    wheel("waves")
    found = json.loads(next(iter(members(make(require=["waves"])).values())))
    assert (found["python"], found["machine"], found["glibc"]) == (HERE, "", None)


def test_htmap_itself_and_the_bindings_do_not_travel(make: Make, wheel: Wheel) -> None:
    wheel("waves", needs="htmap-core htcondor")
    assert make(require=["waves"]).packages == ("waves==1.0",)


def test_nothing_of_this_machine_is_in_it(
    make: Make, project: Callable[..., Path], index: Path, tmp_path: Path
) -> None:
    made = make(require=[str(project("tide"))])
    assert [name for name, text in members(made).items() if os.fsencode(tmp_path) in text] == []


# --- local packages


def test_a_project_is_built_as_a_wheel(make: Make, wheel: Wheel, project: Callable[..., Path]) -> None:
    wheel("waves")
    made = make(require=[str(project("tide", needs="waves"))])
    assert made.packages == ("tide==1.0", "waves==1.0")


def test_changed_code_of_a_project_travels(make: Make, index: Path, project: Callable[..., Path]) -> None:
    source = project("tide")
    first = make(require=[str(source)])
    (source / "tide.py").write_text("answer = 42\n")
    second = make(require=[str(source)])
    assert first.id != second.id
    assert members(second)["tide.py"] == b"answer = 42\n"


def test_what_builds_leave_in_a_project_changes_nothing(make: Make, index: Path, project: Callable[..., Path]) -> None:
    source = project("tide")
    first = make(require=[str(source)])
    for folder in ("build", "tide.egg-info", ".git", "__pycache__"):
        (source / folder).mkdir(exist_ok=True)
        (source / folder / "left").touch()
    assert make(require=[str(source)]).id == first.id


def test_a_project_may_lie_anywhere_and_have_extras(
    make: Make, wheel: Wheel, project: Callable[..., Path], tmp_path: Path
) -> None:
    wheel("waves")
    source = project("tide")
    with (source / "pyproject.toml").open("a") as file:
        file.write('[project.optional-dependencies]\nplot = ["waves"]\n')
    (source / "backend.py").write_text(
        (source / "backend.py").read_text().replace("Version: 1.0\n", "Version: 1.0\nProvides-Extra: plot\n", 1)
    )
    apart = source.rename(tmp_path / "more tide, für alle")
    assert make(require=[f"{apart}"]).packages == ("tide==1.0",)
    assert make(require=[f"{apart}[plot]"]).packages == ("tide==1.0", "waves==1.0")


@pytest.mark.parametrize("text", ["-e ./tide\n", "./tide\n", "-r more.txt\n"])
def test_a_file_of_requirements_names_projects_beside_it(
    make: Make, index: Path, project: Callable[..., Path], text: str
) -> None:
    source = project("tide")
    file = source.parent / "requirements.txt"
    file.write_text(text)
    (source.parent / "more.txt").write_text("./tide\n")
    assert make(file=str(file)).packages == ("tide==1.0",)


def test_a_change_of_a_file_that_the_file_names_is_seen(make: Make, wheel: Wheel, tmp_path: Path) -> None:
    wheel("waves")
    wheel("waves", "2.0")
    (tmp_path / "requirements.txt").write_text("waves\n-c limits.txt\n")
    (tmp_path / "limits.txt").write_text("waves<2\n")
    first = make(file=str(tmp_path / "requirements.txt"))
    (tmp_path / "limits.txt").write_text("")
    assert (first.packages, make(file=str(tmp_path / "requirements.txt")).packages) == (
        ("waves==1.0",),
        ("waves==2.0",),
    )


def test_a_project_that_is_a_package_travels_with_what_it_needs(
    make: Make, wheel: Wheel, project: Callable[..., Path]
) -> None:
    wheel("waves")
    assert make(file=str(project("tide", needs="waves") / "pyproject.toml")).packages == ("tide==1.0", "waves==1.0")


def test_of_a_project_that_is_no_package_what_it_needs_travels(make: Make, wheel: Wheel, tmp_path: Path) -> None:
    wheel("waves")
    file = tmp_path / "pyproject.toml"
    file.write_text('[project]\nname = "analysis"\nversion = "1"\ndependencies = ["waves"]\n')
    assert make(file=str(file)).packages == ("waves==1.0",)


def test_a_project_that_is_compiled_here_is_refused(
    make: Make, index: Path, project: Callable[..., Path], golden: Golden, tmp_path: Path
) -> None:
    source = project("tide", tag=f"cp3{sys.version_info[1]}-cp3{sys.version_info[1]}-linux_{os.uname().machine}")
    with pytest.raises(CompiledHere) as caught:
        make(require=[str(source)])
    assert (caught.value.package, caught.value.source) == ("tide", str(source))
    golden("packages/compiled-here", str(caught.value))


def test_a_wheel_that_was_compiled_here_is_refused(make: Make, wheel: Wheel, tmp_path: Path) -> None:
    path = wheel("tide", tag=f"py3-none-linux_{os.uname().machine}", folder=tmp_path)
    with pytest.raises(CompiledHere):
        make(require=[str(path)])


# --- other nodes


def test_an_older_version_is_taken_where_it_alone_has_a_wheel_for_the_nodes(make: Make, wheel: Wheel) -> None:
    machine = OTHER.partition("-")[0]
    wheel("waves", "1.0", tag=f"py3-none-manylinux_2_17_{machine}")
    wheel("waves", "2.0", tag=f"py3-none-manylinux_2_35_{machine}")
    assert make(require=["waves"], platform=OTHER).packages == ("waves==1.0",)


def test_a_local_package_travels_to_other_nodes(make: Make, index: Path, project: Callable[..., Path]) -> None:
    assert make(require=[str(project("tide"))], platform=OTHER).packages == ("tide==1.0",)


def test_a_package_without_a_wheel_for_the_nodes_is_refused(make: Make, wheel: Wheel, golden: Golden) -> None:
    wheel("waves", tag="py3-none-manylinux_2_35_x86_64")
    with pytest.raises(CannotBuild) as caught:
        make(require=["waves"], platform="x86_64-manylinux_2_17")
    assert "PACKAGES.PLATFORM" in caught.value.advice
    golden("packages/no-wheel-for-the-nodes", str(caught.value), hide={caught.value.said: "WHAT UV SAYS"})


# --- what goes wrong


def test_a_misspelt_package_is_told(make: Make, wheel: Wheel, golden: Golden) -> None:
    wheel("waves")
    with pytest.raises(CannotBuild) as caught:
        make(require=["wavse"])
    golden("packages/misspelt", str(caught.value), hide={caught.value.said: "WHAT UV SAYS"})


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("error: failed to write\n  cause: No space left on device (os error 28)", "UV_CACHE_DIR"),
        ("error: Failed to fetch: `https://index.test/simple/waves/`", "UV_DEFAULT_INDEX"),
        ("error: invalid value 'x86_64-manylinux_2_5' for '--python-platform <PYTHON_PLATFORM>'", "PACKAGES.PLATFORM"),
        ("error: something that nobody has seen", "PACKAGES.REQUIRE"),
    ],
)
def test_what_to_do_follows_from_what_uv_says(said: str, named: str) -> None:
    assert named in advice(said)


def test_a_conflict_is_told(make: Make, wheel: Wheel) -> None:
    wheel("waves")
    wheel("waves", "2.0")
    with pytest.raises(CannotBuild) as caught:
        make(require=["waves<2", "waves>1"])
    assert "waves" in caught.value.said


def test_without_uv_the_error_says_how_to_get_it(
    make: Make, index: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_files(name: str) -> Any:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", no_files)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoUv):
        make(require=["waves"])


@pytest.fixture
def unreachable(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let uv have an index that it cannot reach, with a password."""
    monkeypatch.delenv("UV_CONFIG_FILE")
    monkeypatch.setenv("UV_DEFAULT_INDEX", CANNOT_CONNECT)
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


def test_an_index_that_cannot_be_reached_is_told_without_its_password(
    make: Make, unreachable: None, htmap_dir: Path
) -> None:
    with pytest.raises(CannotBuild) as caught:
        make(require=["waves"])
    assert "UV_DEFAULT_INDEX" in caught.value.advice
    assert "secret" not in str(caught.value)


def test_what_was_built_needs_no_network(make: Make, wheel: Wheel, request: pytest.FixtureRequest) -> None:
    wheel("waves")
    first = make(require=["waves"])
    request.getfixturevalue("unreachable")
    again = make(require=["waves"], tag="another")
    assert (again.id, again.created) == (first.id, first.created)
    assert again.used_by() == ("another", "tide")


def test_passwords_are_written_nowhere(
    make: Make, wheel: Wheel, htmap_dir: Path, monkeypatch: pytest.MonkeyPatch, uv_cache: Path
) -> None:
    path = wheel("waves")
    monkeypatch.setenv("UV_INDEX", CANNOT_CONNECT)
    make(require=["waves", "tide @ file://someone:secret@localhost/nowhere.whl ; python_version < '3'"])
    assert path.exists()
    assert [each for folder in (htmap_dir, uv_cache) for each in folder.rglob("*") if has(each, b"secret")] == []


def has(path: Path, text: bytes) -> bool:
    return path.is_file() and text in path.read_bytes()


def test_a_folder_that_cannot_be_written_is_named_with_its_setting(make: Make, wheel: Wheel, tmp_path: Path) -> None:
    wheel("waves")
    (tmp_path / "file").touch()
    with pytest.raises(CannotBuild) as caught:
        make(require=["waves"], dir=str(tmp_path / "file" / "below"))
    assert "PACKAGES.DIR" in caught.value.advice


def test_what_a_killed_process_left_is_deleted(make: Make, wheel: Wheel, htmap_dir: Path) -> None:
    wheel("waves")
    folder = htmap_dir / "packages"
    for left in (".building-x", ".removed-x", "not-complete"):
        (folder / left).mkdir(parents=True)
        (folder / left / "_htmap_packages.tar.gz").touch()
    made = make(require=["waves"])
    assert sorted(each.name for each in folder.iterdir()) == sorted(["lock", "known", made.id])


def test_of_two_processes_one_builds_and_the_other_waits(make: Make, index: Path, project: Callable[..., Path]) -> None:
    source = project("tide")
    backend = source / "backend.py"
    counted = f"open({str(source.parent / 'count')!r}, 'a').write('x')\n"
    backend.write_text(backend.read_text().replace("    name = ", f"    {counted}    name = ", 1))
    fork = multiprocessing.get_context("fork")
    both = [fork.Process(target=make, kwargs={"require": [str(source)], "tag": tag}) for tag in ("ebb", "flood")]
    for each in both:
        each.start()
    for each in both:
        each.join(180)
    assert [each.exitcode for each in both] == [0, 0]
    once = (source.parent / "count").read_text()
    assert make(require=[str(source)], tag="third").used_by() == ("ebb", "flood", "third")
    assert (source.parent / "count").read_text() == once


def test_a_damaged_archive_is_built_again(make: Make, wheel: Wheel) -> None:
    wheel("waves")
    first = make(require=["waves"])
    os.truncate(first.path, 10)
    assert make(require=["waves"]).path.stat().st_size == first.size


def test_what_was_built_can_be_imported(make: Make, wheel: Wheel, tmp_path: Path) -> None:
    wheel("waves", "7.0")
    with tarfile.open(make(require=["waves"]).path) as file:
        for each in file:
            file.extract(each, tmp_path / "unpacked")
    told = subprocess.check_output(
        [sys.executable, "-c", "import waves; print(waves.version)"], cwd=tmp_path / "unpacked", text=True
    )
    assert told == "7.0\n"
