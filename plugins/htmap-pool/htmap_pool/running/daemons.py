"""Start and stop the daemons of a personal pool."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import attrs

from htmap_core import LongWork, locked, write_atomically
from htmap_pool.errors import CannotStart, CannotStop, ToolFailed
from htmap_pool.places import Places, runtime_directory
from htmap_pool.programs import run
from htmap_pool.release import Release
from htmap_pool.running import configuration, identity, processes, record
from htmap_pool.running.configuration import Shape
from htmap_pool.running.processes import Process
from htmap_pool.running.record import Record
from htmap_pool.system import check_system

# The variables of the user's environment that daemons get. Processes that run for weeks need no tokens, tickets or library paths.
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "TZ", "USER")

# Signals that Python, nohup or a shell's "&" may ignore; jobs would inherit that.
_ORDINARY_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGQUIT, signal.SIGXFSZ)

_LOGS = ("master.out", "MasterLog", "SchedLog", "StartLog", "CollectorLog")


@attrs.frozen
class Started:
    """The result of :func:`start`.

    :param record: the running master.
    :param is_new: whether the master was started just now.
    """

    record: Record
    is_new: bool


def start(places: Places, release: Release, shape: Shape, timeout: float) -> Started:
    """Start the pool and wait until it takes jobs; a running pool stays as it is.

    If the master was killed, the remaining processes of the pool are ended first. The jobs in the queue are kept.

    :param places: the pool's folders.
    :param release: the HTCondor to run.
    :param shape: the size of the pool.
    :param timeout: the seconds that the daemons may take to start.
    :raises CannotStart: the daemons did not start; the message has the ends of their logs.
    :raises RunningElsewhere: another machine runs this pool.
    :raises NotOnThisSystem: this is not Linux.
    """
    check_system()
    places.make()
    with locked(places.start_lock):
        present = usable(places)
        if present:
            return Started(present, is_new=False)
        _stop(places)
        return Started(_start(places, release, shape, timeout), is_new=True)


def usable(places: Places) -> Record | None:
    """Return the running master if its schedd runs, too, else None. It is fast enough to be called before each command.

    :raises RunningElsewhere: another machine runs this pool.
    """
    found = record.running(places)
    # A schedd removes its address file when it ends. In an idle pool, the master ends a little later.
    return found if found and (places.log / ".schedd_address").exists() else None


def stop(places: Places) -> bool:
    """Stop the pool and wait until all its processes have ended; return whether there was anything to stop.

    Running jobs go back into the queue, and run again after the next start.

    :raises CannotStop: a process still runs after SIGKILL.
    :raises RunningElsewhere: another machine runs this pool.
    :raises NotOnThisSystem: this is not Linux, and perhaps another machine runs it.
    """
    if not places.root.exists():
        return False
    check_system()
    with locked(places.start_lock):
        return _stop(places)


def _start(places: Places, release: Release, shape: Shape, timeout: float) -> Record:
    who = identity.current()
    runtime = runtime_directory(places)
    try:
        version = release.version()
    except ToolFailed as error:
        reason = f"HTCondor in {release.root} does not run: {error}"
        advice = "" if release.origin == "POOL.PREFIX" else "`htmap pool install --again` installs another one"
        raise CannotStart(reason, advice=advice) from error
    reached = release.without_blanks(runtime)
    write_atomically(places.configuration, configuration.text(places, runtime, reached, who, shape, _port(places)))
    for stale in places.log.glob(".*_address*"):
        stale.unlink()
    pid = _spawn([*who.command(), str(reached.sbin / "condor_master"), "-f"], _environment(places, reached), places.log)
    master = Process.of(pid)
    if master is None:
        raise CannotStart("condor_master ended at once", _evidence(places))
    found = record.write(places, master, version, release.root)
    try:
        with LongWork("starting the personal pool") as work:
            _wait_until_ready(places, release, master, timeout, work.look)
    except BaseException:  # Ctrl-C, too: a pool with some daemons is useless and would look like a running one
        _stop(places)
        raise
    return found


def _port(places: Places) -> int:
    """Return the port of the pool's last run, for clients that go on; another one if something else listens there now."""
    others = iter(lambda: _CHANCE.randrange(*_PORTS), None)
    former = configuration.port_of(places)
    return next(port for port in itertools.chain([former] if former else [], others) if _is_free(port))


# Below the ports that Linux gives to connections by itself: one of those could be taken before the pool has it.
_PORTS = 10_000, 32_768
_CHANCE = random.SystemRandom()


def _is_free(port: int) -> bool:
    with socket.socket() as listening:
        listening.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # HTCondor does so, for connections that have just ended
        with contextlib.suppress(OSError):
            listening.bind(("127.0.0.1", port))
            return True
    return False


def _environment(places: Places, release: Release) -> dict[str, str]:
    path = os.pathsep.join([str(release.bin), str(release.sbin), os.environ.get("PATH", os.defpath)])
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed_on, "PATH": path, "CONDOR_CONFIG": str(places.configuration), processes.MARK: str(places.root)}


def _spawn(command: list[str], environment: dict[str, str], log: Path) -> int:
    """Start *command* in a session of its own, so that neither a closed terminal nor Ctrl-C ends it."""
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


def _wait_until_ready(
    places: Places, release: Release, master: Process, timeout: float, meanwhile: Callable[[], object]
) -> None:
    deadline = time.monotonic() + timeout
    reason = "its daemons wrote no address files"
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
        meanwhile()
        time.sleep(0.1)
    raise CannotStart(
        f"not ready after {timeout:g} s: {reason}",
        _evidence(places),
        f"The logs are in {places.log}. A slow machine may need more time: set POOL.START_TIMEOUT",
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
    with LongWork("stopping the personal pool") as work:
        return _stopped(places, work.look)


def _stopped(places: Places, meanwhile: Callable[[], object]) -> bool:
    """Stop the pool, and return whether there was anything to stop."""
    found = record.running(places)
    recorded = record.read(places)
    if found:
        master = found.process
        # SIGTERM gives jobs time to end and puts them back into the queue; SIGQUIT does not wait for them.
        for number, patience in ((signal.SIGTERM, 25), (signal.SIGQUIT, 10)):
            master.send(number)
            if not processes.wait_for_end(lambda: [master], patience, meanwhile):
                break
    if recorded and recorded.kernel == record.kernel():
        _reap(recorded.process)  # also if it ended by itself
    left = processes.of_pool(places)
    if found and left:
        left = processes.wait_for_end(lambda: processes.of_pool(places), 2, meanwhile)
    for process in left:
        process.send(signal.SIGKILL)
    if remaining := processes.wait_for_end(lambda: processes.of_pool(places), 10, meanwhile):
        raise CannotStop(tuple(process.pid for process in remaining))
    places.record.unlink(missing_ok=True)
    _remove_runtime(places)
    return bool(found or left)


def _remove_runtime(places: Places) -> None:
    if places.configuration.exists():
        for line in places.configuration.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(" = ")
            if name == "LOCK":
                shutil.rmtree(value, ignore_errors=True)  # left-over sockets; the next start checks the folder


def _reap(master: Process) -> None:
    """Wait for a master that this process itself started, so that it does not stay a zombie."""
    if master.is_child:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(master.pid, os.WNOHANG)
