"""Scripts that run again: maps that are found, that grow, that differ, and that give way to others."""

from __future__ import annotations

import functools
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.exceptions import CannotPickle, CondorRefused, MapDiffers, TagAlreadyExists
from htmap_core.maps.drafts.plan import Existing
from htmap_core.plugins.pools import find_pool
from htmap_core.testing import eventually, run_htmap, using_htmap_dir
from htmap_core.user_warnings import LeftAsTheyAre, OtherOptions

pytestmark = pytest.mark.pool

TIMEOUT = 180
STUDY = """
import sys
import htmap

def double(words):
    return 2 * len(words)

inputs = [{"calm", "sea", str(n)} for n in range(int(sys.argv[1]))]
mapped = htmap.map(double, iter(inputs), tag="study", if_exists="resume", chunksize=2)
mapped.wait(180)
print(mapped._map_dir.id, len(mapped), *mapped)
"""


def begin(script: Path, count: int, seed: int) -> subprocess.Popen[str]:
    """Begin to run a script in a Python of its own, which orders sets in its own way."""
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, str(script), str(count)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> list[str]:
    output, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors
    return output.split()


@pytest.fixture(scope="class")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("script") / "study.py"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="class")
def made(class_pool: Path) -> htmap.Map:
    """Return a map of four components that is there."""
    with using_htmap_dir(class_pool):
        return htmap.map(functions()[0], range(4), tag="tide", if_exists="resume")


class TestAScriptThatRunsAgain:
    def test_two_that_begin_at_once_make_one_map(self, in_class_pool: Path, script: Path) -> None:
        found = [said(each) for each in [begin(script, 3, seed=1), begin(script, 3, seed=2)]]
        assert found[0] == found[1] == [htmap.load("study")._map_dir.id, "3", "6", "6", "6"]
        assert [path.name for path in (in_class_pool / names.MAPS).iterdir()] == [found[0][0]]

    def test_more_inputs_are_added_once_and_readers_see_them(self, in_class_pool: Path, script: Path) -> None:
        script.write_text(f"# What it computes has not changed.\n{STUDY}")
        reader = htmap.load("study")
        assert len(reader) == 3
        found = [said(each) for each in [begin(script, 8, seed=3), begin(script, 8, seed=4)]]
        assert found[0] == found[1] == [reader._map_dir.id, "8", *["6"] * 8]
        assert (len(reader), list(reader), reader.is_done) == (8, [6] * 8, True)
        assert [each.jobs for each in reader._map_dir.submissions.all()] == [2, 3]
        assert {frozenset(args[0]) for args, _ in reader.iter_inputs()} == {
            frozenset({"calm", "sea", str(n)}) for n in range(8)
        }

    def test_commands_see_all_of_them(self, in_class_pool: Path) -> None:
        assert run_htmap("components", "--status", "completed", "study").output.split() == list(map(str, range(8)))
        reader = htmap.load("study")
        assert "= 8" in reader.status()
        assert reader.chunk_report().count("\n") >= 3
        assert "added/1/inputs" in reader.submit_file(7)
        assert "added/1/inputs" not in reader.submit_file(2)

    def test_components_of_both_portions_run_again(self, in_class_pool: Path) -> None:
        reader = htmap.load("study")
        reader.rerun([1, 2, 6])
        reader.retag("research")
        reader.wait(TIMEOUT)
        assert list(reader) == [6] * 8
        assert [each.jobs for each in reader._map_dir.submissions.all()] == [2, 3, 2, 1]
        reader.retag("study")

    def test_a_rerun_of_which_the_schedd_refuses_a_part_runs_nothing(self, in_class_pool: Path) -> None:
        reader, submissions = htmap.load("study"), htmap.load("study")._map_dir.submissions
        before, added = submissions.all(), reader._map_dir.files_of(1)
        described = added.described()
        added.write_submit({**described.commands, "requirements": "(("}, described.columns, described.authors)
        with pytest.raises(CondorRefused):
            reader.rerun([1, 6])
        added.write_submit(described.commands, described.columns, described.authors)
        assert (list(reader), reader.is_done, submissions.all()) == ([6] * 8, True, before)
        assert run_htmap("components", "--status", "completed", "study").output.split() == list(map(str, range(8)))
        jobs = reader._map_dir.own_jobs
        assert eventually(lambda: not find_pool()[1].query_jobs(jobs, ["ClusterId"]), says="its jobs are gone")

    def test_a_rerun_that_was_killed_half_way_is_undone_by_the_next_command(self, in_class_pool: Path) -> None:
        program = (
            "import os, htmap, htmap_core.submission.rerun as module\n"
            "before, taken = module.submit, []\n"
            "def submit(*given):\n"
            "    if taken:\n"
            "        os.kill(os.getpid(), 9)\n"
            "    taken.append(before(*given))\n"
            "    return taken[0]\n"
            "module.submit = submit\n"
            "htmap.load('study').rerun([1, 6])"
        )
        died = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=TIMEOUT, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr
        reader = htmap.load("study")
        htmap.clean()  # as any command that acts
        assert (list(reader), reader.is_done) == ([6] * 8, True)
        reader.rerun([1, 6])
        reader.wait(TIMEOUT)
        assert list(reader) == [6] * 8


def original() -> Callable[[Any], Any]:
    def tide(x: Any) -> Any:
        return x

    return tide


def changed() -> Callable[[Any], Any]:
    def tide(x: Any) -> Any:
        return [x]

    return tide


def functions() -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """Return a function, and the one that it is after an edit."""
    return original(), changed()


class TestAMapThatIsThere:
    @pytest.fixture(autouse=True)
    def in_pool(self, in_class_pool: Path) -> None:
        """Each test has maps of its own tag."""

    def test_another_function_is_shown_and_nothing_is_changed(self, made: htmap.Map) -> None:
        before = sorted(made._map_dir.path.glob("items-*"))
        with pytest.raises(MapDiffers) as caught:
            htmap.map(functions()[1], range(5), tag="tide", if_exists="resume")
        assert (caught.value.what, caught.value.detail) == ("function", "- return x\n+ return [x]")
        assert isinstance(caught.value, TagAlreadyExists)
        assert (sorted(made._map_dir.path.glob("items-*")), len(made)) == (before, 4)

    @pytest.mark.parametrize(
        ("given", "what", "component", "count"),
        [
            ([0, 5, 2, 7], "inputs", 1, 2),
            ([0, 2, 1, 3, 4], "order", 1, 2),
            ([0, 1], "fewer", None, 2),
            ([0, 1, 2, 3.0], "inputs", 3, 1),
        ],
    )
    def test_other_inputs_are_counted_and_the_first_is_named(
        self, made: htmap.Map, given: list[Any], what: str, component: int | None, count: int
    ) -> None:
        with pytest.raises(MapDiffers) as caught:
            htmap.map(functions()[0], given, tag="tide", if_exists="resume")
        found = caught.value
        assert (found.what, found.component, found.count, found.components) == (what, component, count, 4)
        assert len(made) == 4

    def test_load_gives_what_is_there_and_asks_for_no_input(self, made: htmap.Map) -> None:
        used = iter([5])
        assert htmap.map(functions()[1], used, tag="tide", if_exists="load") is made
        assert list(used) == [5]

    def test_no_pool_is_needed_where_nothing_is_added(self, in_class_pool: Path, made: htmap.Map) -> None:
        pool = in_class_pool / "pool"
        pool.rename(in_class_pool / "dead")
        try:
            assert htmap.map(functions()[0], range(4), tag="tide", if_exists="resume") is made
        finally:
            (in_class_pool / "dead").rename(pool)

    def test_error_is_an_error(self, made: htmap.Map) -> None:
        with pytest.raises(TagAlreadyExists):
            htmap.map(functions()[0], range(4), tag="tide", if_exists="error")
        with pytest.raises(TagAlreadyExists):
            htmap.plan(functions()[0], [1], tag="tide")
        assert htmap.plan(functions()[0], [1], tag="tide", if_exists="replace").components == 1

    def test_an_edit_of_a_module_that_inputs_need_is_noticed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(str(tmp_path))
        module = tmp_path / "model_of_resuming.py"
        module.write_text("class Task:\n    def go(self):\n        return 1\n")
        task = importlib.import_module("model_of_resuming").Task

        def go(task: Any) -> Any:
            return task.go()

        options = htmap.MapOptions(fixed_input_files=module)
        made = htmap.map(go, [task()], tag="modules", if_exists="resume", map_options=options)
        assert htmap.map(go, [task()], tag="modules", if_exists="resume", map_options=options) is made
        module.write_text("class Task:\n    def go(self):\n        return 2\n")
        with pytest.raises(MapDiffers) as caught:
            htmap.map(go, [task()], tag="modules", if_exists="resume", map_options=options)
        assert caught.value.what == "inputs"

    def test_a_class_of_the_script_is_compared_with_what_it_was(self) -> None:
        def tide(x: Any) -> Any:
            return x.height()

        def inputs(height: int) -> list[Any]:
            space: dict[str, Any] = {"__name__": "__main__"}
            exec(f"class Sea:\n    def height(self):\n        return {height}", space)
            return [space["Sea"]()]

        made = htmap.map(tide, inputs(1), tag="classes", if_exists="resume")
        assert htmap.map(tide, inputs(1), tag="classes", if_exists="resume") is made
        with pytest.raises(MapDiffers) as caught:
            htmap.map(tide, inputs(2), tag="classes", if_exists="resume")
        assert (caught.value.what, caught.value.component) == ("inputs", 0)

    def test_what_cannot_be_compared_differs_and_is_named(self) -> None:
        counts = iter(range(1000))

        class Counted:
            def __reduce__(self) -> Any:
                return int, (next(counts),)

        counted = Counted()

        def tide(x: Any) -> Any:
            return (x, counted)

        htmap.map(tide, [1], tag="counted", if_exists="resume")
        with pytest.raises(MapDiffers) as caught:
            htmap.map(tide, [1], tag="counted", if_exists="resume")
        assert "Counted" in caught.value.detail

    def test_maps_that_were_made_without_it_are_compared_by_their_pickles(self) -> None:
        tide, other = functions()
        made = htmap.map(tide, [1], tag="without", chunksize=1)
        assert htmap.map(tide, [1], tag="without", if_exists="resume") is made
        with pytest.raises(MapDiffers) as caught:
            htmap.map(other, [1], tag="without", if_exists="resume")
        assert caught.value.what == "function"

    def test_options_that_differ_are_told_and_hold_for_what_is_added(self) -> None:
        tide, _ = functions()
        made = htmap.map(tide, [1], tag="options", if_exists="resume")
        options = htmap.MapOptions(request_memory=["100MB", "101MB"])
        with pytest.warns(OtherOptions) as told:
            htmap.map(tide, [1, 2], tag="options", if_exists="resume", map_options=options)
        assert [str(each.message) for each in told] == [str(OtherOptions("options", ("request_memory",), 1))]
        ads = [eventually(functools.partial(ad_of, made, component), says="its ad is there") for component in (0, 1)]
        assert [ad.attributes["RequestMemory"] for ad in ads] == [128, 101]

    def test_a_plan_tells_what_would_be_added_and_adds_nothing(self) -> None:
        tide, _ = functions()
        made = htmap.map(tide, range(3), tag="foreseen", if_exists="resume", chunksize=1)
        options = htmap.MapOptions(request_disk=[f"{n}MB" for n in range(2, 7)])
        plan = htmap.plan(tide, range(5), options, "foreseen", if_exists="resume", chunksize=1)
        assert (plan.existing, plan.components, plan.jobs) == (Existing(3, "resume"), 2, 2)
        assert (len(made), list(made._map_dir.path.glob(f"{names.ADDED}/*"))) == (3, [])
        assert {each.what for each in plan.travels} >= {"the function", "inputs"}
        with pytest.warns(OtherOptions) as warned:
            htmap.map(tide, range(5), options, "foreseen", if_exists="resume", chunksize=1)
        assert [str(each.message) for each in warned] == list(plan.warnings)
        assert made._map_dir.files_of(1).described().commands == plan.commands

    def test_what_has_failed_stays_and_is_named(self) -> None:
        def tide(x: int) -> float:
            return 1 / x

        made = htmap.map(tide, [1, 0], tag="failed", if_exists="resume")
        made.wait(TIMEOUT, errors_ok=True)
        with pytest.warns(LeftAsTheyAre) as told:
            found = htmap.map(tide, [1, 0], tag="failed", if_exists="resume")
        assert [str(each.message) for each in told] == [str(LeftAsTheyAre("failed", failed=(1,)))]
        assert (found, len(found._map_dir.submissions.all())) == (made, 1)

    def test_a_map_with_a_random_tag_stays_once_a_script_names_it(self) -> None:
        tide, _ = functions()
        made = htmap.map(tide, [1])
        htmap.map(tide, [1], tag=made.tag, if_exists="resume")
        assert not made.is_transient

    def test_builders_and_mapped_functions_resume_too(self) -> None:
        tide, _ = functions()
        made = htmap.map(tide, [1], tag="built", if_exists="resume")
        with htmap.build_map(tide, tag="built", if_exists="resume") as builder:
            builder(1)
            builder(2)
        assert (builder.map, len(made)) == (made, 2)
        assert htmap.mapped(tide).starmap([(1,), (2,)], tag="built", if_exists="resume") is made


def ad_of(mapped: htmap.Map, component: int) -> Any:
    """Return the ad of a component's job; None while neither the queue nor the history has it."""
    try:
        return mapped.job_ad(component)
    except htmap.exceptions.JobNotFound:
        return None


class TestReplacing:
    @pytest.fixture(autouse=True)
    def in_pool(self, in_class_pool: Path) -> None:
        """Each test has maps of its own tag."""

    def test_the_new_map_has_the_tag_and_the_jobs_of_the_other_are_gone(self) -> None:
        tide, other = functions()
        waits = htmap.MapOptions(requirements="false")
        old = htmap.map(tide, range(3), tag="tide", map_options=waits)
        made = htmap.map(other, [1], tag="tide", if_exists="replace")
        assert (htmap.load("tide"), old.exists, list(made)) == (made, False, [[1]])
        jobs = old._map_dir.own_jobs
        assert eventually(lambda: not find_pool()[1].query_jobs(jobs, ["ClusterId"]), says="its jobs are gone")

    def test_what_cannot_be_made_leaves_the_other_as_it_is(self) -> None:
        tide, _ = functions()
        old = htmap.map(tide, [1], tag="kept")
        with pytest.raises(CannotPickle):
            htmap.map(tide, [(n for n in (1,))], tag="kept", if_exists="replace")
        with pytest.raises(ZeroDivisionError):
            htmap.map(tide, (1 / n for n in (1, 0)), tag="kept", if_exists="replace")
        assert (htmap.load("kept"), list(old)) == (old, [1])

    def test_a_damaged_map_can_be_replaced(self) -> None:
        tide, _ = functions()
        old = htmap.map(tide, [1], tag="damaged")._map_dir
        (old.path / names.MAP).write_text("{}")
        made = htmap.map(tide, [2], tag="damaged", if_exists="replace")
        assert (htmap.load("damaged"), old.exists) == (made, False)

    @pytest.mark.parametrize(
        ("module", "function"),
        [("resuming.replacing", "_take_place"), ("removal", "announce")],
        ids=["before", "after"],
    )
    def test_a_crash_after_the_submission_is_finished_by_the_next_commands(self, module: str, function: str) -> None:
        tide, _ = functions()
        old = htmap.map(tide, [1], tag=function)
        does_it = function == "announce"
        program = (
            f"import os, htmap, htmap_core.maps.{module} as module\n"
            f"before = module.{function}\n"
            f"module.{function} = lambda *a: ({does_it} and before(*a), os.kill(os.getpid(), 9))\n"
            f"htmap.map(str, [2], tag={function!r}, if_exists='replace')"
        )
        died = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        assert died.returncode == -signal.SIGKILL, died.stderr
        found = htmap.load(function)
        htmap.get_tags()  # the removal, if the load has begun it
        assert (next(found.iter_inputs()), old.exists, old._map_dir.path.exists()) == (((2,), {}), False, False)
