"""Make a Python on Linux lack what it lacks elsewhere. A process that has this folder in PYTHONPATH imports it when it starts.

The variable SIMULATED says what: ``without_bindings``, ``macos``, or both with a comma between them. These are simulations: they
show what HTMap uses that is not there, and not what such a system would do otherwise.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import signal
import socket
import sys
import sysconfig
import time
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any

_BINDINGS = {"htcondor2", "classad2", "htcondor", "classad", "classad3", "htcondor_cli"}

# What these modules have on Linux, and not on macOS, by Python's documentation.
_ON_LINUX_ALONE: dict[ModuleType, str] = {
    os: (
        "O_DIRECT O_LARGEFILE O_NOATIME O_PATH O_RSYNC O_TMPFILE P_PIDFD copy_file_range eventfd eventfd_read eventfd_write "
        "fdatasync getrandom getresgid getresuid getxattr listxattr memfd_create pidfd_open pipe2 posix_fadvise posix_fallocate "
        "removexattr sched_getaffinity sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setparam "
        "sched_setscheduler setns setresgid setresuid setxattr splice unshare waitid"
    ),
    signal: "SIGCLD SIGPOLL SIGPWR SIGRTMAX SIGRTMIN SIGSTKFLT pidfd_send_signal sigtimedwait sigwaitinfo",
    resource: (
        "RLIMIT_MSGQUEUE RLIMIT_NICE RLIMIT_OFILE RLIMIT_RTPRIO RLIMIT_RTTIME RLIMIT_SIGPENDING RUSAGE_THREAD prlimit"
    ),
    time: "CLOCK_BOOTTIME CLOCK_TAI pthread_getcpuclockid",
    select: "epoll EPOLLIN EPOLLOUT",
    fcntl: "F_ADD_SEALS F_GETLEASE F_GETPIPE_SZ F_GET_SEALS F_OFD_GETLK F_OFD_SETLK F_OFD_SETLKW F_SETLEASE F_SETPIPE_SZ",
    socket: "AF_NETLINK AF_PACKET AF_VSOCK SOCK_CLOEXEC SOCK_NONBLOCK SO_BINDTODEVICE SO_PASSCRED SO_PEERCRED",
}
_FOLDERS = ("/proc", "/sys")


def without_bindings() -> None:
    """Hide HTCondor's bindings, as if they were not installed."""
    find = PathFinder.find_spec
    PathFinder.find_spec = classmethod(  # type: ignore[assignment, method-assign]
        lambda _, name, *others: None if name.partition(".")[0] in _BINDINGS else find(name, *others)
    )


def macos() -> None:
    """Be macOS: no /proc, no functions of Linux, sizes of memory in bytes."""
    sysconfig.get_config_vars()  # read from a file that is named after the system
    sys.platform = "darwin"
    for module, names in _ON_LINUX_ALONE.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    sys.addaudithook(_hide)
    for function in ("stat", "lstat", "readlink", "access"):
        setattr(os, function, _Hiding(getattr(os, function)))
    wait4, getrusage = os.wait4, resource.getrusage

    def waited(pid: int, options: int) -> tuple[int, int, Any]:
        ended, status, used = wait4(pid, options)
        return ended, status, _in_bytes(used)

    os.wait4 = waited
    resource.getrusage = lambda whom: _in_bytes(getrusage(whom))


def _in_bytes(used: Any) -> Any:
    facts = list(used)
    facts[2] *= 1024  # ru_maxrss
    return resource.struct_rusage(facts)


def _is_hidden(path: Any) -> bool:
    return not isinstance(path, int) and path is not None and os.fsdecode(path).startswith(_FOLDERS)


def _hide(event: str, arguments: Any) -> None:
    if event in {"open", "os.listdir", "os.scandir"} and _is_hidden(arguments[0]):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), arguments[0])


class _Hiding:
    """A function that finds nothing in what is hidden. A function of Python would become a method in pathlib of Python 3.9."""

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self, path: Any, *others: Any, **named: Any) -> Any:
        if _is_hidden(path):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self._function(path, *others, **named)


for _each in filter(None, os.environ.get("SIMULATED", "").split(",")):
    globals()[_each]()
