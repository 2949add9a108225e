"""What a running component writes to its standard output, as it writes it, wherever it runs.

``condor_tail`` asks the starter for it. It gives out the job's own standard output only, so the runner has that lead to what the
components write. It must be asked for by its name on the execute node: where it is asked for as standard output, ``condor_tail``
of HTCondor 25 repeats itself.
"""

from __future__ import annotations

import codecs
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CondorError, HTMapException
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import is_settled
from htmap_core.settings.waiting import Deadline, Timeout

_ALL = str(10**12)  # bytes at once: from the beginning, where condor_tail begins with the last kilobyte otherwise
_CHUNK = 65536
_SILENCE = 5.0  # seconds without output after which it is worth asking whether the component still runs


@attrs.define(slots=False)
class CannotFollow(HTMapException):
    """The output of running components cannot be shown, because ``condor_tail`` is not there or does not work."""

    reason: str

    def __str__(self) -> str:
        return f"what runs cannot be shown: {self.reason}. What a component wrote comes back when it has ended"


@attrs.frozen
class Run:
    """One run of a job; another one begins when the job has lost its slot.

    :param job: the job's number, as HTCondor writes it.
    :param start: when it began, in seconds since the epoch.
    """

    job: str
    start: int


def follow(engine: Engine, component: int, timeout: Timeout) -> Iterator[str]:
    """Yield what the job of a component writes to its standard output, from the beginning on, until it has ended or is held.

    :param timeout: for each wait until it runs.
    :raises CannotFollow: ``condor_tail`` cannot be used.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    connection, seen, run = Connection(engine.pool), 0, Run("", 0)
    deadline = Deadline(timeout)
    while not is_settled(status := engine.status(component)):
        begun = _begun(engine, connection, component) if status is ComponentStatus.RUNNING else None
        if begun is not None:
            if begun != run:  # else condor_tail ended for another reason, and begins from the beginning again
                seen, run = 0, begun
                decoder.reset()
            for fresh in unseen(_tail(connection, begun), seen, begun, lambda: _begun(engine, connection, component)):
                seen += len(fresh)
                if text := decoder.decode(fresh):
                    yield text
            deadline = Deadline(timeout)
        else:
            deadline.pause(f"does not run: it is {status}", engine.map.tag, component)
        engine.map.check_existence()
    outputs, job = engine.map_dir.outputs, engine.job(component)
    yield decoder.decode(b"", final=True)
    yield outputs.tail(job, "stdout", max(0, outputs.size(job, "stdout") - seen))


def unseen(chunks: Iterator[bytes], seen: int, run: Run, run_now: Callable[[], Run | None]) -> Iterator[bytes]:
    """Yield what comes after the first *seen* bytes of *chunks*; nothing where they may be of another run than *run*.

    While a job changes from one run to the next, ``condor_tail`` may come to either. Which it was is certain where *run* goes on
    when the first chunk is there. Where nothing comes for a while, *run* may have ended without it.

    :param chunks: what comes; an empty one each time that nothing came for a while.
    """
    is_certain = False
    for chunk in chunks:
        if (not chunk and _is_over(run, run_now)) or (chunk and not is_certain and run_now() != run):
            return
        is_certain = is_certain or bool(chunk)
        fresh = chunk[seen:]
        seen -= len(chunk) - len(fresh)
        if fresh:
            yield fresh


def _is_over(run: Run, run_now: Callable[[], Run | None]) -> bool:
    try:
        return run_now() != run
    except CondorError:
        return False  # a schedd that does not answer just now; what runs, runs on


def _begun(engine: Engine, connection: Connection, component: int) -> Run | None:
    """Return the run of the job that runs a component; None where it does not run any more."""
    job = engine.job(component)
    cluster = next(each.cluster for each in engine.map_dir.submissions.all() if each.number == job.submission)
    constraint = f"ClusterId == {cluster} && ProcId == {job.row} && JobStatus == 2"
    for ad in connection.query_jobs(constraint, ["JobCurrentStartDate"], 1):
        return Run(f"{cluster}.{job.row}", int(ad.get("JobCurrentStartDate") or 0))
    return None


def _tail(connection: Connection, run: Run) -> Iterator[bytes]:
    """Yield what a running job's standard output has, and what comes, until the job does not run any more.

    An empty chunk is yielded each time that nothing came for a while: ``condor_tail`` tries for ever to reach daemons that were
    started anew elsewhere, or a host that is gone.
    """
    address = connection.address
    command = [_program(connection), "-f", "-no-stdout", "-maxbytes", _ALL]
    command += ["-name", address.schedd] if address.schedd else []
    command += ["-pool", address.collector] if address.collector else []
    environment = dict(os.environ)
    if address.configuration is not None:
        environment["CONDOR_CONFIG"] = str(address.configuration)
    process = subprocess.Popen(
        [*command, run.job, names.LIVE_STDOUT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        while True:
            if not select.select([process.stdout], [], [], _SILENCE)[0]:
                yield b""
            elif chunk := os.read(process.stdout.fileno(), _CHUNK):
                yield chunk
            else:
                break
        said = process.stderr.read().decode(errors="replace").strip()
        if process.wait() != 0 and _is_lasting(said):
            raise CannotFollow(f"condor_tail says {said}")
    finally:
        process.kill()
        process.communicate()


def _is_lasting(said: str) -> bool:
    """Return whether ``condor_tail`` failed for another reason than that the job has just ended, or is not yet so far."""
    return "authorized" in said or "sandbox" in said


def _program(connection: Connection) -> str:
    folder = connection.parameter("BIN")
    program = shutil.which("condor_tail", path=folder) if folder and Path(folder).is_dir() else None
    if (program or shutil.which("condor_tail")) is None:
        raise CannotFollow(f"there is no program condor_tail in {folder} or on the PATH")
    return program or "condor_tail"
