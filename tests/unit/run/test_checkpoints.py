"""Checkpoints through the real archive: what is kept, what comes back, and what happens where that fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from htmap_run import codes
from htmap_run.files import checkpoints
from tests.golden_files import Golden
from tests.unit.run.chirp_proxy import MAY_REACH, Proxy, proxy

if TYPE_CHECKING:
    from tests.unit.run.conftest import Interpreter, Jobs, Ran

FILES = """
import pathlib
OURS = ("_htmap", ".chirp", ".job.ad", "runtime.pyz")
def function(x):
    import htmap
    files = [path.as_posix() for path in pathlib.Path().rglob("*") if path.is_file()]
    was = sorted(name for name in files if not name.startswith(OURS))
    for name, text in x.items():
        pathlib.Path(name).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(name).write_text(text)
    htmap.checkpoint(*x)
    return was
"""


@pytest.fixture
def submit_side(tmp_path: Path) -> Path:
    """The map's directory, which the proxy serves."""
    (tmp_path.parent / "submit side").mkdir(exist_ok=True)
    folder = tmp_path.parent / "submit side" / tmp_path.name
    folder.mkdir()
    return folder


@pytest.fixture
def server(submit_side: Path) -> Iterator[Proxy]:
    with proxy(submit_side) as running:
        yield running


BYTES = {re.compile(r"\d+ bytes"): "BYTES"}


def run(
    jobs: Jobs, server: Proxy | None, source: str, inputs: list[Any], python: Interpreter | None = None, ad: str = ""
) -> Ran:
    """Run a job of a map that checkpoints, in a scratch directory of its own; without a *server*, the job has this *ad*."""
    scratch = jobs.scratch(source, inputs, python, index={"checkpoints": True})
    if server is not None:
        server.introduce_to(scratch)
    else:
        (scratch / ".job.ad").write_text(ad)
    return jobs.run_in(scratch, f"0-{len(inputs) - 1}", python)


def kept(submit_side: Path) -> set[str]:
    return {path.relative_to(submit_side).as_posix() for path in submit_side.rglob("*") if path.is_file()}


def test_every_python_finds_its_checkpoint_when_it_runs_again(
    jobs: Jobs, server: Proxy, each_python: Interpreter
) -> None:
    first, second = (run(jobs, server, FILES, [{"state": "1"}], each_python) for _ in range(2))

    assert first.value() == []
    assert second.value() == ["state"]
    assert second.files == {"result"}


def test_folders_and_hostile_names_come_back(jobs: Jobs, server: Proxy) -> None:
    names = ["a/b/c", "new\nline", "un\x1fit", "ü", "'quoted' \"twice\"", "-f", "x" * 200]
    run(jobs, server, FILES, [dict.fromkeys(names, "text")])

    assert run(jobs, server, FILES, [{}]).value() == sorted(names)


def test_a_folder_is_kept_with_all_that_is_in_it(jobs: Jobs, server: Proxy) -> None:
    source = FILES.replace("htmap.checkpoint(*x)", "htmap.checkpoint('folder')")
    run(jobs, server, source, [{"folder/a": "", "folder/b/c": ""}])

    assert run(jobs, server, FILES, [{}]).value() == ["folder/a", "folder/b/c"]


def test_only_the_files_of_the_last_call_come_back(jobs: Jobs, server: Proxy) -> None:
    run(jobs, server, FILES, [{"old": ""}])
    run(jobs, server, FILES, [{"new": ""}])

    assert run(jobs, server, FILES, [{}]).value() == ["new"]


def test_a_file_from_elsewhere_comes_back_under_its_own_name(jobs: Jobs, server: Proxy, tmp_path: Path) -> None:
    run(jobs, server, FILES, [{str(tmp_path / "far away"): ""}])

    assert run(jobs, server, FILES, [{}]).value() == ["far away"]


def test_components_of_one_job_do_not_see_each_others_checkpoints(jobs: Jobs, server: Proxy) -> None:
    first = run(jobs, server, FILES, [{"a": ""}, {"b": ""}, {"folder/c": ""}, {}])
    second = run(jobs, server, FILES, [{}, {}, {}, {}])

    assert [first.value(component) for component in range(4)] == [[], [], [], []]
    assert [second.value(component) for component in range(4)] == [["a"], ["b"], ["folder/c"], []]


def test_checkpoints_are_where_the_submit_side_looks_for_them(jobs: Jobs, server: Proxy, submit_side: Path) -> None:
    run(jobs, server, FILES, [{"a": ""}, {"b": ""}])

    assert kept(submit_side) == {checkpoints.place(0), checkpoints.place(1)}
    assert (submit_side / checkpoints.place(0)).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("trouble", [{"room": 100}, {"lost_after": 100}])
def test_a_checkpoint_that_cannot_be_kept_whole_leaves_the_one_before(
    jobs: Jobs, server: Proxy, trouble: dict[str, int], golden: Golden
) -> None:
    run(jobs, server, FILES, [{"good": ""}])
    vars(server).update(trouble)

    ran = run(jobs, server, FILES, [{"bad": "x" * 100_000}])

    assert ran.exit_code == codes.OK
    golden(f"run/a-checkpoint-that-cannot-be-kept-whole-{next(iter(trouble))}", ran.output("stderr"), hide=BYTES)
    assert run(jobs, server, FILES, [{}]).value() == ["good"]


def test_a_partial_copy_is_removed_if_there_is_no_room(jobs: Jobs, server: Proxy, submit_side: Path) -> None:
    server.room = 100
    run(jobs, server, FILES, [{"large": "x" * 100_000}])

    assert kept(submit_side) == set()


def test_every_copy_has_a_name_of_its_own_until_it_is_whole(jobs: Jobs, server: Proxy, submit_side: Path) -> None:
    server.lost_after = 100
    names = set()
    for _ in range(2):
        run(jobs, server, FILES, [{"large": "x" * 100_000}])
        names |= kept(submit_side)
    assert len(names) == 2


def test_copies_that_were_cut_off_do_not_pile_up(jobs: Jobs, server: Proxy, submit_side: Path) -> None:
    server.lost_after = 100
    run(jobs, server, FILES, [{"large": "x" * 100_000}])
    (cut_off,) = kept(submit_side)
    (submit_side / "checkpoints/0/01.part").touch()  # not of this component
    run(jobs, server, FILES, [{"large": "x" * 100_000}])
    assert cut_off not in kept(submit_side)
    assert len(kept(submit_side)) == 2

    server.lost_after = None
    run(jobs, server, FILES, [{"small": ""}])
    assert kept(submit_side) == {checkpoints.place(0), "checkpoints/0/01.part"}


def test_without_a_way_to_the_submit_side_the_function_runs_and_it_is_said_once(jobs: Jobs, golden: Golden) -> None:
    source = FILES.replace("htmap.checkpoint(*x)", "[htmap.checkpoint(*x) for _ in range(5)]")

    ran = run(jobs, None, source, [{"a": ""}], ad=MAY_REACH)

    assert ran.exit_code == codes.OK
    golden("run/without-a-way-to-the-submit-side", ran.output("stderr"))


def test_a_job_that_may_not_reach_the_submit_side_keeps_its_checkpoint_without_a_word(
    jobs: Jobs, submit_side: Path
) -> None:
    with proxy(submit_side) as server:
        scratch = jobs.scratch(FILES, [{"a": ""}], index={"checkpoints": True})
        server.introduce_to(scratch)
        (scratch / ".job.ad").write_text("WantIOProxy = false\n")
        ran = jobs.run_in(scratch, "0")
    assert (ran.exit_code, ran.output("stderr"), server.commands) == (codes.OK, "", [])
    assert (scratch / f"{checkpoints.UNSENT}0").exists()


def test_a_map_that_was_not_seen_to_checkpoint_says_what_to_do(jobs: Jobs) -> None:
    ran = jobs.run(FILES, [{"a": ""}])

    assert ran.exit_code == codes.OK
    assert "MapOptions(checkpoint=True)" in ran.output("stderr")


def test_a_file_that_is_not_there_is_an_error(jobs: Jobs, server: Proxy) -> None:
    ran = run(jobs, server, "def function(x):\n    import htmap\n    htmap.checkpoint('none')", [0])

    assert ran.error()["type"] == "builtins.FileNotFoundError"
    assert "/none'" in ran.error()["message"]


@pytest.mark.parametrize("path", [".", "..", "/"])
def test_the_scratch_directory_itself_cannot_be_a_checkpoint(jobs: Jobs, server: Proxy, path: str) -> None:
    ran = run(jobs, server, f"def function(x):\n    import htmap\n    htmap.checkpoint('{path}')", [0])

    assert ran.error()["type"] == "builtins.ValueError"


def test_processes_of_the_function_may_checkpoint_at_the_same_time(jobs: Jobs, server: Proxy) -> None:
    source = """
import os, pathlib
def function(x):
    import htmap
    children = []
    for number in range(8):
        children.append(os.fork())
        if not children[-1]:
            pathlib.Path(f"state{number}").write_text(str(number) * 50_000)
            htmap.checkpoint(f"state{number}")
            os._exit(0)
    return [os.waitpid(child, 0)[1] for child in children]
"""
    assert run(jobs, server, source, [0]).value() == [0] * 8

    (name,) = run(jobs, server, FILES, [{}]).value()
    assert name.startswith("state")


def test_many_calls_copy_one_checkpoint_in_an_interval(jobs: Jobs, server: Proxy) -> None:
    source = FILES.replace("htmap.checkpoint(*x)", "[htmap.checkpoint(*x) for _ in range(20)]")
    for interval, copies in ((60, 1), (0, 20)):
        server.commands.clear()
        scratch = jobs.scratch(source, [{"a": ""}], index={"checkpoints": True, "checkpoint_interval": interval})
        server.introduce_to(scratch)
        jobs.run_in(scratch, "0")
        assert server.commands.count("putfile") == copies


def test_a_large_checkpoint_is_copied_less_often(jobs: Jobs, server: Proxy) -> None:
    source = FILES.replace("htmap.checkpoint(*x)", "[htmap.checkpoint(*x) for _ in range(5)]")
    scratch = jobs.scratch(source, [{"large": "x" * 30_000_000}], index={"checkpoints": True, "checkpoint_interval": 1})
    server.introduce_to(scratch)
    jobs.run_in(scratch, "0")
    assert server.commands.count("putfile") == 1


def test_a_component_without_a_checkpoint_costs_one_question(jobs: Jobs, server: Proxy) -> None:
    run(jobs, server, "def function(x): pass", [0])

    assert server.commands == ["cookie", "getfile"]
