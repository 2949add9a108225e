"""Trees of files, as they will be in an archive."""

from __future__ import annotations

from pathlib import Path

from htmap_transplant.members import Member, tree


def found(folder: Path, **how: object) -> dict[str, Member]:
    return {each.name: each for each in tree(folder, "top", **how)}  # type: ignore[arg-type]


def test_files_have_their_paths_below_the_name_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "data.txt").write_text("12345")
    (each,) = found(tmp_path).values()
    assert (each.name, each.size, each.source) == ("top/package/data.txt", 5, tmp_path / "package" / "data.txt")


def test_compiled_code_stays_at_home(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "module.cpython-39.pyc").touch()
    (tmp_path / "without_source.pyc").touch()
    assert set(found(tmp_path)) == {"top/without_source.pyc"}


def test_a_link_inside_stays_a_link_and_what_another_one_leads_to_is_copied(tmp_path: Path) -> None:
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    inner.mkdir()
    outer.mkdir()
    (inner / "library.so.1").touch()
    (outer / "module.py").touch()
    (inner / "library.so").symlink_to("library.so.1")
    (inner / "package").symlink_to(outer)
    (inner / "dangling").symlink_to("nowhere")
    members = found(inner)
    assert {name: each.link for name, each in members.items()} == {
        "top/library.so": "library.so.1",
        "top/library.so.1": None,
        "top/package/module.py": None,
    }


def test_a_link_to_a_folder_above_does_not_go_on_for_ever(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    (tmp_path / "folder" / "again").symlink_to(tmp_path)
    assert set(found(tmp_path)) == {"top/folder/file"}


def test_what_shall_be_left_out_is_named_as_in_the_archive(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "module.py").touch()
    (tmp_path / "kept.py").touch()
    assert set(found(tmp_path, skip=lambda name: name == "top/test")) == {"top/kept.py"}


def test_a_file_that_runs_as_its_owner_runs_as_the_jobs_user_there(tmp_path: Path) -> None:
    (tmp_path / "program").touch()
    (tmp_path / "program").chmod(0o6755)
    assert found(tmp_path)["top/program"].mode == 0o755
