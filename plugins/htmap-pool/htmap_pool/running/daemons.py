"""Start and stop the daemons of a personal pool."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import attrs

from htmap_core import locked, write_atomically
from htmap_pool.errors import CannotStart, CannotStop, ToolFailed
from htmap_pool.places import Places, runtime_directory
from htmap_pool.programs import run
from htmap_pool.release import Release
from htmap_pool.running import configuration, identity, processes, record
from htmap_pool.running.configuration import Shape
from htmap_pool.running.processes import Process
from htmap_pool.running.record import Record

# What daemons get of the user's environment. Tokens, tickets and library paths have no business in what runs for weeks.
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "TZ", "USER")

# What Python, nohup or a shell's "&" may have had ignored; jobs would inherit it.
_ORDINARY_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGQUIT, signal.SIGXFSZ)

_LOGS = ("master.out", "MasterLog", "SchedLog", "StartLog", "CollectorLog")


@attrs.frozen
class Started:
    """What :func:`start` found or made.

    :param record: the running master.
    :param is_new: whether it was started just now.
    """

    record: Record
    is_new: bool


def start(places: Places, release: Release, shape: Shape, timeout: float) -> Started:
    """Bring the pool up and wait until it takes jobs; one that is up stays as it is.

    Whatever is left of a pool whose master was killed is cleared away first. The queue is where it was.

    :param places: the pool's folders.
    :param release: the HTCondor to run.
    :param shape: what to offer.
    :param timeout: seconds that the daemons may take.
    :raises CannotStart: they did not come up; the message has the ends of their logs.
    :raises RunningElsewhere: another machine runs this pool.
    """
    places.make()
    with locked(places.start_lock):
        present = usable(places)
        if present:
            return Started(present, is_new=False)
        _stop(places)
        return Started(_start(places, release, shape, timeout), is_new=True)


def usable(places: Places) -> Record | None:
    """Return the running master if its schedd runs too; quick enough to be asked before each command.

    :raises RunningElsewhere: another machine runs this pool.
    """
    found = record.running(places)
    # A schedd removes its address when it ends. The master of an idle pool follows it a little later.
    return found if found and (places.log / ".schedd_address").exists() else None


def stop(places: Places) -> bool:
    """Stop the pool and wait until all its processes are gone; return whether there was anything to stop.

    Jobs that run are put back into the queue, which the next start goes on with.

    :raises CannotStop: something is left in spite of SIGKILL.
    :raises RunningElsewhere: another machine runs this pool.
    """
    if not places.root.exists():
        return False
    with locked(places.start_lock):
        return _stop(places)


def _start(places: Places, release: Release, shape: Shape, timeout: float) -> Record:
    who = identity.current()
    runtime = runtime_directory(places)
    try:
        version = release.version()
    except ToolFailed as error:
        raise CannotStart(f"HTCondor in {release.root} does not run: {error}") from error
    write_atomically(places.configuration, configuration.text(places, runtime, release, who, shape))
    for stale in places.log.glob(".*_address*"):
        stale.unlink()
    pid = _spawn([*who.command(), str(release.sbin / "condor_master"), "-f"], _environment(places, release), places.log)
    master = Process.of(pid)
    if master is None:
        raise CannotStart("condor_master ended at once", _evidence(places))
    found = record.write(places, master, version, release.root)
    try:
        _wait_until_ready(places, release, master, timeout)
    except BaseException:  # Ctrl-C too: half a pool is of no use, and would be taken for a whole one
        _stop(places)
        raise
    return found


def _environment(places: Places, release: Release) -> dict[str, str]:
    path = os.pathsep.join([str(release.bin), str(release.sbin), os.environ.get("PATH", os.defpath)])
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "PATH": path, "CONDOR_CONFIG": str(places.configuration), processes.MARK: str(places.root)}


def _spawn(command: list[str], environment: dict[str, str], log: Path) -> int:
    """Start *command* in a session of its own, so that neither a closed terminal nor Ctrl-C reaches it."""
    output = os.fspath(log / "master.out")
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawnp(
        command[0],
        command,
        environment,
        file_actions=actions,
        setsid=True,
        setsigmask=[],
        setsigdef=_ORDINARY_SIGNALS,
    )


def _wait_until_ready(places: Places, release: Release, master: Process, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    reason = "its daemons wrote no addresses"
    while time.monotonic() < deadline:
        if not master.is_alive:
            _reap(master)
            raise CannotStart("condor_master ended", _evidence(places))
        if all((places.log / f".{daemon}_address").exists() for daemon in ("collector", "schedd", "startd")):
            try:
                if ask(places, release, "condor_status", "-autoformat", "Name") and ask(
                    places, release, "condor_status", "-schedd", "-autoformat", "Name"
                ):
                    return
                reason = "no slot or no schedd is advertised"
            except ToolFailed as error:
                reason = str(error)
        time.sleep(0.1)
    raise CannotStart(
        f"not ready after {timeout:g} s: {reason}",
        _evidence(places),
        f"The logs are in {places.log}. A slow machine may need more time: setting POOL.START_TIMEOUT",
    )


def ask(places: Places, release: Release, tool: str, *arguments: str) -> str:
    """Run one of HTCondor's tools against the pool and return its answer.

    :raises ToolFailed: the pool does not answer, or refuses.
    """
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("_CONDOR_")}
    environment["CONDOR_CONFIG"] = str(places.configuration)
    return run([release.bin / tool, *arguments], env=environment, timeout=30)


def _evidence(places: Places, lines: int = 5) -> str:
    """Return the ends of the logs."""
    parts: list[str] = []
    for name in _LOGS:
        path = places.log / name
        text = path.read_text(encoding="utf-8", errors="replace").strip() if path.exists() else ""
        if text:
            parts += [f"{path}:", *(f"  {line}" for line in text.splitlines()[-lines:])]
    return "\n".join(parts)


def _stop(places: Places) -> bool:
    found = record.running(places)
    recorded = record.read(places)
    if found:
        master = found.process
        # SIGTERM lets jobs end in their own way and puts them back into the queue, SIGQUIT does not wait for them.
        for number, patience in ((signal.SIGTERM, 25), (signal.SIGQUIT, 10)):
            master.send(number)
            if not processes.wait_for_end(lambda: [master], patience):
                break
    if recorded and recorded.kernel == record.kernel():
        _reap(recorded.process)  # also one that ended by itself
    left = processes.of_pool(places)
    if found and left:
        left = processes.wait_for_end(lambda: processes.of_pool(places), 2)
    for process in left:
        process.send(signal.SIGKILL)
    if remaining := processes.wait_for_end(lambda: processes.of_pool(places), 10):
        raise CannotStop(tuple(process.pid for process in remaining))
    places.record.unlink(missing_ok=True)
    _remove_runtime(places)
    return bool(found or left)


def _remove_runtime(places: Places) -> None:
    if places.configuration.exists():
        for line in places.configuration.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(" = ")
            if name == "LOCK":
                shutil.rmtree(value, ignore_errors=True)  # left-over sockets; the next start checks what it finds


def _reap(master: Process) -> None:
    """Take the exit code of a master that this very process started, so that it does not stay as a zombie."""
    if master.is_child:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(master.pid, os.WNOHANG)
