"""Follow the standard output of a running component, wherever it runs.

``condor_tail`` asks the starter for it, and returns only the job's own standard output. So the runner lets that point to the
output of the components. It must be requested by its file name on the execute node: requested as standard output,
``condor_tail`` of HTCondor 25 repeats itself.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

from htmap_core import environment, names
from htmap_core.components import ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.exceptions import CondorError, HTMapException
from htmap_core.results.engine import Engine
from htmap_core.results.outcome import is_settled
from htmap_core.settings.waiting import Deadline, Timeout

_ALL = str(10**12)  # bytes: everything from the beginning; by default condor_tail begins with the last kilobyte
_CHUNK = 65536
_SILENCE, _LONGEST_SILENCE = 5.0, 40.0  # seconds without output after which to ask whether the component still runs


@attrs.define(slots=False)
class CannotFollow(HTMapException):
    """The output of running components cannot be shown, because ``condor_tail`` is not there or does not work."""

    reason: str

    def __str__(self) -> str:
        return (
            f"cannot follow the output of a running component: {self.reason}. "
            f"Without --follow, `htmap stdout` shows it once the component has ended"
        )


@attrs.frozen
class Run:
    """One run of a job; a job that has lost its slot has another run later.

    :param job: the job's number, as HTCondor writes it.
    :param start: the time when the run began, in seconds since the epoch. Two runs may begin in one second.
    :param shadows: how many shadows the job has had until the run began; 0 if the schedd has started one for this run since, to
        reconnect it.
    """

    job: str
    start: int
    shadows: int

    def is_same(self, later: Run | None) -> bool:
        """Return whether *later*, what the job does later (None: it does not run), is the same run."""
        if later is None:
            return False
        return (self.job, self.start) == (later.job, later.start) and later.shadows in {self.shadows, 0}


def follow(engine: Engine, component: int, timeout: Timeout, errors: str = "replace") -> Iterator[str]:
    """Yield the standard output of a component's job from the beginning, until the component has ended or is held.

    :param timeout: for each wait until the component runs.
    :param errors: what becomes of bytes that are no text, as for ``bytes.decode``.
    :raises CannotFollow: ``condor_tail`` is missing or does not work.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    connection, seen, run = Connection(engine.pool), 0, Run("", 0, 0)
    deadline = Deadline(timeout)
    while not is_settled(status := engine.status(component)):
        is_in_pool = (
            status is ComponentStatus.RUNNING and not engine.map_dir.is_here
        )  # elsewhere output comes at the end
        begun = _begun(engine, connection, component) if is_in_pool else None
        if begun is not None:
            if not run.is_same(begun):
                # For the same run, condor_tail starts from the beginning again, and `seen` bytes are skipped.
                seen = 0
                decoder.reset()
            run = begun
            before, deadline = seen, Deadline(None)
            for fresh in unseen(_tail(connection, begun), seen, begun, lambda: _begun(engine, connection, component)):
                seen += len(fresh)
                if text := decoder.decode(fresh):
                    yield text
            if seen == before:  # its starter does not answer yet, or not any more
                deadline.pause("has no output yet", engine.map.tag, component)
            deadline = Deadline(timeout)
        else:
            deadline.pause(f"does not run: it is {status}", engine.map.tag, component)
        engine.map.check_existence()
    yield decoder.decode(b"", final=True)
    yield _written(engine, component)[seen:].decode(errors=errors)


def _written(engine: Engine, component: int) -> bytes:
    """Return the whole standard output that a component's job has returned."""
    outputs, job = engine.map_dir.outputs, engine.job(component)
    with contextlib.suppress(FileNotFoundError):
        returned = outputs.open_for(job, component)
        if component in returned.statuses:
            return returned.stdout()
    return outputs.last_words(job, "stdout", sys.maxsize) or b""


def unseen(chunks: Iterator[bytes], seen: int, run: Run, run_now: Callable[[], Run | None]) -> Iterator[bytes]:
    """Yield *chunks* without their first *seen* bytes; nothing if they may belong to another run than *run*.

    While a job changes from one run to the next, ``condor_tail`` may reach either. The chunks belong to *run* for certain if it
    still runs when the first chunk has arrived. If nothing arrives for a while, *run* may have ended unnoticed.

    :param chunks: the output; an empty chunk stands for a while without output.
    :param run_now: returns the present run of the job; None if it does not run.
    """
    is_certain = False
    for chunk in chunks:
        if (not chunk and _is_over(run, run_now)) or (chunk and not is_certain and not run.is_same(run_now())):
            return
        is_certain = is_certain or bool(chunk)
        fresh = chunk[seen:]
        seen -= len(chunk) - len(fresh)
        if fresh:
            yield fresh


def _is_over(run: Run, run_now: Callable[[], Run | None]) -> bool:
    try:
        return not run.is_same(run_now())
    except CondorError:
        return False  # the schedd does not answer now, but the job goes on


def _begun(engine: Engine, connection: Connection, component: int) -> Run | None:
    """Return the present run of a component's job; None if it does not run."""
    job = engine.job(component)
    cluster = next(each.cluster for each in engine.map_dir.submissions.all() if each.number == job.submission)
    assert cluster is not None, "its job runs"
    constraint = f"{engine.map_dir.own_job(cluster, job.row)} && JobStatus == 2"
    for ad in connection.query_jobs(constraint, ["JobCurrentStartDate", "ShadowBday", "NumShadowStarts"], 1):
        start, shadow = (int(ad.get(name) or 0) for name in ("JobCurrentStartDate", "ShadowBday"))
        return Run(f"{cluster}.{job.row}", start, int(ad.get("NumShadowStarts") or 0) if shadow <= start else 0)
    return None


def _tail(connection: Connection, run: Run) -> Iterator[bytes]:
    """Yield the standard output of a running job until the run has ended.

    An empty chunk stands for a while without output. The caller must look then: ``condor_tail`` tries for ever to reach daemons
    that were restarted elsewhere, or a host that is gone.
    """
    address = connection.address
    command = [_program(connection), "-f", "-no-stdout", "-maxbytes", _ALL]
    command += ["-name", address.schedd] if address.schedd and not connection.is_local_schedd else []
    command += ["-pool", address.collector] if address.collector else []
    variables = environment.copy()
    if address.configuration is not None:
        variables["CONDOR_CONFIG"] = str(address.configuration)
    process = subprocess.Popen(
        [*command, run.job, names.LIVE_STDOUT], env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    silence = _SILENCE
    try:
        while True:
            if not select.select([process.stdout], [], [], silence)[0]:
                silence = min(2 * silence, _LONGEST_SILENCE)  # for the schedd looks at its whole queue for the answer
                yield b""
            elif chunk := os.read(process.stdout.fileno(), _CHUNK):
                silence = _SILENCE
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
    """Return whether ``condor_tail`` will fail again: its error is not just that the job has ended or is still starting."""
    return "authorized" in said or "sandbox" in said


def _program(connection: Connection) -> str:
    folder = connection.parameter("BIN")
    program = shutil.which("condor_tail", path=folder) if folder and Path(folder).is_dir() else None
    if (program or shutil.which("condor_tail")) is None:
        raise CannotFollow(f"the program condor_tail is neither in {folder} nor on the PATH")
    return program or "condor_tail"
