"""Maps on a real HTCondor: submitted once for each class, looked at many times."""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

import htmap
from htmap_core import names
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.pools import find_pool
from htmap_core.results import news
from htmap_core.testing import eventually, run_htmap, using_htmap_dir

pytestmark = pytest.mark.pool

TIMEOUT = 180


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a new Python process, which shares nothing with this one but the HTMAP_DIR."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def htmap_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "htmap", *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def jobs_in_queue(constraint: str) -> list[int]:
    """Return the clusters of the jobs in the queue that satisfy a constraint; jobs of other tests are in the queue, too."""
    return [int(ad["ClusterId"]) for ad in find_pool()[1].query_jobs(constraint, ["ClusterId"])]


def jobs_of(htmap_dir: Path) -> list[int]:
    """Return the clusters of the jobs in the queue of all maps of an HTMAP_DIR, also of those that it does not know of."""
    return jobs_in_queue(f'substr(UserLog, 0, {len(str(htmap_dir)) + 1}) == "{htmap_dir}/"')


@pytest.fixture(scope="class")
def doubled(class_pool: Path) -> htmap.Map:
    with using_htmap_dir(class_pool):
        mapped = htmap.map(lambda x: 2 * x, range(10), tag="doubled")
        mapped.wait(timeout=TIMEOUT)
    return mapped


@pytest.fixture
def finished(doubled: htmap.Map, in_class_pool: Path) -> htmap.Map:
    return doubled


class TestAFinishedMap:
    def test_iterating_gives_the_results_in_the_order_of_the_inputs(self, finished: htmap.Map) -> None:
        assert list(finished) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]

    def test_a_component_is_had_by_its_index_from_either_end(self, finished: htmap.Map) -> None:
        assert (finished[3], finished[-1], finished.get(4)) == (6, 18, 8)

    def test_an_index_beyond_the_components_is_an_index_error(self, finished: htmap.Map) -> None:
        with pytest.raises(IndexError) as caught:
            finished.get(10)
        assert "10" in str(caught.value)

    def test_all_components_are_completed(self, finished: htmap.Map) -> None:
        assert finished.component_statuses == [htmap.ComponentStatus.COMPLETED] * 10

    def test_the_status_line_counts_components_by_status(self, finished: htmap.Map) -> None:
        expected = "Map doubled (10 components): HELD = 0 | ERRORED = 0 | IDLE = 0 | RUNNING = 0 | COMPLETED = 10"
        assert finished.status() == expected

    def test_it_has_the_length_of_its_inputs_and_their_indices(self, finished: htmap.Map) -> None:
        assert (len(finished), 9 in finished, 10 in finished) == (10, True, False)

    def test_with_a_tag_it_is_not_transient(self, finished: htmap.Map) -> None:
        assert (finished.tag, finished.is_transient) == ("doubled", False)

    def test_loading_it_gives_the_very_same_object(self, finished: htmap.Map) -> None:
        assert htmap.load("doubled") is finished

    def test_its_tag_is_listed(self, finished: htmap.Map) -> None:
        assert "doubled" in htmap.get_tags()
        assert htmap.get_tags("dou*") == ("doubled",)

    def test_its_tag_cannot_be_used_again(self, finished: htmap.Map) -> None:
        with pytest.raises(htmap.exceptions.TagAlreadyExists) as caught:
            htmap.map(str, [1], tag="doubled")
        assert caught.value.tag == "doubled"

    def test_run_times_are_durations(self, finished: htmap.Map) -> None:
        age = datetime.timedelta(
            seconds=time.time() - finished._map_dir.record.created + 1
        )  # events are of whole seconds
        assert all(datetime.timedelta(0) <= runtime < age for runtime in finished.runtime)

    def test_another_process_reads_it(self, finished: htmap.Map) -> None:
        read = run("import htmap; m = htmap.load('doubled'); m.wait(timeout=60); print(list(m))")
        assert read.stdout == "[0, 2, 4, 6, 8, 10, 12, 14, 16, 18]\n", read.stderr

    def test_htmap_status_shows_it_in_another_process(self, finished: htmap.Map) -> None:
        shown = htmap_command("status")
        row = next(line for line in shown.stdout.splitlines() if "doubled" in line)
        assert row.split()[:6] == ["doubled", "0", "0", "0", "0", "10"], shown.stderr

    def test_another_process_believes_the_log_and_not_a_damaged_cache(self, finished: htmap.Map) -> None:
        (finished._map_dir.path / "state").write_bytes(b'{"format": 1}\nnonsense')
        read = run("import htmap; print(htmap.load('doubled').status())")
        assert read.stdout.strip() == finished.status(), read.stderr

    def test_it_is_read_while_its_pool_is_out_of_reach(self, finished: htmap.Map) -> None:
        read = run("import htmap; print(sum(htmap.load('doubled')))", HTMAP_PLUGINS="")
        assert read.stdout == "90\n", read.stderr

    def test_creating_it_left_no_file_for_each_component(self, finished: htmap.Map) -> None:
        outside_outputs = [p for p in finished._map_dir.path.rglob("*") if p.is_file() and "outputs" not in p.parts]
        assert len(outside_outputs) < 10 + len(finished), "ten belong to the map as a whole"

    def test_its_jobs_returned_one_file_each(self, finished: htmap.Map) -> None:
        returned = [p.name for p in (finished._map_dir.path / "outputs" / "0").rglob("*") if p.is_file()]
        assert sorted(returned) == [f"{row}.result" for row in range(10)]


@pytest.mark.usefixtures("personal_pool")
class TestCreation:
    def test_without_a_tag_a_map_is_transient_with_a_random_one(self) -> None:
        mapped = htmap.map(str, [1])
        assert mapped.is_transient
        assert repr(mapped) == f"Map(tag = {mapped.tag})"

    def test_inputs_are_taken_from_a_generator_one_by_one(self) -> None:
        assert list(htmap.map(len, ("x" * n for n in range(3))).iter(timeout=TIMEOUT)) == [0, 1, 2]

    def test_several_components_can_share_a_job(self) -> None:
        def invert(x: int) -> float:
            return 1 / x

        mapped = htmap.map(invert, [1, 2, 0, 4], chunksize=4)
        mapped.wait(timeout=TIMEOUT, errors_ok=True)
        assert [str(status) for status in mapped.component_statuses] == [
            "COMPLETED",
            "COMPLETED",
            "ERRORED",
            "COMPLETED",
        ]
        assert (mapped[0], mapped[1], mapped[3]) == (1, 0.5, 0.25)
        eventually(lambda: not jobs_in_queue(mapped._map_dir.own_jobs), says="the job has left the queue")

    def test_an_option_may_have_a_value_for_each_component(self) -> None:
        def fruit(_: int) -> str | None:
            return os.environ.get("FRUIT")

        options = htmap.MapOptions(environment=['"FRUIT=apple"', '"FRUIT=pear"'])
        assert list(htmap.map(fruit, [0, 1], map_options=options).iter(timeout=TIMEOUT)) == ["apple", "pear"]

    def test_custom_options_reach_the_ad_of_the_job(self) -> None:
        options = htmap.MapOptions(custom_options={"Project": '"tides"'}, requirements="false")
        mapped = htmap.map(str, [1], map_options=options)
        (ad,) = find_pool()[1].query_jobs(
            f'HTMapID == "{mapped._map_dir.id}"', ["Project", "JobBatchName", "IsHTMapJob"]
        )
        assert (ad["Project"], ad["JobBatchName"], ad["IsHTMapJob"]) == ("tides", mapped.tag, True)

    def test_a_fixed_input_file_is_there_by_its_name(self, tmp_path: Path) -> None:
        (tmp_path / "with blank.txt").write_text("tide")

        def read(name: str) -> str:
            with Path(name).open() as file:
                return file.read()

        options = htmap.MapOptions(fixed_input_files=tmp_path / "with blank.txt")
        assert htmap.map(read, ["with blank.txt"], map_options=options).get(0, timeout=TIMEOUT) == "tide"

    def test_components_that_are_not_materialized_yet_are_counted(self) -> None:
        options = htmap.MapOptions(max_idle=2, requirements="false")
        mapped = htmap.map(str, range(50), map_options=options)
        assert len(mapped.component_statuses) == 50
        expected = {"IDLE": 2, "UNMATERIALIZED": 48}
        eventually(lambda: Counter(map(str, mapped.component_statuses)) == expected, says="two jobs are made")

    @pytest.mark.parametrize(("option", "held"), [("max_idle", "the map"), ("max_materialize", "the only job")])
    def test_components_that_get_jobs_only_after_a_release_are_not_waited_for(self, option: str, held: str) -> None:
        options: dict[str, Any] = {option: 1, "requirements": "false"}
        mapped = htmap.map(str, range(3), map_options=htmap.MapOptions(**options))
        if held == "the map":
            mapped.hold()
        else:  # the schedd would make more if there were places
            find_pool()[1].act("hold", f"{mapped._map_dir.own_jobs} && ProcId == 0", "a test")
            eventually(lambda: mapped.component_statuses[0] == "HELD", says="the first component is held")
        mapped.wait(TIMEOUT, holds_ok=True)
        assert mapped.component_statuses == ["HELD", "UNMATERIALIZED", "UNMATERIALIZED"]
        with pytest.raises(htmap.exceptions.MapComponentHeld):
            mapped.wait(TIMEOUT, errors_ok=True)

    def test_a_map_with_unmaterialized_components_is_removed_from_the_queue(self) -> None:
        options = htmap.MapOptions(max_idle=2, requirements="false")
        mapped = htmap.map(str, range(50), map_options=options)
        constraint = mapped._map_dir.own_jobs
        mapped.remove()
        assert jobs_in_queue(constraint) == []

    def test_a_map_that_is_late_materialized_runs_to_its_end(self) -> None:
        mapped = htmap.map(str, range(6), map_options=htmap.MapOptions(max_idle=2))
        mapped.wait(timeout=TIMEOUT)
        assert list(mapped) == ["0", "1", "2", "3", "4", "5"]


@pytest.mark.usefixtures("personal_pool")
class TestMistakesLeaveNothingBehind:
    @pytest.fixture(autouse=True)
    def nothing_left(self, personal_pool: Path) -> Iterator[None]:
        yield
        of_no_map = {"pool", names.LOGS, names.SLOTS, names.DELIVERY}
        assert [path for path in personal_pool.glob("*/*") if path.parent.name not in of_no_map] == []
        assert jobs_of(personal_pool) == []

    def test_unknown_delivery_method(self) -> None:
        htmap.settings["DELIVERY_METHOD"] = "asume"
        with pytest.raises(htmap.exceptions.UnknownPythonDeliveryMethod) as caught:
            htmap.map(str, [1])
        assert (caught.value.name, set(caught.value.known)) == ("asume", set(plugins.delivery_methods()))
        assert caught.value.origin == htmap.settings.origin("DELIVERY_METHOD")

    def test_unknown_setting(self) -> None:
        htmap.settings["DELIVERY_METOD"] = "assume"
        with pytest.raises(htmap.exceptions.UnknownSetting) as caught:
            htmap.map(str, [1])
        assert caught.value.name == "DELIVERY_METOD"
        assert "DELIVERY_METHOD" in caught.value.known

    def test_empty_map(self) -> None:
        with pytest.raises(htmap.exceptions.EmptyMap):
            htmap.map(str, [])

    def test_function_that_cannot_be_pickled(self) -> None:
        lock = __import__("threading").Lock()
        with pytest.raises(htmap.exceptions.CannotPickle) as caught:
            htmap.map(lambda _: lock, [1])
        assert "function" in caught.value.what

    def test_input_that_cannot_be_pickled_is_named(self) -> None:
        with pytest.raises(htmap.exceptions.CannotPickle) as caught:
            htmap.map(str, [1, __import__("threading").Lock()])
        assert caught.value.what.endswith("component 1")

    def test_options_of_another_length_than_the_inputs(self) -> None:
        with pytest.raises(htmap.exceptions.MisalignedInputData, match="request_memory"):
            htmap.map(str, [1, 2, 3], map_options=htmap.MapOptions(request_memory=["1MB", "2MB"]))

    def test_reserved_option_in_the_settings(self) -> None:
        htmap.settings["MAP_OPTIONS.Executable"] = "/bin/sh"
        with pytest.raises(htmap.exceptions.ReservedOptionKeyword, match="Executable"):
            htmap.map(str, [1])

    def test_an_error_of_the_inputs_themselves_passes_as_it_is(self) -> None:
        def inputs() -> Iterator[int]:
            yield 1
            raise FileNotFoundError("no such book")

        with pytest.raises(FileNotFoundError, match="no such book"):
            htmap.map(str, inputs())

    def test_option_that_the_schedd_refuses(self) -> None:
        with pytest.raises(htmap.exceptions.CondorError, match=r"(?i)request_?cpus"):
            htmap.map(str, [1], map_options=htmap.MapOptions(request_cpus="(("))

    def test_delivery_method_that_fails_to_describe(self) -> None:
        def describe(tag: str, map_dir: Path) -> dict[str, Any]:
            raise RuntimeError("out of order")

        htmap.register_delivery_method("mine", describe)
        htmap.settings["DELIVERY_METHOD"] = "mine"
        with pytest.raises(htmap.exceptions.PluginError) as caught:
            htmap.map(str, [1])
        assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.usefixtures("personal_pool")
class TestFates:
    def test_an_exception_is_raised_from_the_original_one_and_reported(self) -> None:
        def invert(divisor: int) -> float:
            return 1 / divisor

        mapped = htmap.map(invert, [0])
        with pytest.raises(htmap.exceptions.MapComponentError, match="divisor = 0") as caught:
            mapped.get(0, timeout=TIMEOUT)
        assert isinstance(caught.value.__cause__, ZeroDivisionError)

    def test_a_job_that_is_killed_again_and_again_is_held_with_the_reason(self) -> None:
        def die(_: int) -> None:
            os.kill(
                int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]), 9
            )  # the process that HTCondor started

        mapped = htmap.map(die, [0], map_options=htmap.MapOptions(max_retries=1))
        with pytest.raises(htmap.exceptions.MapComponentHeld) as caught:
            mapped.get(0, timeout=TIMEOUT)
        assert {"9", "2"} <= set(re.findall(r"\d+", caught.value.report))  # the signal, the attempts
        assert mapped.holds[0].code == 3

    def test_removing_jobs_by_hand_wakes_up_whoever_waits(self) -> None:
        mapped = htmap.map(str, [1], map_options=htmap.MapOptions(requirements="false"))
        find_pool()[1].remove(f'HTMapID == "{mapped._map_dir.id}"', "by hand")
        with pytest.raises(htmap.exceptions.MapComponentRemoved, match="by hand"):
            mapped.wait(timeout=TIMEOUT)
        assert mapped.component_statuses == [htmap.ComponentStatus.REMOVED]

    def test_waiting_too_long_is_a_timeout_that_says_how_far_it_came(self) -> None:
        mapped = htmap.map(str, [1, 2], map_options=htmap.MapOptions(requirements="false"))
        with pytest.raises(htmap.exceptions.TimeoutError) as caught:
            mapped.wait(timeout=datetime.timedelta(seconds=0.1))
        assert caught.value.tag == mapped.tag
        assert re.search(r"\b0 of 2\b", caught.value.reason)

    def test_a_result_that_is_not_there_yet_is_not_waited_for_by_index(self) -> None:
        mapped = htmap.map(str, [1], map_options=htmap.MapOptions(requirements="false"))
        with pytest.raises(htmap.exceptions.OutputNotFound) as caught:
            mapped[0]
        assert (caught.value.component, caught.value.status) == (0, "IDLE")

    def test_removing_a_running_map_takes_its_jobs_and_all_its_files(self, personal_pool: Path) -> None:
        mapped = htmap.map(time.sleep, [600])
        eventually(lambda: mapped.component_statuses == ["RUNNING"], says="the component runs")
        before, constraint = {mapped._map_dir.path, personal_pool / "tags" / mapped.tag}, mapped._map_dir.own_jobs
        mapped.remove()
        assert not [path for path in before if path.exists()]
        # Where it took HTCondor too long to end the job, the next commands see to the rest.
        eventually(lambda: run_htmap("settle").exit_code == 0, says="the removal is finished")
        assert list(personal_pool.glob(f"*/{mapped._map_dir.id}*")) == []
        assert jobs_in_queue(constraint) == []

    def test_after_removal_everything_says_so_before_it_looks_at_its_arguments(self) -> None:
        mapped = htmap.map(str, [1])
        mapped.remove()
        assert not mapped.exists
        wrong: Any = "x"
        calls: list[Callable[[], Any]] = [
            mapped.status,
            lambda: mapped.get(wrong),
            lambda: mapped[17],
            lambda: list(mapped),
            mapped.remove,
        ]
        for call in calls:
            with pytest.raises(htmap.exceptions.MapWasRemoved):
                call()

    def test_an_unknown_tag_is_answered_with_a_similar_one(self) -> None:
        htmap.map(str, [1], tag="tide")
        with pytest.raises(htmap.exceptions.TagNotFound) as caught:
            htmap.load("tied")
        assert (caught.value.name, caught.value.known) == ("tied", ("tide",))


@pytest.mark.usefixtures("personal_pool")
class TestCrashes:
    PROGRAM = """
import os, htmap
from htmap_core.condor.connection import Connection
from htmap_core.storage.submissions import Submissions
{sabotage}
htmap.map(str, range(3), tag="crash", map_options=htmap.MapOptions(requirements="{requirements}"))
"""
    BEFORE_SUBMISSION = "Connection.submit = lambda *_: os._exit(9)"
    AFTER_SUBMISSION = "Submissions.taken = lambda *_: os._exit(9)"

    def crash(self, sabotage: str, requirements: str = "true") -> None:
        assert run(self.PROGRAM.format(sabotage=sabotage, requirements=requirements)).returncode == 9

    def test_a_client_killed_before_it_submits_leaves_no_map(self) -> None:
        self.crash(self.BEFORE_SUBMISSION)
        assert htmap.map(str, [1], tag="crash").exists

    def test_whoever_waits_for_a_map_that_was_never_submitted_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(news, "QUIET", 1.0)  # a minute of silence would be long for a test
        self.crash(self.BEFORE_SUBMISSION)
        with pytest.raises(htmap.exceptions.MapWasRemoved):
            htmap.load("crash").wait(TIMEOUT)

    def test_a_client_killed_after_it_submits_leaves_the_whole_map(self) -> None:
        self.crash(self.AFTER_SUBMISSION)
        assert list(htmap.load("crash").iter(timeout=TIMEOUT)) == ["0", "1", "2"]

    def test_a_client_killed_after_it_submits_leaves_no_job_that_nobody_knows_of(self, personal_pool: Path) -> None:
        self.crash(self.AFTER_SUBMISSION, requirements="false")
        assert len(jobs_of(personal_pool)) == 3
        htmap.remove("crash")
        assert jobs_of(personal_pool) == []

    def test_a_client_killed_while_it_removes_is_finished_by_the_next_command(self, personal_pool: Path) -> None:
        mapped = htmap.map(str, range(3), tag="crash", map_options=htmap.MapOptions(requirements="false"))
        constraint = mapped._map_dir.own_jobs
        died = run(
            "import os, htmap\nfrom htmap_core.condor.connection import Connection\n"
            "mapped = htmap.load('crash')\n"
            "Connection.remove = lambda *_: os._exit(9)\n"
            "mapped.remove()"
        )
        assert died.returncode == 9
        assert "crash" not in htmap.get_tags()
        assert not mapped.exists
        assert len(jobs_in_queue(constraint)) == 3, "what only looks asks no pool"
        eventually(lambda: run_htmap("settle").exit_code == 0, says="the removal is finished")
        assert not jobs_in_queue(constraint)

    def test_what_a_job_brings_back_after_a_forced_removal_is_no_map_and_goes_with_the_next_command(
        self, personal_pool: Path
    ) -> None:
        gate = personal_pool / "gate"

        def wait_for(path: str) -> None:
            while not os.path.exists(path):
                time.sleep(0.1)

        mapped = htmap.map(wait_for, [str(gate)], tag="crash")
        eventually(lambda: mapped.component_statuses == ["RUNNING"], says="the component runs")
        done = run(
            "import htmap\nfrom htmap_core.condor.connection import Connection\n"
            "mapped = htmap.load('crash')\n"
            "def unreachable(*_): raise htmap.exceptions.CondorError('no answer')\n"
            "Connection.remove = unreachable\n"
            "mapped.remove(force=True)"
        )
        assert (done.returncode, mapped.exists) == (0, False)
        gate.touch()
        eventually(mapped._map_dir.path.exists, says="HTCondor has made the directory again for what the job returns")
        assert not mapped.exists
        eventually(lambda: run_htmap("settle").exit_code == 0, says="the removal is finished")
        assert list(personal_pool.glob(f"*/{mapped._map_dir.id}*")) == []


class TestPlugins:
    BROKEN: ClassVar = {
        "import_error": ("import nowhere_to_be_found", "No module named 'nowhere_to_be_found'"),
        "misspelt": (
            "from htmap_core import hookimpl\n@hookimpl\ndef htmap_pols(): return []",
            "did you mean 'htmap_pools'",
        ),
        "wrong_argument": (
            "from htmap_core import hookimpl\n@hookimpl\ndef htmap_rewrite_submit(submit, plan, colour): ...",
            "colour",
        ),
    }

    def install(self, folder: Path, name: str, code: str, entry: str | None = None) -> None:
        (folder / f"broken_{name}.py").write_text(code)
        info = folder / f"htmap_{name}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: htmap-{name}\nVersion: 1.5\n")
        (info / "entry_points.txt").write_text(f"[htmap]\n{entry or name} = broken_{name}\n")

    def test_maps_run_beside_broken_plugins_and_the_list_names_each_with_its_reason(
        self, personal_pool: Path, tmp_path: Path
    ) -> None:
        for name, (code, _) in self.BROKEN.items():
            self.install(tmp_path, name, code)
        self.install(tmp_path, "twin", "", entry="shared")
        mapped = run("import htmap; print(list(htmap.map(str, [1]).iter(timeout=120)))", PYTHONPATH=str(tmp_path))
        assert mapped.stdout == "['1']\n", mapped.stderr
        listed = subprocess.run(
            [sys.executable, "-m", "htmap", "plugins", "list", "--json"],
            env={**os.environ, "PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        rows = json.loads(listed.stdout)["plugins"]
        for name, (_, reason) in self.BROKEN.items():
            (row,) = [row for row in rows if row["name"] == name]
            assert (row["distribution"], row["version"], row["state"]) == (f"htmap-{name}", "1.5", "broken")
            assert reason in row["reason"]
        assert [row["distribution"] for row in rows if row["name"] == "shared" and row["state"] == "broken"] == [
            "htmap-twin"
        ]

    def test_the_list_says_whether_each_delivery_method_suits_the_pool(self, personal_pool: Path) -> None:
        shown = json.loads(htmap_command("plugins", "list", "--json").stdout)
        methods = {name: found for row in shown["plugins"] for name, found in row["delivery_methods"].items()}
        assert shown["pool"] == "personal"
        assert methods["shared"]["suits"] == "yes"
        assert methods["shared"]["why"]
        assert methods["assume"]["suits"] == "unknown"
