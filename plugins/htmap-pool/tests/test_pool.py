from __future__ import annotations

import contextlib
import io
import json
import os
import pwd
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from htmap_pool.errors import CannotStart
from htmap_pool.running import daemons, processes, record, report
from htmap_pool.running.configuration import Shape

from htmap_core.testing import eventually

pytestmark = pytest.mark.pool

HELD, RUNNING, IDLE = 5, 2, 1


def open_files(pid: int) -> set[str]:
    """Return what a process has open, as the kernel names it; any of it may be closed, and the process end, meanwhile."""
    found = set()
    with contextlib.suppress(OSError):
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(link.readlink()))
    return found


class TestRunningPool:
    def test_a_job_runs_and_its_output_comes_back(self, shared_pool: Any) -> None:
        shared_pool.submit("echo from $(id -u)", "output = out", "log = events")
        eventually(lambda: not shared_pool.jobs(), says="the job has ended")
        assert (shared_pool.places.root / "out").read_text().startswith("from "), shared_pool.logs()

    def test_jobs_are_not_root_s_but_find_the_owner_s_home(self, shared_pool: Any) -> None:
        shared_pool.submit('echo "$(id -u) $HOME"', "output = out")
        eventually(lambda: not shared_pool.jobs(), says="the job has ended")
        uid, home = (shared_pool.places.root / "out").read_text().split()
        assert uid != "0"
        assert home == (str(Path.home()) if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_dir)

    @pytest.mark.parametrize(("given", "kept"), [("", 2), ("keep_claim_idle = 30", 2), ("keep_claim_idle = 1", 1)])
    def test_a_slot_is_kept_for_a_moment_for_the_next_map_and_no_longer(
        self, shared_pool: Any, given: str, kept: int
    ) -> None:
        cluster = str(shared_pool.submit("true", "hold = true", given))
        found = shared_pool.tool("condor_q", cluster, "-autoformat", "KeepClaimIdle").stdout
        shared_pool.tool("condor_rm", cluster)
        assert int(found) == kept

    def test_starting_again_changes_nothing(self, shared_pool: Any) -> None:
        before = record.running(shared_pool.places)
        again = shared_pool.start(cpus=3)
        assert not again.is_new
        assert again.record == before

    def test_the_daemons_listen_on_this_machine_only(self, shared_pool: Any) -> None:
        sockets = {link for process in processes.of_pool(shared_pool.places) for link in open_files(process.pid)}
        listening = [
            fields
            for table in ("tcp", "tcp6", "udp", "udp6")
            for fields in (line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:])
            if f"socket:[{fields[9]}]" in sockets and (table.startswith("udp") or fields[3] == "0A")
        ]
        assert listening
        assert {fields[1].partition(":")[0] for fields in listening} == {"0100007F"}


def test_the_status_says_what_the_pool_offers_and_does(pool: Any) -> None:
    pool.submit("sleep 600")
    pool.submit("true", "hold = true")
    pool.submit("true", "requirements = false")

    def busy() -> Any:
        found = report.status(pool.places)
        return found and found.jobs["running"] and found.free_cpus == 7 and found

    status = eventually(busy, says="the job runs and has its cpu")
    assert status.cpus == 8
    assert status.jobs == {"idle": 1, "running": 1, "held": 1}
    assert status.version == pool.release.version()


class Screen(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_queue_outlives_a_restart_and_who_waits_for_it_sees_what_is_done(
    pool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = pool.submit("true", "hold = true")
    running = pool.submit("sleep 600")
    eventually(lambda: pool.jobs().get(running) == RUNNING, says="the job runs")
    screen = Screen()
    monkeypatch.setenv("TERM", "xterm")
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", screen)
        assert pool.stop()
        assert processes.of_pool(pool.places) == []
        assert not pool.stop()
        pool.start()
    assert "personal pool [" in screen.getvalue()
    eventually(lambda: pool.jobs() == {held: HELD, running: RUNNING}, says="one is held, and one runs")


def test_clients_need_nothing_but_the_configuration_even_after_a_restart(pool: Any) -> None:
    program = (
        "import htcondor2 as h, sys; s = h.Schedd(); print(len(s.query())); "
        "print([ad['Name'] for ad in h.Collector().query(h.AdType.Startd)]); sys.stdout.flush(); "
        "sys.stdin.readline(); print(len(h.Schedd().query()))\n"
        # The first question says that the collector does not know the session of before: it has the same address.
        "for _ in range(2):\n"
        "    try: print(len(h.Collector().query(h.AdType.Schedd))); break\n"
        "    except h.HTCondorException: pass\n"
    )
    pool.submit("true", "hold = true")
    environment = {"CONDOR_CONFIG": str(pool.places.configuration), "PATH": os.defpath}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline() == "1\n"
        assert "slot1@" in client.stdout.readline()
        pool.stop()
        pool.start()
        client.stdin.write("\n")
        client.stdin.flush()
        assert client.stdout.read() == "1\n1\n"


def test_two_pools_of_one_user_do_not_meet(pools: Callable[..., Any]) -> None:
    first, second = pools(), pools("with blank " + "x" * 100)
    first.start(cpus=2)
    second.start(cpus=5)
    first.submit("true", "hold = true")
    assert second.jobs() == {}
    assert [report.status(pool.places).cpus for pool in (first, second)] == [2, 5]  # type: ignore[union-attr]
    first.stop()
    assert second.jobs() == {}


def test_a_pool_below_tmp_runs_jobs(pools: Callable[..., Any], tmp_path: Path) -> None:
    made = pools()
    (tmp_path / "scratch").mkdir()
    made.places.make()
    (made.places.user_configuration / "execute.conf").write_text(f"EXECUTE = {tmp_path}/scratch\n")
    made.start()
    made.submit("pwd", "output = out", "should_transfer_files = YES")
    eventually(lambda: not made.jobs(), says="the job has ended")
    assert str(tmp_path) in (made.places.root / "out").read_text()


def test_a_killed_master_is_recognised_and_its_daemons_are_cleared_away(pool: Any) -> None:
    cluster = pool.submit("sleep 600")
    eventually(lambda: pool.jobs().get(cluster) == RUNNING, says="the job runs")
    before = record.running(pool.places)
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)
    eventually(lambda: record.running(pool.places) is None, says="the master has ended")
    assert report.is_stale(pool.places)
    left = processes.of_pool(pool.places)
    assert left
    again = pool.start()
    assert again.is_new
    assert not [process for process in left if process.is_alive]
    eventually(lambda: pool.jobs() == {cluster: RUNNING}, says="the job runs again")


def test_stopping_clears_away_what_a_killed_master_left(pool: Any) -> None:
    found = record.running(pool.places)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    assert pool.stop()
    assert processes.of_pool(pool.places) == []
    assert not pool.places.record.exists()


def test_a_pool_that_cannot_come_up_shows_its_logs_and_leaves_nothing(pools: Callable[..., Any]) -> None:
    broken = pools()
    broken.places.make()
    (broken.places.user_configuration / "broken.conf").write_text("DAEMON_LIST = MASTER, COLLECTOR\n")
    with pytest.raises(CannotStart) as caught:
        daemons.start(broken.places, broken.release, Shape(), 10)
    assert {"MasterLog:", "POOL.START_TIMEOUT"} <= set(re.findall(r"[\w.]+:?", str(caught.value)))
    assert processes.of_pool(broken.places) == []
    assert daemons.usable(broken.places) is None


def test_a_configuration_that_htcondor_refuses_is_shown(pools: Callable[..., Any]) -> None:
    broken = pools()
    broken.places.make()
    (broken.places.user_configuration / "broken.conf").write_text("this is no assignment\n")
    with pytest.raises(CannotStart) as caught:
        daemons.start(broken.places, broken.release, Shape(), 300)
    assert "condor_master" in str(caught.value)
    assert "broken.conf" in str(caught.value)


class TestIdlePool:
    @pytest.fixture
    def become_idle(self, pools: Callable[..., Any]) -> Callable[[int], tuple[Any, Callable[[], Any]]]:
        """Start a pool that stops some seconds after it has nothing to do; return it, and what takes away what it has to do."""

        def start(idle_shutdown: int) -> tuple[Any, Callable[[], Any]]:
            made = pools()
            made.start()
            waiting = made.submit("true", "requirements = false")
            made.stop()
            made.start(idle_shutdown=idle_shutdown)  # which on a busy machine may take longer than those seconds
            return made, lambda: made.tool("condor_rm", str(waiting))

        return start

    def test_it_stops_by_itself_and_a_held_job_does_not_keep_it(self, become_idle: Callable[..., Any]) -> None:
        idle, let_go = become_idle(4)
        held = idle.submit("true", "hold = true")
        let_go()
        eventually(lambda: not processes.of_pool(idle.places), says="the idle pool has stopped")
        assert daemons.usable(idle.places) is None
        idle.start()
        assert idle.jobs() == {held: HELD}

    def test_it_stays_while_a_job_runs_or_waits(self, pools: Callable[..., Any]) -> None:
        busy = pools()
        busy.start(cpus=1)
        for script in ("sleep 7", "touch done"):  # which wait, so that it is not idle while it starts
            busy.submit(script, "requirements = TARGET.TakesJobs")
        busy.stop()
        (busy.places.user_configuration / "slots.conf").write_text("TakesJobs = True\nSTARTD_ATTRS = TakesJobs\n")
        busy.start(idle_shutdown=3, cpus=1)
        eventually((busy.places.root / "done").exists, says="the jobs have ended")
        eventually(lambda: not processes.of_pool(busy.places), says="the pool has stopped")

    def test_starting_it_while_it_stops_gives_a_pool_that_takes_jobs(self, become_idle: Callable[..., Any]) -> None:
        idle, let_go = become_idle(8)
        let_go()
        # The schedd goes first, the master up to two seconds later.
        eventually(lambda: not (idle.places.log / ".schedd_address").exists(), says="the schedd has ended")
        assert daemons.usable(idle.places) is None
        assert idle.start().is_new
        cluster = idle.submit("true", "hold = true")
        assert idle.jobs() == {cluster: HELD}


class TestTerminal:
    def test_the_pool_outlives_the_shell_and_the_session_that_started_it(
        self, pools: Callable[..., Any], installed_htcondor: Path
    ) -> None:
        made = pools()
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HTMAP_")},
            "HTMAP_DIR": str(made.places.root.parent),
            "HTMAP_POOL_PREFIX": str(installed_htcondor / "pool" / "htcondor"),
            "HTMAP_PLUGINS": "pool",
        }
        command = [sys.executable, "-m", "htmap", "pool", "start"]
        # A session with a process group of its own, all of which gets SIGHUP and SIGINT as a closed terminal sends them.
        with subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.PIPE) as shell:
            shell.communicate(timeout=300)
            for number in (signal.SIGHUP, signal.SIGINT):
                try:
                    os.killpg(shell.pid, number)
                except ProcessLookupError:
                    break
        found = record.running(made.places)
        assert found is not None
        assert os.getsid(found.pid) == found.pid
        assert Path(f"/proc/{found.pid}/fd/0").readlink() == Path(os.devnull)
        status = subprocess.run([*command[:-1], "status", "--json"], env=environment, capture_output=True, check=True)
        assert json.loads(status.stdout)["pid"] == found.pid

    def test_jobs_get_the_signals_that_a_shell_would_give_them(self, pools: Callable[..., Any]) -> None:
        made = pools()
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            made.start()
        finally:
            signal.signal(signal.SIGINT, before)
        made.submit("grep SigIgn /proc/self/status", "output = out")
        eventually(lambda: not made.jobs(), says="the job has ended")
        ignored = int((made.places.root / "out").read_text().split()[1], 16)
        assert not ignored & 1 << (signal.SIGINT - 1)
