"""The command line as users type it, on live maps of a real HTCondor."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import eventually, using_htmap_dir
from tests.answers import answer
from tests.golden_files import Golden
from tests.terminals import sent_to_a_terminal

pytestmark = pytest.mark.pool

TIMEOUT = 180
VOLATILE = {re.compile(r"\d:\d\d:\d\d"): "TIME", re.compile(r"other \d+ parts"): "OTHER PARTS"}
Ran = subprocess.CompletedProcess[str]


@pytest.fixture(autouse=True)
def in_pool(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("in_class_pool" if "submitted" in request.fixturenames else "personal_pool")


def type_(*arguments: str, stdin: str = "") -> Ran:
    command = [sys.executable, "-m", "htmap", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=TIMEOUT, check=False)


def on_a_terminal(*arguments: str, keys: str = "", **environment: str) -> tuple[str, int]:
    """Return what a command shows on a terminal of 80 columns where *keys* are typed, and its exit code."""
    sent, code = sent_to_a_terminal("-m", "htmap", *arguments, keys=keys, size=(24, 80), **environment)
    return sent.decode().replace("\r\n", "\n"), code


@pytest.fixture(scope="class")
def submitted(class_pool: Path) -> None:
    """Submit the maps that tests look at together: one that failed in part, one that waits for ever, one without a tag."""

    def invert(x: int) -> float:
        print(f"inverting {x}")
        print(f"complaining of {x}", file=sys.stderr)
        return 1 / x

    with using_htmap_dir(class_pool):
        tide = htmap.map(invert, [1, 0, 4], tag="tide")
        htmap.map(str, range(2), tag="waiting", map_options=htmap.MapOptions(requirements="false"))
        nameless = htmap.map(str, range(2))
        for each in (tide, nameless):
            each.wait(TIMEOUT, errors_ok=True)


@pytest.mark.usefixtures("submitted")
class TestLooking:
    def test_status_in_a_pipe_is_plain_text_and_as_wide_as_it_must_be(self) -> None:
        lines = type_("status").stdout.splitlines()
        assert lines[0].split()[:6] == ["Tag", "HELD", "ERRORED", "IDLE", "RUNNING", "COMPLETED"]
        assert [line.split()[:6] for line in lines if "tide" in line] == [["tide", "0", "1", "0", "0", "2"]]
        assert [line for line in lines if line.startswith("* ")]
        assert "\x1b" not in "".join(lines)

    def test_status_on_a_terminal_of_80_columns_fits_and_is_coloured(self) -> None:
        shown, code = on_a_terminal("status")
        assert code == 0
        assert "\x1b[" in shown
        plain, _ = on_a_terminal("status", NO_COLOR="1")
        assert not re.search(r"\x1b\[[\d;]*3\d", plain)
        assert "tide" in plain
        assert max(map(len, re.sub(r"\x1b\[[\d;]*m", "", plain).splitlines())) <= 80

    def test_status_without_states_or_without_figures(self) -> None:
        assert "COMPLETED" not in type_("status", "--no-state").stdout
        assert "Runtime" not in type_("status", "--no-meta").stdout

    def test_status_for_programs(self) -> None:
        found = json.loads(type_("status", "--format", "json").stdout)
        assert found["tide"]["component_status_counts"]["COMPLETED"] == 2
        compact = type_("status", "--format", "json_compact").stdout
        assert (json.loads(compact).keys(), " " in compact) == (found.keys(), False)
        rows = csv.DictReader(type_("status", "--format", "csv").stdout.splitlines())
        assert [row["ERRORED"] for row in rows if row["tag"] == "tide"] == ["1"]

    def test_components_of_a_status(self) -> None:
        assert type_("components", "tide").stdout == "0 COMPLETED\n1 ERRORED\n2 COMPLETED\n"
        assert type_("components", "tide", "--status", "errored").stdout == "1\n"
        assert type_("components", "tide", "--status", "COMPLETED").stdout == "0 2\n"
        assert "\x1b[32m" in type_("components", "tide", "--color").stdout

    def test_errors_up_to_a_limit(self) -> None:
        assert "ZeroDivisionError" in type_("errors", "tide").stdout
        assert type_("errors", "waiting").stdout == ""
        assert len(re.findall("^=+ Start", type_("errors", "--all", "--limit", "1").stdout, re.MULTILINE)) == 1

    def test_output_of_a_component(self) -> None:
        assert "inverting 4" in type_("stdout", "tide", "2").stdout
        assert "complaining of 0" in type_("stderr", "tide", "1").stdout

    def test_output_that_does_not_come_in_time(self) -> None:
        ran = type_("stdout", "waiting", "0", "--timeout", "0.1")
        assert (ran.returncode, ran.stdout) == (1, "")
        assert "'waiting'" in ran.stderr

    def test_who_waits_at_a_terminal_is_told_for_what_in_lines_that_fit(self) -> None:
        shown, code = on_a_terminal("stdout", "waiting", "0", "--timeout", "0.1")
        assert code == 1
        assert {"'waiting'", "IDLE:"} <= set(shown.split())
        assert max(map(len, shown.splitlines())) <= 80
        assert type_("stdout", "tide", "2").stderr == ""

    def test_a_component_that_the_map_does_not_have(self, golden: Golden) -> None:
        ran = type_("stdout", "tide", "7")
        assert ran.returncode == 1
        golden("on-pool/no-such-component", ran.stderr)

    def test_waiting_for_what_failed_says_so_and_goes_on(self, golden: Golden) -> None:
        ran = type_("wait", "tide", "nobody")
        assert ran.returncode == 1
        failed, unknown = ran.stderr.splitlines()
        golden("on-pool/waiting-for-what-failed", failed, hide={re.compile(r"line \d+"): "LINE"})
        assert "'nobody'" in unknown

    def test_ctrl_c_ends_a_wait_and_tells_how_to_come_back(self, golden: Golden) -> None:
        command = [sys.executable, "-m", "htmap", "wait", "waiting"]
        waits = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert waits.stderr is not None
        first = waits.stderr.readline()
        waits.send_signal(signal.SIGINT)
        _, rest = waits.communicate(timeout=60)
        assert waits.returncode == 130
        golden("on-pool/interrupted-wait", first + rest, hide=VOLATILE)
        assert "waiting" in htmap.get_tags()

    def test_ctrl_c_ends_a_live_view_without_a_traceback(self) -> None:
        pid, terminal = pty.fork()
        if pid == 0:
            signal.signal(
                signal.SIGINT, signal.SIG_DFL
            )  # a shell may have started the tests in the background, deaf to it
            os.environ.update(COLUMNS="80", TERM="xterm")
            os.execv(sys.executable, [sys.executable, "-m", "htmap", "status", "--live"])
        shown = b""
        while b"tide" not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        while True:
            try:
                shown += os.read(terminal, 4096)
            except OSError:
                break
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 130
        assert b"Traceback" not in shown


@pytest.mark.usefixtures("submitted")
class TestExplaining:
    def test_why_an_idle_component_does_not_run_is_told_in_numbers_of_slots(self, golden: Golden) -> None:
        eventually(lambda: "LastRejMatchTime" in type_("job", "waiting", "0").stdout, says="the negotiator has looked")
        ran = type_("why", "waiting")
        golden("on-pool/why-idle", ran.stdout, hide=VOLATILE)

    def test_why_for_programs(self) -> None:
        (found,) = answer("why", type_("why", "waiting", "1", "--json").stdout)["explanations"]
        assert found["verdict"]["slots"] > 0
        assert (found["components"], found["status"]) == ([1], "IDLE")

    def test_why_of_what_has_ended(self, golden: Golden) -> None:
        golden("on-pool/why-ended", type_("why", "tide").stdout)
        golden("on-pool/why-errored", type_("why", "tide", "1").stdout)

    @pytest.mark.parametrize(("tag", "component"), [("waiting", "1"), ("tide", "2")])
    def test_the_ad_of_a_job_in_the_queue_and_of_one_that_has_left_it(self, tag: str, component: str) -> None:
        told = answer("job", type_("job", tag, component, "--json").stdout)
        assert (told["tag"], told["component"], told["is_queued"]) == (tag, int(component), tag == "waiting")
        ad = told["attributes"]
        assert (ad["ProcId"], ad["JobBatchName"]) == (int(component), tag)
        assert f'JobBatchName = "{tag}"\n' in type_("job", tag, component).stdout

    @pytest.mark.parametrize("components", [("1",), ()])
    def test_what_would_be_submitted_can_be_submitted_by_hand(
        self, class_pool: Path, tmp_path: Path, components: tuple[str, ...]
    ) -> None:
        folder = class_pool / f"by-hand-{len(components)}"
        folder.mkdir()
        folder.chmod(0o777)
        (folder / "job.sub").write_text(type_("submit-file", "tide", *components).stdout)
        programs = class_pool / "pool" / "htcondor" / "usr" / "bin"
        environment = {**os.environ, "CONDOR_CONFIG": str(class_pool / "pool" / "condor_config")}
        subprocess.run(
            [programs / "condor_submit", "job.sub"], cwd=folder, env=environment, check=True, timeout=TIMEOUT
        )
        waiting = [str(programs / "condor_wait"), "-wait", str(TIMEOUT), "htmap.events"]
        subprocess.run(waiting, cwd=folder, env=environment, check=True, timeout=2 * TIMEOUT)
        written = {path.read_text() for path in folder.glob("outputs/**/*.stdout")}
        assert written == ({"inverting 0\n"} if components else {"inverting 1\n", "inverting 0\n", "inverting 4\n"})
        assert [str(status) for status in htmap.load("tide").component_statuses] == [
            "COMPLETED",
            "ERRORED",
            "COMPLETED",
        ]

    def test_the_doctor_finds_a_pool_in_order(self, golden: Golden) -> None:
        ran = type_("doctor")
        golden("on-pool/doctor-in-order", ran.stdout.splitlines()[-1])
        assert ran.returncode == 0
        found = {each["area"] for each in answer("doctor", type_("doctor", "--json").stdout)["checks"]}
        assert {"versions", "settings", "files", "plugins", "schedd", "slots", "credentials", "delivery"} <= found


class TestActing:
    def test_a_map_goes_through_all_that_can_be_done_to_it(self, personal_pool: Path, golden: Golden) -> None:
        waiting = htmap.MapOptions(requirements="false")
        mapped = htmap.map(str, range(2), tag="patient", map_options=waiting)
        said = [type_("hold", "patient").stdout]
        assert "`htmap release patient`" in type_("why", "patient").stdout
        assert type_("reasons", "patient").stdout.splitlines()[1].split()[:3] == ["patient", "0-1", "1"]
        said += [type_("release", "-p", "pat*").stdout]
        said += [type_(command, stdin="patient").stdout for command in ("pause", "resume", "vacate")]
        type_("edit", "memory", "patient", "1.5", "--unit", "GB")
        type_("edit", "disk", "patient", "2")
        (ad,) = htmap_jobs(mapped)
        assert (ad["RequestMemory"], ad["RequestDisk"]) == (1536, 2 * 1024 * 1024)
        assert type_("edit", "memory", "patient", "1GB").returncode == 0
        assert type_("edit", "disk", "patient", "500 mb", "--unit", "MB").returncode == 0
        (ad,) = htmap_jobs(mapped)
        assert (ad["RequestMemory"], ad["RequestDisk"]) == (1024, 500 * 1024)
        said += [type_("edit", "walltime", "patient", "1d 12h").stdout]
        (ad,) = htmap_jobs(mapped)
        assert ad["AllowedExecuteDuration"] == 36 * 3600 + 300
        assert type_("rerun", "map", "patient").returncode == 1
        said += [type_("retag", "patient", "calm").stdout, type_("remove", "calm").stdout]
        assert type_("tags").stdout == ""
        golden("on-pool/acts", "".join(said))
        logged = [
            line for line in type_("logs", "--view").stdout.splitlines() if "'patient'" in line or "'calm'" in line
        ]
        assert "'patient'" in logged[0]
        assert "'calm'" in logged[-1]

    def test_components_run_again(self, personal_pool: Path, golden: Golden) -> None:
        def fail_once(path: str) -> str:
            marker = Path(path)
            if not marker.exists():
                marker.touch()
                raise ValueError(path)
            return "fine"

        (personal_pool / "marks").mkdir(mode=0o777, exist_ok=True)
        (personal_pool / "marks").chmod(0o777)
        mapped = htmap.map(fail_once, [str(personal_pool / "marks" / name) for name in "ab"], tag="again")
        mapped.wait(TIMEOUT, errors_ok=True)
        golden("on-pool/rerun-components", type_("rerun", "components", "again", "0").stdout)
        assert mapped.get(0, TIMEOUT) == "fine"
        golden("on-pool/rerun-components", type_("rerun", "components", "again", "--status", "errored").stdout)
        golden("on-pool/wait", type_("wait", "again").stdout)
        assert list(mapped) == ["fine", "fine"]

    def test_what_nobody_gave_a_tag_is_cleaned_away_and_the_rest_stays(
        self, personal_pool: Path, golden: Golden
    ) -> None:
        htmap.map(str, [1], tag="kept")
        nameless = htmap.map(str, [1]).tag
        golden("on-pool/clean", type_("clean").stdout, hide={repr(nameless): "TAG"})
        assert htmap.get_tags() == ("kept",)

    def test_cleaning_asks_on_a_terminal_where_maps_still_run_and_says_so_elsewhere(
        self, personal_pool: Path, golden: Golden
    ) -> None:
        waiting = htmap.MapOptions(requirements="false")
        ended, runs = htmap.map(str, [1]), htmap.map(str, [1], map_options=waiting)
        ended.wait(TIMEOUT)
        shown, code = on_a_terminal("clean", keys="n\n")
        assert (code, ended.exists, runs.exists) == (0, True, True)
        golden("on-pool/asks-before-cleaning", shown, hide={", ".join(sorted((ended.tag, runs.tag))): "TAGS"})
        runs.remove()
        shown, code = on_a_terminal("clean")
        assert (code, ended.exists, "[y/N]" in shown) == (0, False, False)
        runs = htmap.map(str, [1], map_options=waiting)
        ran = type_("clean")
        assert (ran.returncode, runs.exists) == (0, False)
        golden("on-pool/cleaning-what-runs", ran.stderr, hide={repr(runs.tag): "TAG"})

    def test_removing_many_asks_on_a_terminal(self, personal_pool: Path, golden: Golden) -> None:
        for tag in ("one", "two"):
            htmap.map(str, [1], tag=tag, map_options=htmap.MapOptions(requirements="false"))
        shown, code = on_a_terminal("remove", "--all", keys="n\n")
        assert (code, htmap.get_tags()) == (0, ("one", "two"))
        golden("on-pool/asks-before-removing", shown)
        assert on_a_terminal("remove", "-p", "*", "--yes")[1] == 0
        assert htmap.get_tags() == ()

    def test_removing_what_was_named_or_in_a_script_does_not_ask(self, personal_pool: Path) -> None:
        for tag in ("one", "two", "three"):
            htmap.map(str, [1], tag=tag)
        assert on_a_terminal("remove", "one")[1] == 0
        assert type_("remove", "--all").returncode == 0
        assert htmap.get_tags() == ()


def htmap_jobs(mapped: htmap.Map) -> list[dict[str, object]]:
    from htmap_core.condor.connection import Connection

    found = Connection(mapped._map_dir.record.pool).query_jobs(
        mapped._map_dir.own_jobs, ["RequestMemory", "RequestDisk", "AllowedExecuteDuration"]
    )
    return [dict(ad) for _, ad in zip(range(1), found)]
