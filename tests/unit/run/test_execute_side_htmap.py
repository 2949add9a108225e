"""The package `htmap` that functions find on the execute node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cloudpickle
import pytest

import htmap
from tests.golden_files import Golden

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs

MODULE = """
import htmap
htmap.settings["DOCKER.IMAGE"] = "image"
options = htmap.MapOptions(request_memory="1GB", input_files=["a"])
options["request_memory"] = "2GB"
options.input_files = ["b"]
copied = options.copy()
copied["request_memory"] = "3GB"
merged = htmap.MapOptions.merge(options, htmap.MapOptions(request_cpus=2, input_files=["c"], custom_options={"A": 1}), None)
data = htmap.TransferPath("/data", protocol="https", location="example.org") / "tide.csv"

@htmap.mapped
def plain(x): return x + 1

@htmap.mapped()
def called(x): return x + 2

@htmap.mapped(map_options=options)
def with_options(x): return x + 3

@htmap.mapped(options)
def by_position(x): return x + 4
"""


def test_a_module_that_also_submits_can_be_imported(jobs: Jobs, each_python: Interpreter) -> None:
    scratch = jobs.scratch(
        "def function(x):\n    import own\n"
        "    return own.plain(x), own.called(x), own.with_options(x), own.by_position(x), dict(own.merged)",
        [0],
        each_python,
    )
    (scratch / "own.py").write_text(MODULE)

    assert jobs.run_in(scratch, python=each_python).value() == (
        *(1, 2, 3, 4),
        {"request_memory": "2GB", "input_files": ["b"], "request_cpus": 2, "MY.A": 1},
    )


def test_options_that_a_function_carries_are_a_mapping_there(jobs: Jobs) -> None:
    options = htmap.MapOptions(request_memory="1GB", input_files=["a"], custom_options={"A": 1})

    def function(x: int) -> Any:
        return {**options}, options.input_files, options.custom_options

    scratch = jobs.scratch(cloudpickle.dumps(function), [0])
    assert jobs.run_in(scratch).value() == (dict(options), ["a"], {"A": 1})


def test_what_does_not_exist_there_says_what_does(jobs: Jobs, golden: Golden) -> None:
    error = jobs.run("def function(x):\n    import htmap\n    htmap.load('tag')").error()

    assert error["type"] == "builtins.AttributeError"
    golden("run/what-does-not-exist-there-says-what-does", error["message"])
    assert "MapOptions, TransferPath, checkpoint, mapped, settings, transfer_output_files" in error["message"]


def test_importing_what_does_not_exist_there_gives_the_same_advice(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run("def function(x):\n    if x: from htmap import load\n    else: import htmap.settings", [0, 1])

    golden("run/importing-what-does-not-exist-there-gives-advice", ran.error(0)["advice"])
    golden("run/importing-what-does-not-exist-there-gives-advice", ran.error(1)["advice"])


def test_settings_of_the_submit_side_are_said_to_be_missing(jobs: Jobs, golden: Golden) -> None:
    error = jobs.run("def function(x):\n    import htmap\n    htmap.settings['HTMAP_DIR']").error()

    golden("run/settings-of-the-submit-side-are-said-to-be", error["message"])


def test_output_files_and_folders_are_moved_to_where_they_are_sent_back_from(jobs: Jobs) -> None:
    source = """
import os, pathlib, tempfile
def function(x):
    import htmap
    os.makedirs("folder/inner")
    pathlib.Path("folder/inner/deep.txt").write_text("deep")
    pathlib.Path("own.txt").write_text(str(x))
    outside = pathlib.Path(tempfile.mkdtemp()) / "outside.txt"
    outside.write_text("outside")
    os.chdir("folder")
    htmap.transfer_output_files("../own.txt", pathlib.Path("inner"), outside)
    os.chdir("..")
    os.rmdir("folder")
    return os.path.exists("own.txt")
"""
    ran = jobs.run(source, [0, 1])

    for component in (0, 1):
        assert ran.value(component) is False
        folder = ran.returned / "files" / str(component)
        assert (folder / "own.txt").read_text() == str(component)
        assert (folder / "folder" / "inner" / "deep.txt").read_text() == "deep"
        assert (folder / "outside.txt").read_text() == "outside"


def test_an_output_file_that_is_missing_is_an_error_that_names_it(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run("def function(x):\n    import htmap\n    htmap.transfer_output_files('none.txt')")

    assert ran.error()["type"] == "builtins.FileNotFoundError"
    golden("run/an-output-file-that-is-missing-is-an-error", ran.error()["message"])
    assert ran.files == {"result"}


def test_an_output_file_of_a_name_that_is_taken_is_refused(jobs: Jobs, golden: Golden) -> None:
    source = """
def function(x):
    import htmap
    for _ in (1, 2):
        open("a", "w").close()
        htmap.transfer_output_files("a")
"""

    golden("run/an-output-file-of-a-name-that-is-taken-is-refused", jobs.run(source).error()["message"])


def test_code_that_makes_a_transfer_path_there_gets_a_plain_path(jobs: Jobs) -> None:
    source = """
def function(x):
    import htmap, pathlib
    made = [htmap.TransferPath("a") / "b", htmap.TransferPath.cwd(), htmap.TransferPath.home()]
    return made == [pathlib.Path("a/b"), pathlib.Path.cwd(), pathlib.Path.home()]
"""
    assert jobs.run(source).value() is True


@pytest.mark.parametrize("use", ["open(path)", "path.read_text()"])
def test_a_remote_path_that_is_used_there_says_that_nothing_is_fetched(jobs: Jobs, golden: Golden, use: str) -> None:
    made = f"def function(x):\n    import htmap\n    path = htmap.TransferPath('x', 'http', 'h') / 'y'\n    {use}"
    golden("run/a-remote-path-that-is-used-there-says", jobs.run(made).error()["message"])


@pytest.mark.parametrize(
    "arguments", ["'/', protocol='http', location='h'", "'http://h'", "htmap.TransferPath('http://h')"]
)
def test_a_module_may_make_remote_paths_when_it_is_imported_there(jobs: Jobs, arguments: str) -> None:
    source = f"""
def function(x):
    import htmap
    return repr((htmap.TransferPath({arguments}) / "a").joinpath("b", "c")).partition("(")[0]
"""
    assert jobs.run(source).value() == "htmap.TransferPath"


def test_a_location_without_a_protocol_is_refused_there_too(jobs: Jobs) -> None:
    error = jobs.run("def function(x):\n    import htmap\n    htmap.TransferPath('x', location='h')").error()
    assert error["type"] == "builtins.ValueError"
