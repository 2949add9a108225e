"""The pool of the benchmarks: the tests' HTCondor, in an HTMAP_DIR of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SLOTS = 8  # as in the published figures; jobs of short functions mostly wait


@contextlib.contextmanager
def environment() -> Iterator[Path]:
    """Give this process and its children an HTMAP_DIR and a HOME of their own; remove both at the end."""
    cache = Path(os.environ.get("HTMAP_TEST_CACHE") or "~/.cache/htmap-tests").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="htmap-bench-", dir=cache))
    before = dict(os.environ)
    try:
        for name in [name for name in os.environ if name.startswith(("HTMAP_", "CONDOR_", "_CONDOR_"))]:
            del os.environ[name]
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # pip would have compiled it
        (folder / "home").mkdir()
        os.environ.update(HOME=str(folder / "home"), HTMAP_DIR=str(folder / "htmap"), HTMAP_TEST_CACHE=str(cache))
        yield folder
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[None]:
    """Run a personal pool in the HTMAP_DIR of :func:`environment`; stop it at the end, also after an error."""
    cache = Path(os.environ["HTMAP_TEST_CACHE"])
    _htmap("pool", "install", HTMAP_DIR=str(cache))
    pool = folder / "htmap" / "pool"
    pool.mkdir(parents=True)
    (pool / "htcondor").symlink_to(cache / "pool" / "htcondor")
    try:
        _htmap("pool", "start", "--cpus", str(SLOTS))
        os.environ["CONDOR_CONFIG"] = str(
            pool / "condor_config"
        )  # for the plain submissions with which ours are compared
        yield
    finally:
        os.environ.pop("CONDOR_CONFIG", None)
        _htmap("pool", "stop")


def _htmap(*arguments: str, **variables: str) -> None:
    command = [sys.executable, "-m", "htmap", *arguments]
    environment = {**os.environ, "HTMAP_PLUGINS": "pool", **variables}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
