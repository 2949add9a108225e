"""The personal pools of a test run; all of them stop at its end, whatever happens."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from htmap_core.maps import management
from htmap_core.testing.own_settings import using_htmap_dir

# The environment before any test changes HOME: in a new HOME, HTCondor would have to be installed again.
_ENVIRONMENT = dict(os.environ)
CACHE = Path(os.environ.get("HTMAP_TEST_CACHE") or "~/.cache/htmap-tests").expanduser()
_SLOTS = 16  # more than the processors of a small machine: jobs of tests mostly wait, and tests run side by side
RUN = "HTMAP_TEST_RUN"  # the folder of the run, for worker processes and other processes that tests start
IN_USE: list[Path] = []  # each HTMAP_DIR of a running test


@contextlib.contextmanager
def pool_of_its_own(installed_htcondor: Path, configuration: str = "", options: Sequence[str] = ()) -> Iterator[Path]:
    """Run another personal pool in a ``with`` block, and return the HTMAP_DIR that it belongs to.

    Use it for a test that fills the pool, disturbs it or needs another configuration, because other tests use the shared pool at
    the same time::

        @pytest.fixture(scope="module")
        def docker_pool(installed_htcondor: Path) -> Iterator[Path]:
            with pool_of_its_own(installed_htcondor, "DOCKER = /usr/bin/podman") as htmap_dir:
                yield htmap_dir

    :param installed_htcondor: the value of the fixture of that name.
    :param configuration: additional lines of HTCondor configuration.
    :param options: more options of `htmap pool start`, such as ``["--enforce-memory"]``.

    Since 0.7.
    """
    folder = start_pool(installed_htcondor, uuid.uuid4().hex[:12], configuration, options)
    try:
        yield folder
    finally:
        stop_pool(folder)


def stop_at_the_end(htmap_dir: Path) -> None:
    """Stop the pool of an HTMAP_DIR at the end of the test run, in case the test that starts it does not.

    Call this before the pool starts::

        stop_at_the_end(tmp_path / "htmap")
        subprocess.run(["htmap", "pool", "start"], env={**os.environ, "HTMAP_DIR": str(tmp_path / "htmap")}, check=True)
    """
    (_run_folder() / uuid.uuid4().hex[:12]).symlink_to(htmap_dir)


def start_pool(installed_htcondor: Path, name: str, configuration: str, options: Sequence[str] = ()) -> Path:
    """Start a pool of the test run unless it runs, and return its HTMAP_DIR; htmap-pool makes sure that only one process does."""
    folder = _run_folder() / name
    for each in (folder, folder / "pool", folder / "pool" / "config.d"):
        each.mkdir(mode=0o700, exist_ok=True)
    (folder / "pool" / "config.d" / "test.conf").write_text(configuration)
    with contextlib.suppress(FileExistsError):  # another worker was quicker
        (folder / "pool" / "htcondor").symlink_to(installed_htcondor / "pool" / "htcondor")
    started = htmap_pool(folder, "start", "--cpus", str(_SLOTS), *options)
    if started.returncode != 0:
        pytest.fail(f"the pool did not start: {started.stdout} {started.stderr}")
    return folder


def stop_pool(htmap_dir: Path) -> None:
    """Stop the pool of an HTMAP_DIR, and delete the HTMAP_DIR."""
    htmap_pool(htmap_dir, "stop")
    shutil.rmtree(htmap_dir, ignore_errors=True)


def _run_folder() -> Path:
    """Return the folder with the pools of this test run, which other users cannot read."""
    folder = Path(os.environ[RUN])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def htmap_dir_with_pool(htmap_dir: Path, running_pool: Path) -> Iterator[Path]:
    """Create an HTMAP_DIR that uses a running pool, and remove its maps in the end.

    :param htmap_dir: the folder, which is created if need be.
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
    """Run ``htmap pool`` in the environment in which the test run began."""
    environment = {**_ENVIRONMENT, "HTMAP_DIR": str(htmap_dir), "HTMAP_PLUGINS": "pool"}
    environment["HTMAP_POOL_START_TIMEOUT"] = "300"  # seconds: a machine that is busy with tests is slow, not broken
    command = [sys.executable, "-m", "htmap", "pool", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
