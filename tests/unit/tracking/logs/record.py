"""Record event logs of real runs, for ``test_tracking.py``: ``python record.py [NAME...]``.

CONDOR_CONFIG must name a personal pool of your own with eight processors; some runs kill its daemons. Names of hosts and folders
are made neutral.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import htcondor2

from htmap_core.testing import eventually

LOGS = Path(__file__).parent
PATIENCE = 120  # seconds that a step may take
SETTLED = 2  # seconds after which nothing more is written

# What exit_policy.py says, with one retry.
FINISHED = "(ExitBySignal =?= false && (ExitCode =?= 0 || ExitCode =?= 90 || ExitCode =?= 91))"
POLICY = f"""
on_exit_remove = {FINISHED}
on_exit_hold = NumJobCompletions > 1 && !{FINISHED}
on_exit_hold_reason = strcat("The component could not finish, after ", string(NumJobCompletions), " attempts")
"""


class Run:
    """One submission, whose event log is recorded: a job for each of the commands."""

    def __init__(self, folder: Path, commands: list[str], policy: str = "") -> None:
        self.log = folder / "events"
        items = folder / "items"
        items.write_text("".join(f"{command}\n" for command in commands))
        script = folder / "job.sh"
        script.write_text('#!/bin/sh\n/bin/sh -c "$1"\n')
        script.chmod(0o755)
        lines = [
            f"executable = {script}",
            "arguments = \"'$(command)'\"",
            f"log = {self.log}",
            f"initialdir = {folder}",
            "request_cpus = 1",
            "request_memory = 64MB",
            "request_disk = 10MB",
            "should_transfer_files = YES",
            policy,
            f"queue command from {items}",
        ]
        self.cluster = htcondor2.Schedd().submit(htcondor2.Submit("\n".join(lines) + "\n")).cluster()

    def await_events(self, kind: int, proc: int | None, times: int = 1) -> None:
        """Wait until the log has so many events of a kind, of one job or of any."""
        wanted = rf"^{kind:03} \({self.cluster:03}\.{'-?[0-9]+' if proc is None else f'{proc:03}'}\."
        eventually(
            lambda: len(re.findall(wanted, self.log.read_text(), re.MULTILINE)) >= times,
            says=f"{self.log} has {times} events {kind:03} of job {proc}",
            within=PATIENCE,
        )

    def tool(self, name: str, proc: int | None, *options: str) -> None:
        """Run one of HTCondor's tools on a job, or on all."""
        job = str(self.cluster) if proc is None else f"{self.cluster}.{proc}"
        subprocess.run([name, *options, job], check=True, stdout=subprocess.DEVNULL)


def once(folder: Path, first: str, then: str = "exit 0") -> str:
    """Return a command that does something else when it is run again."""
    return f"if mkdir {folder}/been_here; then {first}; else {then}; fi"


def plain(folder: Path) -> None:
    run = Run(folder, ["exit 0", "sleep 1; exit 90", "exit 91", "exit 7"])
    for proc in range(4):
        run.await_events(5, proc)


def memory(folder: Path) -> None:
    """Run long enough for a report of the job's memory while it runs."""
    run = Run(
        folder, [f"{sys.executable} -c 'import time; x = bytearray(60_000_000); time.sleep(12)'".replace("'", '""')]
    )
    run.await_events(5, 0)


def hold_release(folder: Path) -> None:
    run = Run(folder, ["sleep 4", "sleep 600"])
    run.await_events(1, 1)
    run.tool("condor_hold", 1, "-reason", "to look at it")
    run.await_events(12, 1)
    run.tool("condor_release", 1)
    run.await_events(1, 1, times=2)
    run.tool("condor_hold", 1)
    run.await_events(12, 1, times=2)
    run.await_events(5, 0)


def vacate(folder: Path) -> None:
    run = Run(folder, [f"mkdir {folder}/1 && sleep 600; mkdir {folder}/2 && sleep 600; exit 0"])
    run.await_events(1, 0)
    run.tool("condor_vacate_job", 0)
    run.await_events(1, 0, times=2)
    run.tool("condor_vacate_job", 0, "-fast")
    run.await_events(4, 0, times=2)
    run.await_events(5, 0)


def remove(folder: Path) -> None:
    """Remove a running job, a held one, an idle one, and one that had ended."""
    run = Run(folder, ["sleep 600", "sleep 600", "sleep 600", "exit 0"], "requirements = ProcId != 2")
    run.await_events(1, 0)
    run.await_events(1, 1)
    run.await_events(5, 3)
    run.tool("condor_hold", 1)
    run.await_events(12, 1)
    run.tool("condor_rm", None, "-reason", "no longer needed")
    for proc in range(3):
        run.await_events(9, proc)


def retries(folder: Path) -> None:
    """Kill one job by a signal until it is held; have one fail, and one killed, once only."""
    fails, killed = folder / "fails", folder / "killed"
    run = Run(
        folder,
        [
            "kill -9 $PPID; sleep 9",
            f"if mkdir {fails}; then exit 5; fi",
            f"if mkdir {killed}; then kill -11 $PPID; sleep 9; fi",
        ],
        POLICY,
    )
    run.await_events(12, 0)
    run.await_events(5, 1)
    run.await_events(5, 2)


def by_signal(folder: Path) -> None:
    run = Run(folder, ["kill -9 $PPID; sleep 9"])
    run.await_events(5, 0)


def never_starts(folder: Path) -> None:
    run = Run(folder, ["exit 0"], "transfer_input_files = is_not_there")
    run.await_events(12, 0)
    run.tool("condor_rm", 0)
    run.await_events(9, 0)


def too_long(folder: Path) -> None:
    run = Run(folder, ["sleep 600"], "allowed_execute_duration = 5")
    run.await_events(12, 0)


def late_complete(folder: Path) -> None:
    run = Run(folder, ["exit 0"] * 6, "max_idle = 2")
    run.await_events(36, None)


def late_removed(folder: Path) -> None:
    run = Run(folder, ["exit 0"] * 2 + ["sleep 600"] * 60, "max_idle = 2")
    run.await_events(5, 0)
    run.await_events(1, 3)
    run.tool("condor_rm", None)
    run.await_events(36, None)


def removed_while_ending(folder: Path) -> None:
    """Remove jobs in the moment of their end, which a few of them survive."""
    run = Run(folder, ["exit 0"] * 24)
    run.await_events(5, None, times=4)
    run.tool("condor_rm", None)
    time.sleep(10)


def suspend(folder: Path) -> None:
    run = Run(folder, ["sleep 8"])
    run.await_events(1, 0)
    run.tool("condor_suspend", 0)
    run.await_events(10, 0)
    run.tool("condor_continue", 0)
    run.await_events(11, 0)
    run.await_events(5, 0)


def schedd_killed(folder: Path) -> None:
    run = Run(folder, ["sleep 30", "exit 0"])
    run.await_events(1, 0)
    run.await_events(5, 1)
    kill_all("condor_schedd")
    run.await_events(5, 0)


def startd_killed(folder: Path) -> None:
    run = Run(folder, [once(folder, "sleep 600")], "job_lease_duration = 20")
    run.await_events(1, 0)
    kill_all("condor_startd")
    run.await_events(5, 0)


def starter_killed(folder: Path) -> None:
    run = Run(folder, [once(folder, "sleep 600")])
    run.await_events(1, 0)
    kill_all("condor_starter")
    run.await_events(5, 0)


def shadow_killed(folder: Path) -> None:
    run = Run(folder, [once(folder, "sleep 600")])
    run.await_events(1, 0)
    kill_all("condor_shadow")
    run.await_events(5, 0)


def kill_all(name: str) -> None:
    """Kill the processes of a name that belong to this pool, and no others."""
    ours = processes_of_the_pool()
    found = [pid for pid, called in ours.items() if called == name[:15]]
    if not found:
        raise SystemExit(f"no {name} among {ours}")
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def processes_of_the_pool() -> dict[int, str]:
    lines = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    everything = {int(pid): (int(parent), name) for pid, parent, name in (line.split(None, 2) for line in lines)}
    ours = {json.loads((Path(htcondor2.param["LOG"]).parent / "running.json").read_text())["pid"]}
    while more := {pid for pid, (parent, _) in everything.items() if parent in ours} - ours:
        ours |= more
    return {pid: everything[pid][1] for pid in ours}


def neutral(text: str, folder: Path) -> str:
    """Return a log without the names of this machine and its folders."""
    text = text.replace(str(folder), "/home/ada/map")
    text = re.sub(r"<127\.0\.0\.1:[^>]*>", "<192.0.2.1:9618?alias=wn1.example.org>", text)
    for name in sorted({os.uname().nodename, str(htcondor2.param["FULL_HOSTNAME"])}, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(name)}\b", "wn1.example.org", text)
    text = re.sub(r"\(by user \w+\)", "(by user ada)", text)
    return re.sub(r'(?<=CondorScratchDir = ")[^"]*', "/scratch/dir_1/scratch", text)


RUNS: dict[str, Callable[[Path], None]] = {
    run.__name__: run
    for run in (
        plain,
        memory,
        hold_release,
        vacate,
        remove,
        retries,
        by_signal,
        never_starts,
        too_long,
        late_complete,
        late_removed,
        removed_while_ending,
        suspend,
        schedd_killed,
        startd_killed,
        starter_killed,
        shadow_killed,
    )
}


def main(names: list[str]) -> None:
    for name in names or RUNS:
        folder = Path(tempfile.mkdtemp(prefix="record-", dir="/var/tmp"))
        RUNS[name](folder)
        time.sleep(SETTLED)
        (LOGS / f"{name}.events").write_text(neutral((folder / "events").read_text(), folder))
        print(f"recorded {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
