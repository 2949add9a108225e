"""Personal pools of a test run: each is stopped at its end, whatever happens."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from htmap_core.maps import management
from htmap_core.testing.own_settings import using_htmap_dir

# As they are before any test has a HOME of its own, in which HTCondor would have to be installed again.
_ENVIRONMENT = dict(os.environ)
CACHE = Path(os.environ.get("HTMAP_TEST_CACHE") or "~/.cache/htmap-tests").expanduser()
_SLOTS = 16  # more than the processors of a small machine: jobs of tests mostly wait, and tests run side by side
RUN = "HTMAP_TEST_RUN"  # the folder of the run, for worker processes and whatever else a test starts
IN_USE: list[Path] = []  # each HTMAP_DIR of a running test


@contextlib.contextmanager
def pool_of_its_own(installed_htcondor: Path, configuration: str = "") -> Iterator[Path]:
    """Run a personal pool for a while, and return the HTMAP_DIR that it belongs to; for fixtures that need one unlike the others.

    A test needs one where it fills the pool, or disturbs it: others run beside it::

        @pytest.fixture(scope="module")
        def docker_pool(installed_htcondor: Path) -> Iterator[Path]:
            with pool_of_its_own(installed_htcondor, "DOCKER = /usr/bin/podman") as htmap_dir:
                yield htmap_dir

    :param installed_htcondor: what the fixture of that name returns.
    :param configuration: lines of HTCondor configuration that this pool has beside its own.

    Since 0.7.
    """
    folder = start_pool(installed_htcondor, uuid.uuid4().hex[:12], configuration)
    try:
        yield folder
    finally:
        stop_pool(folder)


def stop_at_the_end(htmap_dir: Path) -> None:
    """Have the pool of an HTMAP_DIR stopped at the end of the test run, should the test that starts it not come so far.

    Call it before the pool is started::

        stop_at_the_end(tmp_path / "htmap")
        subprocess.run(["htmap", "pool", "start"], env={**os.environ, "HTMAP_DIR": str(tmp_path / "htmap")}, check=True)

    Since 0.7.
    """
    (_run_folder() / uuid.uuid4().hex[:12]).symlink_to(htmap_dir)


def start_pool(installed_htcondor: Path, name: str, configuration: str) -> Path:
    """Start a pool of the test run, unless it runs, and return its HTMAP_DIR; htmap-pool sees to it that one starts it."""
    folder = _run_folder() / name
    for each in (folder, folder / "pool", folder / "pool" / "config.d"):
        each.mkdir(mode=0o700, exist_ok=True)
    (folder / "pool" / "config.d" / "test.conf").write_text(configuration)
    with contextlib.suppress(FileExistsError):  # another worker was quicker
        (folder / "pool" / "htcondor").symlink_to(installed_htcondor / "pool" / "htcondor")
    started = htmap_pool(folder, "start", "--cpus", str(_SLOTS))
    if started.returncode != 0:
        pytest.fail(f"the pool did not start: {started.stdout} {started.stderr}")
    return folder


def stop_pool(htmap_dir: Path) -> None:
    """Stop the pool of an HTMAP_DIR, and delete that."""
    htmap_pool(htmap_dir, "stop")
    shutil.rmtree(htmap_dir, ignore_errors=True)


def _run_folder() -> Path:
    """Return the folder with the pools of this test run, which nobody else can look into."""
    folder = Path(os.environ[RUN])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def htmap_dir_with_pool(htmap_dir: Path, running_pool: Path) -> Iterator[Path]:
    """Make an HTMAP_DIR whose pool is one that runs, and remove its maps in the end.

    :param htmap_dir: the folder, which is made if need be.
    :param running_pool: the HTMAP_DIR that the pool belongs to.
    """
    htmap_dir.mkdir(parents=True, exist_ok=True)
    (htmap_dir / "pool").symlink_to(running_pool / "pool")
    IN_USE.append(htmap_dir)
    try:
        yield htmap_dir
    finally:
        IN_USE.remove(htmap_dir)
        with using_htmap_dir(htmap_dir):
            for tag in management.get_tags():
                management.load(tag).remove(force=True)


def htmap_pool(htmap_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``htmap pool``, with the environment that the test run began with."""
    environment = {**_ENVIRONMENT, "HTMAP_DIR": str(htmap_dir), "HTMAP_PLUGINS": "pool"}
    environment["HTMAP_POOL_START_TIMEOUT"] = "300"  # a machine that is busy with tests is slow, and not broken
    command = [sys.executable, "-m", "htmap", "pool", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
