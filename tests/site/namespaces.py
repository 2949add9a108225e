"""Namespaces of Linux: what makes several hosts of one machine."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

PROGRAMS = ("ip", "nsenter", "pivot_root", "setpriv", "unshare")
PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
"""Where programs are looked for: an administrator's are not on everybody's PATH."""

_PATIENCE = 60  # seconds
_CLONE_NEWNET = 0x40000000


def why_not() -> str | None:
    """Return why this machine cannot make hosts of namespaces; None where it can."""
    if os.getuid() != 0:
        return "hosts in namespaces need root"
    if missing := [program for program in PROGRAMS if shutil.which(program, path=PATH) is None]:
        return f"{', '.join(missing)} not found; tests/site/prepare installs it"
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "sh", "-ec", _PROBE],
        env={"PATH": PATH},
        capture_output=True,
        text=True,
        check=False,
    )
    return None if tried.returncode == 0 else f"namespaces are not allowed here: {tried.stderr.strip()}"


# Each thing once that hosts are made of. What is mounted goes with the namespace.
_PROBE = """\
mount --make-rprivate /
ip link add probe type bridge
ip link add one type veth peer name other
mount -t tmpfs probe /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work probe /mnt/root
"""


class Namespaces:
    """A process in namespaces of its own (network, mount, host name, process ids), with everything that it starts.

    All of it is killed together: by :meth:`close`, or by the kernel when this Python ends, however it ends.

    :param script: a shell script; it writes its process id, and goes on when it has read a line.
    :param environment: all of its environment.
    :param log: where it writes whatever else it has to say.
    """

    def __init__(self, script: Path, environment: Mapping[str, str], log: Path) -> None:
        alone = ["--net", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", *alone, "/bin/sh", str(script)],
                env={"PATH": PATH, **environment},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                text=True,
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if not said:
            self._end()
            raise RuntimeError(f"no namespaces: {log.read_text()}")
        self.first = int(said)
        """The process id, outside, of the first process inside."""
        self._watch = os.pidfd_open(self.first)
        self.network = os.open(f"/proc/{self.first}/ns/net", os.O_RDONLY)

    @property
    def pid(self) -> int:
        """The process that shares the network and ends with the rest."""
        return self._process.pid

    def go(self) -> None:
        """Let the script go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def run(self, command: Sequence[str]) -> None:
        """Run a command of this machine in the other network.

        :raises RuntimeError: it failed.
        """
        done = subprocess.run(
            ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command],
            env={"PATH": PATH},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")

    def close(self) -> None:
        """Kill everything in it at once, as a power cut would, wait until nothing of it runs, and let go of its network."""
        self._end()
        # The first process is told by the kernel, and it ends after all others: until then these may write files.
        gone, _, _ = select.select([self._watch], [], [], _PATIENCE)
        os.close(self._watch)
        os.close(self.network)
        if not gone:
            raise RuntimeError(f"processes of {self.first} go on although they were killed")

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()


@contextlib.contextmanager
def entered(network: int) -> Iterator[None]:
    """Have this thread, and what it starts meanwhile, use another network."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(network)
        try:
            yield
        finally:
            _enter(before)
    finally:
        os.close(before)


def _enter(network: int) -> None:
    # os.setns exists from Python 3.12.
    if ctypes.CDLL(None, use_errno=True).setns(network, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
