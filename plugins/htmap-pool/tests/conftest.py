"""Real pools for the tests of htmap-pool; each is stopped again, whatever happens."""

from __future__ import annotations

import contextlib
import os
import pickle
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import attrs
import pytest
from htmap_pool import release
from htmap_pool.places import Places
from htmap_pool.release import Release
from htmap_pool.running import daemons, processes
from htmap_pool.running.configuration import Shape

from htmap_core.testing import stop_at_the_end

T = TypeVar("T")


@attrs.define
class RealPool:
    """A pool in a folder of its own, with what tests do to it."""

    places: Places
    release: Release
    uid: int = attrs.field(factory=os.getuid)

    def start(self, **shape: Any) -> daemons.Started:
        given = {"cpus": 8, **shape}
        return as_user(self.uid, lambda: daemons.start(self.places, self.release, Shape(**given), 300))

    def stop(self) -> bool:
        return as_user(self.uid, lambda: daemons.stop(self.places))

    def tool(
        self, name: str, *arguments: str, stdin: str = "", uid: int | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of HTCondor's tools, as the pool's owner unless told otherwise, with nothing but CONDOR_CONFIG to go by."""
        folder = self.release.bin if (self.release.bin / name).exists() else self.release.sbin
        return as_user(
            self.uid if uid is None else uid,
            lambda: subprocess.run(
                [str(folder / name), *arguments],
                env={"CONDOR_CONFIG": str(self.places.configuration), "PATH": os.defpath, **environment},
                cwd=self.places.root if uid is None else "/",
                input=stdin,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            ),
        )

    def submit(self, script: str, *commands: str) -> int:
        """Submit a shell script as a job and return the cluster's number."""
        # The quotes of a submit file's arguments: see condor_submit(1).
        quoted = script.replace('"', '""').replace("'", "''")
        lines = [
            "executable = /bin/sh",
            "transfer_executable = false",
            f"arguments = \"-c '{quoted}'\"",
            "request_memory = 16",
            "request_disk = 16",
            *commands,
            "queue",
        ]
        done = self.tool("condor_submit", "-terse", "-", stdin="\n".join(lines) + "\n")
        assert done.returncode == 0, done.stderr
        return int(done.stdout.split(".")[0])

    def jobs(self) -> dict[int, int]:
        """Return the status of each cluster in the queue: 1 idle, 2 running, 5 held."""
        done = self.tool("condor_q", "-allusers", "-autoformat", "ClusterId", "JobStatus")
        assert done.returncode == 0, done.stderr
        return {int(cluster): int(status) for cluster, status in (line.split() for line in done.stdout.splitlines())}

    def logs(self) -> str:
        return "\n".join(
            f"==> {path}\n{path.read_text(errors='replace')[-3000:]}" for path in sorted(self.places.log.glob("*Log*"))
        )


@pytest.fixture(scope="session")
def installed(installed_htcondor: Path) -> Release:
    """The HTCondor that all tests share."""
    return release.find(Places.of(installed_htcondor))


@pytest.fixture(scope="session")
def public_release(installed_htcondor: Path) -> Iterator[Release]:
    """A copy of HTCondor that every user of this machine can run."""
    from htmap_pool.installing.relocate import relocate

    folder = Path(tempfile.mkdtemp(prefix="htmap-tests-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        copy = folder / "htcondor"
        found = release.installed(Places.of(installed_htcondor)) or release.on_path()
        assert found is not None
        if found.origin == "PATH":
            yield found
            return
        shutil.copytree(found.root.parent, copy, symlinks=True)
        copy.chmod(0o755)
        relocate(copy)
        public = release.at(copy, "a copy")
        assert public is not None
        yield public
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def made_pools(installed: Any) -> Iterator[MakePool]:
    """Make pools in folders of their own; in the end all are stopped, and nothing of them is left."""
    made: list[RealPool] = []

    # Not below /tmp, where a folder for scratch directories is a case of its own.
    def make(name: str = "htmap", uid: int | None = None, release: Any = installed) -> RealPool:
        top = Path(tempfile.mkdtemp(prefix="htmap-tests-", dir="/var/tmp"))
        if uid is not None:
            os.chown(top, uid, -1)
        stop_at_the_end(top / name)
        made.append(RealPool(Places.of(top / name), release, os.getuid() if uid is None else uid))
        return made[-1]

    try:
        yield make
    finally:
        for pool in made:
            pool.stop()
            assert processes.of_pool(pool.places) == []
            top = next(folder for folder in pool.places.root.parents if folder.name.startswith("htmap-tests-"))
            shutil.rmtree(top)


MakePool = Callable[..., RealPool]


@pytest.fixture(scope="session")
def act_as() -> Callable[[int, Callable[[], Any]], Any]:
    """Run something as another user."""
    return as_user


@pytest.fixture(scope="session")
def make_pools() -> Callable[[Release], contextlib.AbstractContextManager[MakePool]]:
    """Make pools of a release in a ``with`` block."""
    return made_pools


@pytest.fixture
def pools(installed: Release) -> Iterator[MakePool]:
    """Make pools for one test."""
    with made_pools(installed) as make:
        yield make


@pytest.fixture
def pool(pools: MakePool) -> RealPool:
    """A running pool of 8 slots for one test."""
    made = pools()
    made.start()
    return made


@pytest.fixture(scope="class")
def shared_pool(installed: Release) -> Iterator[RealPool]:
    """A running pool of 8 slots for all tests of a class."""
    with made_pools(installed) as make:
        made = make()
        made.start()
        yield made


def as_user(uid: int, action: Callable[[], T]) -> T:
    """Run *action* as another user, in a child of this process, and return what it returns or raise what it raises."""
    if uid == os.getuid():
        return action()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.environ["HOME"] = "/nonexistent"  # that of the tests may be closed to others, and bars look at settings
            outcome: tuple[T | None, tuple[BaseException, str] | None] = (action(), None)
        except BaseException as error:  # raised again in the parent
            outcome = (None, (error, traceback.format_exc()))
        with os.fdopen(write, "wb") as pipe:
            pipe.write(pickle.dumps(outcome))
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        result, problem = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    if problem:
        print(problem[1])
        raise problem[0]
    return cast("T", result)
