"""What the report of an error holds: read from the result files of real jobs."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from htmap_run import codes
from htmap_run.reports import report
from tests.golden_files import Golden

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.run.conftest import Interpreter, Jobs

DEEP = """
def deep(n, divisor):
    local = {"n": n}
    return deep(n - 1, divisor) if n else 1 / divisor
def function(x):
    return deep(2, x)
"""


def test_every_python_reports_an_error_as_data(jobs: Jobs, each_python: Interpreter) -> None:
    error = jobs.run(DEEP, [0], each_python).error()

    assert error["type"] == "builtins.ZeroDivisionError"
    assert "zero" in error["message"]
    assert error["text"] == f"ZeroDivisionError: {error['message']}"
    assert [frame["name"] for frame in error["frames"]] == ["function", "deep", "deep", "deep"]
    assert error["frames"][-1]["locals"] == {"n": "0", "divisor": "0", "local": "{'n': 0}"}
    assert error["frames"][-1]["lineno"] == 4


def test_the_traceback_begins_with_the_users_frames(jobs: Jobs, each_python: Interpreter) -> None:
    ran = jobs.run(DEEP, [0], each_python)

    lines = ran.error()["traceback"].splitlines()
    assert lines[0].startswith("Traceback")
    assert re.match(
        r'  File "<(string|dynamic-code)>", line 6, in function', lines[1]
    )  # as cloudpickle's version has it
    assert lines[-1] == ran.error()["text"]
    assert "htmap" not in ran.error()["traceback"]
    assert ran.output("stderr").startswith(ran.error()["traceback"])


def test_source_lines_of_modules_on_the_execute_node_are_shown(jobs: Jobs) -> None:
    scratch = jobs.scratch("def function(x):\n    import own\n    own.fail()")
    (scratch / "own.py").write_text("def fail():\n    raise ValueError('no')  # here\n")

    frame = jobs.run_in(scratch).error()["frames"][-1]

    assert frame["filename"] == str(scratch / "own.py")
    assert frame["line"] == "raise ValueError('no')  # here"


def test_causes_and_contexts_are_in_the_traceback_without_our_frames(jobs: Jobs) -> None:
    source = """
def function(x):
    try:
        import htmap
        htmap.transfer_output_files("none")
    except FileNotFoundError as error:
        raise ValueError("the effect") from error
"""
    traceback = jobs.run(source).error()["traceback"]

    cause, _, effect = (part for part in traceback.split("\n\n") if part)
    assert "FileNotFoundError: " in cause
    assert "'none'" in cause
    assert effect.splitlines()[-1] == "ValueError: the effect"
    assert "transfer.py" not in traceback


def test_local_variables_of_causes_and_of_members_of_groups_are_shown(
    jobs: Jobs, need_python: Callable[[str], Interpreter]
) -> None:
    source = """
def inverse(divisor):
    try:
        return 1 / divisor
    except ZeroDivisionError as error:
        raise ValueError("no inverse") from error
def function(x):
    errors = []
    for divisor in [x] * 20:
        try:
            inverse(divisor)
        except ValueError as error:
            errors.append(error)
    raise ExceptionGroup("several", [*errors, TypeError("never raised")])
"""
    related = jobs.run(source, [0], need_python("3.11")).error()["related"]

    assert len(related) == 16
    assert {each["text"] for each in related} == {"ValueError: no inverse"}
    assert related[0]["frames"][-1]["locals"]["divisor"] == "0"


def test_a_chain_that_leads_back_to_itself_is_reported(jobs: Jobs, each_python: Interpreter) -> None:
    source = """
def function(x):
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    first.exceptions = second.exceptions = [first, second, None, 1]
    raise first
"""
    error = jobs.run(source, [0], each_python).error()

    assert error["text"] == "ValueError: first"
    assert error["related"] == [{"text": "ValueError: second", "frames": []}]


def test_the_members_of_a_group_of_the_backport_are_in_the_traceback(
    jobs: Jobs, need_python: Callable[[str], Interpreter]
) -> None:
    backport = pytest.importorskip("exceptiongroup", reason="before Python 3.11, pytest brings it")
    source = """
def function(x):
    from exceptiongroup import ExceptionGroup
    raise ExceptionGroup("several", [ValueError("one"), TypeError("two")])
"""
    scratch = jobs.scratch(source, python=need_python("3.9"))
    shutil.copytree(Path(backport.__file__).parent, scratch / "exceptiongroup")
    typing_extensions = pytest.importorskip("typing_extensions")
    shutil.copy(typing_extensions.__file__, scratch)

    traceback = jobs.run_in(scratch, python=need_python("3.9")).error()["traceback"]

    assert "ValueError: one" in traceback
    assert "TypeError: two" in traceback


def test_an_exception_group_is_reported_with_its_members(jobs: Jobs, need_python: Callable[[str], Interpreter]) -> None:
    source = "def function(x): raise ExceptionGroup('several', [ValueError('one'), TypeError('two')])"

    ran = jobs.run(source, [0], need_python("3.11"))

    assert "ValueError: one" in ran.error()["traceback"]
    assert "TypeError: two" in ran.error()["traceback"]
    if sys.version_info >= (3, 11):  # an older submit side has the text alone
        assert len(ran.exception().exceptions) == 2  # type: ignore[attr-defined]


def test_notes_are_shown(jobs: Jobs, need_python: Callable[[str], Interpreter]) -> None:
    source = "def function(x):\n    error = ValueError('one')\n    error.add_note('a note')\n    raise error"

    error = jobs.run(source, [0], need_python("3.11")).error()

    assert "a note" in error["traceback"]


def test_endless_recursion_is_reported_within_measure(jobs: Jobs, each_python: Interpreter) -> None:
    ran = jobs.run("def function(x):\n    return function(x + 1)", [0, 0], each_python)

    assert ran.error(1)["type"] == "builtins.RecursionError"
    assert len(ran.error(1)["frames"]) <= 50


def test_an_exception_whose_str_raises_is_reported(jobs: Jobs, each_python: Interpreter, golden: Golden) -> None:
    source = "class Own(Exception):\n    def __str__(self): raise SystemExit\ndef function(x): raise Own(1)"

    error = jobs.run(source, [0], each_python).error()

    golden("run/an-exception-whose-str-raises-is-reported", error["message"])
    assert error["text"].startswith("__main__.Own: ") or error["text"].startswith("Own: ")
    assert "function" in [frame["name"] for frame in error["frames"]]


def test_text_that_is_not_unicode_survives(jobs: Jobs, each_python: Interpreter) -> None:
    ran = jobs.run("def function(x):\n    path = 'dir/\\udcff'\n    raise ValueError(path)", [0], each_python)

    assert ran.error()["message"] == "dir/\udcff"
    assert ran.error()["frames"][0]["locals"]["path"] == "'dir/\\udcff'"
    assert "ValueError: dir/\\udcff" in ran.output("stderr")


def test_harmful_local_variables_do_no_harm(jobs: Jobs, each_python: Interpreter, golden: Golden) -> None:
    source = """
class Exits:
    def __repr__(self): raise SystemExit
class Never:
    def __repr__(self):
        while True: pass
def function(x):
    exits, never, large = Exits(), Never(), list(range(10**6))
    raise ValueError
"""
    shown = jobs.run(source, [0], each_python).error()["frames"][-1]["locals"]

    golden("run/harmful-local-variables", f"{shown['exits']}\n{shown['never']}")
    assert len(shown["large"]) < 200


def test_a_very_long_message_is_cut_in_the_middle(jobs: Jobs, golden: Golden) -> None:
    error = jobs.run("def function(x): raise ValueError('begin' + 'x' * 10**7 + 'end')").error()

    assert error["message"].startswith("begin")
    assert error["message"].endswith("end")
    golden("run/a-very-long-message-is-cut-in-the-middle", error["message"], hide={re.compile("x{100,}"): "MANY"})
    assert len(error["traceback"]) < 300_000


def test_packages_and_the_scratch_directory_are_listed(jobs: Jobs) -> None:
    scratch = jobs.scratch("def function(x): 1 / 0")
    package = scratch / "site" / "Some_Package-1.2.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: Some-Package\nVersion: 1.2\n")
    (scratch / "data").mkdir()
    (scratch / "data" / "file.txt").touch()

    error = jobs.run_in(scratch, environment={"PYTHONPATH": str(scratch / "site")}).error()

    assert "Some-Package==1.2" in error["packages"]
    assert error["packages"] == sorted(error["packages"], key=str.lower)
    assert {"data/file.txt", "_htmap_function", "runtime.pyz"} <= set(error["scratch"])


def test_a_damaged_installation_does_not_spoil_the_list_of_packages(jobs: Jobs) -> None:
    scratch = jobs.scratch("def function(x): 1 / 0")
    (scratch / "site" / "broken-1.dist-info").mkdir(parents=True)

    ran = jobs.run_in(scratch, environment={"PYTHONPATH": str(scratch / "site")})

    assert ran.error()["type"] == "builtins.ZeroDivisionError"


@pytest.mark.parametrize("where", ["the function", "the body"])
def test_a_missing_module_is_named_with_what_can_be_done(
    jobs: Jobs, where: str, tmp_path: Path, golden: Golden
) -> None:
    folder = tmp_path / "only_on_the_submit_side"
    folder.mkdir()
    (tmp_path / "submit_only.py").write_text("def function(x): return x")
    source = {"the function": "from submit_only import function", "the body": "def function(x): import submit_only"}[
        where
    ]

    ran = jobs.run(source, [0, 0])

    assert ran.exit_code == codes.COMPONENT_FAILED
    for component in (0, 1):
        assert ran.error(component)["type"] == "builtins.ModuleNotFoundError"
        advice = ran.error(component)["advice"]
        golden("run/a-missing-module-is-named-with-what-can-be-done", advice, hide={re.compile(r"\(/.*?\)"): "PATH"})
        assert advice in ran.output("stderr", component)
    assert ran.error(0)["traceback"] == ran.error(1)["traceback"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("open('sea.csv')", "sea.csv"),
        ("import pathlib; pathlib.Path('data', 'sea.csv').read_text()", "data/sea.csv"),
        ("raise FileNotFoundError('the sea')", None),
        ("open(b'sea.csv')", None),
        ("open('/')", None),
    ],
)
def test_a_missing_file_is_told_by_its_path(jobs: Jobs, body: str, told: str | None) -> None:
    error = jobs.run(f"def function(x): {body}", [0]).error()
    assert error["missing_file"] == told


@pytest.mark.parametrize(
    ("body", "is_told"),
    [
        ("__import__('os').environ['SEA_DATA']", True),
        ("input()", True),
        ("{}['SEA_DATA']", False),
        ("raise EOFError('the end')", False),
    ],
)
def test_what_only_the_submit_side_has_gives_advice(
    jobs: Jobs, each_python: Interpreter, body: str, is_told: bool, golden: Golden
) -> None:
    advice = jobs.run(f"def function(x): {body}", [0], each_python).error()["advice"]
    assert (advice is not None) == is_told
    if is_told:
        golden(f"run/advice-on-{'a-question' if body == 'input()' else 'a-variable'}", advice)


def test_a_module_of_another_version_is_suspected(jobs: Jobs, tmp_path: Path, golden: Golden) -> None:
    (tmp_path / "changing.py").write_text("def function(x): return x")
    scratch = jobs.scratch("from changing import function")
    (scratch / "changing.py").write_text("")

    error = jobs.run_in(scratch).error()

    assert error["type"] == "builtins.AttributeError"
    golden("run/a-module-of-another-version-is-suspected", error["advice"], hide={tmp_path: "TMP"})


def test_an_input_that_cannot_be_unpickled_is_its_components_error(jobs: Jobs, golden: Golden) -> None:
    ran = jobs.run("def function(x): return x", [1, b"no pickle", 3])

    assert ran.statuses == ["OK", "ERR", "OK"]
    golden("run/an-input-that-cannot-be-unpickled", ran.error(1)["advice"])


def test_a_name_of_the_script_that_is_not_there_gives_advice_about_the_script(
    jobs: Jobs, each_python: Interpreter, golden: Golden
) -> None:
    error = jobs.run("def function(x): return x", [b"c__main__\nUserId\n."], each_python).error()

    assert error["type"] == "builtins.AttributeError"
    golden("run/a-name-of-the-script-is-not-there", error["advice"])


def test_an_exception_that_breaks_whatever_describes_it_is_reported_briefly(
    jobs: Jobs, each_python: Interpreter, golden: Golden
) -> None:
    source = """
class Unspeakable(Exception):
    def __getattribute__(self, name): raise SystemExit
def function(x): raise Unspeakable
"""
    error = jobs.run(source, [0], each_python).error()

    assert error["type"] == "__main__.Unspeakable"
    golden("run/an-exception-that-breaks-whatever-describes", error["traceback"])


def test_the_brief_report_has_all_parts_of_the_full_one() -> None:
    error = ValueError("told")

    assert report.briefly(error, MemoryError()).keys() == report.describe(error, "/archive", "/no/such/folder").keys()
