"""Jobs in processes of their own: each is started as HTCondor starts it, by the archive's launcher, in a scratch directory."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType

import attrs

from htmap_core import names
from htmap_core.files.folders import remove_tree
from htmap_core.files.ownership import private_opener
from htmap_core.maps.here.job import LocalJob
from htmap_run import codes
from htmap_run.names import SCRATCH

_MOMENT = 0.1  # seconds
_PATIENCE = 5.0  # seconds from the signal that asks a process to end

# Reads which processes run, and asks those that are left to end when nobody writes any more. Python would take ten times as long.
_GUARDIAN = """
left=" "
while read -r sign process; do
    case $sign in
        +) left="$left$process " ;;
        -) left="${left%% $process *} ${left#* $process }" ;;
    esac
done
for process in $left; do kill -TERM "$process"; done
"""


@attrs.frozen(eq=False)
class Child:
    """A job that runs in a process of its own.

    :param scratch: its scratch directory.
    """

    job: LocalJob
    scratch: str
    process: subprocess.Popen[bytes]


class _Guardian:
    """A process that asks others to end when this one is killed, in whatever way: nobody would bring back what they leave."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARDIAN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C, or the end of a terminal, is none of its business
        )

    def begins(self, process: int) -> None:
        """Note that a process has begun."""
        self._write(f"+ {process}\n")

    def ended(self, process: int) -> None:
        """Note that a process has ended."""
        self._write(f"- {process}\n")

    def leave(self) -> None:
        """End it: this process has seen to the others."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _write(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # somebody has ended it; the map does not depend on it
            self._process.stdin.write(line.encode())
            self._process.stdin.flush()


class Children:
    """The jobs that run in processes of their own now. An exception in the ``with`` block ends them, and so does a kill."""

    def __init__(self) -> None:
        self._guardian = _Guardian()
        self._running: dict[str, Child] = {}  # by scratch directory
        self._ended: queue.SimpleQueue[Child] = queue.SimpleQueue()

    def __len__(self) -> int:
        return len(self._running)

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._running.values():
            child.process.send_signal(signal.SIGTERM)  # the runner hands it on to the process of the function
        for child in self._running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(_PATIENCE)
            child.process.kill()
            self._guardian.ended(child.process.pid)
            remove_tree(child.scratch)
        self._guardian.leave()

    def start(self, job: LocalJob) -> None:
        """Start a job.

        :raises OSError: its input files cannot be brought.
        """
        self._launch(job, job.prepare())

    def next_ended(self, meanwhile: Callable[[], object]) -> tuple[LocalJob, str, int]:
        """Wait until a job has ended, and return it, its scratch directory, and its exit code, negative for a signal.

        :param meanwhile: called every moment.
        """
        while True:
            try:
                child = self._ended.get(timeout=_MOMENT)
            except queue.Empty:
                meanwhile()
                continue
            self._guardian.ended(child.process.pid)
            if (code := child.process.returncode) != codes.SAVED:
                del self._running[child.scratch]
                return child.job, child.scratch, code
            self._launch(child.job, child.scratch)  # it has ended for HTCondor to fetch its checkpoint, and goes on

    def _launch(self, job: LocalJob, scratch: str) -> None:
        with open(os.path.join(scratch, names.LIVE_STDOUT), "wb", opener=private_opener) as output:
            process = subprocess.Popen(
                ["/bin/sh", os.fspath(job.map_dir.runtime), "--start", sys.executable, *_arguments(job)],
                cwd=scratch,
                env=_environment(job, scratch),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,  # the launcher leads it into the folder that comes back
                start_new_session=True,  # Ctrl-C is for the user's process, which ends the others
            )
        self._guardian.begins(process.pid)
        child = self._running[scratch] = Child(job, scratch, process)
        threading.Thread(target=self._await, args=[child], daemon=True).start()

    def _await(self, child: Child) -> None:
        child.process.wait()
        self._ended.put(child)


def _environment(job: LocalJob, scratch: str) -> dict[str, str]:
    """Return the variables of a job: those of this process, unless they are about a job that this process itself is."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("_CONDOR_")}
    return {**own, **job.environment, **dict.fromkeys(SCRATCH, scratch)}


def _arguments(job: LocalJob) -> list[str]:
    """Return what the archive is told, as in the submit description."""
    return [job.block, job.values["htmap_components"], *filter(None, [job.remapped])]
