"""Output files that HTCondor sends elsewhere: the runner's part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.golden_files import Golden

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs

HAND_OVER = """
import os
def function(paths):
    import htmap
    for path in paths:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w") as file:
            file.write(os.environ["HTMAP_COMPONENT"])
    htmap.transfer_output_files(*paths)
"""


def test_a_remapped_file_is_put_under_the_number_that_htcondor_has_a_destination_for(
    jobs: Jobs, each_python: Interpreter
) -> None:
    scratch = jobs.scratch(HAND_OVER, [["a.txt", "sub/b c"], ["a.txt"]], each_python)
    ran = jobs.run_in(scratch, "0-1", each_python, remapped="0-0/b%20c,0-1/a.txt,1-0/a.txt")

    ran.value(0)
    ran.value(1)
    folder = scratch / "_htmap_return" / "remapped"
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"0-0": "0", "0-1": "0", "1-0": "1"}
    assert not (ran.returned / "files").exists()


def test_a_file_without_a_destination_comes_back(jobs: Jobs) -> None:
    scratch = jobs.scratch(HAND_OVER, [["a.txt", "other.txt"]])
    ran = jobs.run_in(scratch, remapped="0-0/a.txt")

    assert [path.name for path in (ran.returned / "files" / "0").iterdir()] == ["other.txt"]


def test_a_folder_is_remapped_as_a_whole(jobs: Jobs) -> None:
    source = """
def function(_):
    import htmap, os
    os.makedirs("folder/inner")
    htmap.transfer_output_files("folder")
"""
    scratch = jobs.scratch(source)
    jobs.run_in(scratch, remapped="0-0/folder").value()

    assert (scratch / "_htmap_return" / "remapped" / "0-0" / "inner").is_dir()


def test_two_files_of_one_remapped_name_are_refused(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run_in(jobs.scratch(HAND_OVER, [["a/x", "b/x"]]), remapped="0-0/x")

    golden("run/two-files-of-one-remapped-name-are-refused", ran.error()["message"])


def test_a_component_that_does_not_make_a_remapped_file_ends_in_an_error_that_names_it(
    jobs: Jobs, golden: Golden
) -> None:
    ran = jobs.run_in(jobs.scratch(HAND_OVER, [[], ["a.txt"]]), "0-1", remapped="0-0/a.txt,1-0/a.txt")

    assert ran.error(0)["type"] == "htmap.NotHandedOver"
    golden("run/a-component-that-does-not-make-a-remapped-file", ran.error(0)["message"])
    ran.value(1)


def test_an_error_of_the_function_is_told_rather_than_that_its_file_is_missing(jobs: Jobs) -> None:
    ran = jobs.run_in(jobs.scratch("def function(x):\n    1 / 0"), remapped="0-0/a.txt")

    assert ran.error()["type"] == "builtins.ZeroDivisionError"
