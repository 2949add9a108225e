"""What ``htmap pool ...`` answers with ``--json``."""

from __future__ import annotations

import datetime
from typing import Optional, TypedDict


class Installed(TypedDict):
    """The HTCondor that the pool uses.

    :param version: its version.
    :param folder: where it is.
    :param origin: where it comes from, in words.
    """

    version: str
    folder: str
    origin: str


class Started(TypedDict):
    """The pool, which runs.

    :param version: HTCondor's version.
    :param pid: the process id of its master.
    :param started: whether it was started now; false if it was running already.
    """

    version: str
    pid: int
    started: bool


class Stopped(TypedDict):
    """The pool, which does not run any more.

    :param stopped: whether it was stopped now; false if it was not running.
    """

    stopped: bool


class PoolStatus(TypedDict):
    """The state of the pool. If it does not run, the exit code is 3, and all but the first two are null.

    :param running: whether it runs.
    :param directory: the folder of its files.
    :param pid: the process id of its master.
    :param since: when it was started.
    :param version: HTCondor's version.
    :param release: the folder of HTCondor.
    :param configuration: the value of CONDOR_CONFIG for HTCondor's own tools.
    :param cpus: how many processors it offers.
    :param free_cpus: how many of them have no job.
    :param memory: how much memory it offers, in bytes.
    :param free_memory: how much of that has no job, in bytes.
    :param enforces_memory: whether jobs are held that use more memory than their slot has.
    :param jobs: how many jobs are ``idle``, ``running`` and ``held``.
    """

    running: bool
    directory: str
    pid: Optional[int]
    since: Optional[datetime.datetime]
    version: Optional[str]
    release: Optional[str]
    configuration: Optional[str]
    cpus: Optional[int]
    free_cpus: Optional[int]
    memory: Optional[int]
    free_memory: Optional[int]
    enforces_memory: Optional[bool]
    jobs: Optional[dict[str, int]]


class PoolLog(TypedDict):
    """A log of the pool.

    :param path: its path.
    :param lines: its last lines; null where the logs are listed.
    """

    path: str
    lines: Optional[list[str]]


class PoolLogs(TypedDict):
    """Logs of the pool.

    :param logs: all logs, or the one that was asked for.
    """

    logs: list[PoolLog]
