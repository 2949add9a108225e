"""Fixtures for tests of HTMap and of its plugins.

``htmap_dir`` gives a test an HTMAP_DIR, a HOME and settings of its own; ``personal_pool`` adds a real HTCondor, which is started
once for a test run and stopped at its end, whatever happens. HTCondor itself is installed once, below ``HTMAP_TEST_CACHE``
(``~/.cache/htmap-tests`` unless set), and kept for the next run.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core.maps import management
from htmap_core.settings.chain import Settings, settings

# As they are before any test has a HOME of its own, in which HTCondor would have to be installed again.
_ENVIRONMENT = dict(os.environ)
_CACHE = Path(os.environ.get("HTMAP_TEST_CACHE") or "~/.cache/htmap-tests").expanduser()
_PAUSES = (5, 30)  # seconds between attempts to install where no person waits: mirrors and networks fail for a moment
_SLOTS = 8  # more than the processors of a small machine: jobs of tests mostly wait


def pytest_sessionstart() -> None:
    """End a test run that is asked to terminate as one that is interrupted, so that it stops the pools it started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=128 + signal.SIGTERM))


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show what HTCondor says of the maps that are left when a test on the pool fails."""
    if call.when == "call" and call.excinfo is not None and item.get_closest_marker("pool"):
        folder = Path(settings["HTMAP_DIR"]).expanduser()
        for events in sorted(folder.glob("maps/*/events")):
            item.add_report_section("call", f"event log {events}", _end_of(events, 6000))
        for stderr in sorted(folder.glob("maps/*/outputs/**/*.stderr"))[:10]:
            item.add_report_section("call", f"stderr {stderr}", _end_of(stderr, 2000))


def _end_of(path: Path, count: int) -> str:
    try:
        return path.read_text(errors="replace")[-count:]
    except OSError as error:
        return str(error)  # gone meanwhile; an error here would end the whole test run


def using_htmap_dir(htmap_dir: Path) -> contextlib.AbstractContextManager[None]:
    """Use an HTMAP_DIR for a while, whatever the settings say; for fixtures that live longer than a test."""
    return _settings_with({"HTMAP_DIR": htmap_dir})


@contextlib.contextmanager
def _settings_with(table: dict[str, Any]) -> Iterator[None]:
    before = Settings.from_settings({})
    before.replace(settings)
    settings.prepend(table)
    try:
        yield
    finally:
        settings.replace(before)


@pytest.fixture
def htmap_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a test an HTMAP_DIR, which does not exist yet, a HOME, and settings that nothing has changed."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("HTMAP_") and not name.startswith("HTMAP_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CONDOR_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HTMAP_DIR", str(tmp_path / "htmap"))
    with _settings_with({}):
        yield tmp_path / "htmap"


@pytest.fixture(scope="session")
def installed_htcondor() -> Path:
    """Return the folder of an HTCondor that htmap-pool can start, installed by it on the first test run of a machine."""
    result = _htmap_pool(_CACHE, "install")
    for pause in _PAUSES if os.environ.get("CI") == "true" else ():
        if result.returncode == 0:
            break
        time.sleep(pause)
        result = _htmap_pool(_CACHE, "install")
    if result.returncode != 0:
        message = f"no HTCondor could be installed: {result.stderr[-2000:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return _CACHE


@pytest.fixture(scope="session")
def running_pool(installed_htcondor: Path) -> Iterator[Path]:
    """Run a personal pool for the test run, and return the HTMAP_DIR that it belongs to."""
    with pool_of_its_own(installed_htcondor) as folder:
        yield folder


@contextlib.contextmanager
def pool_of_its_own(installed_htcondor: Path, configuration: str = "") -> Iterator[Path]:
    """Run a personal pool for a while, and return the HTMAP_DIR that it belongs to; for fixtures that need one unlike the others.

    :param installed_htcondor: what the fixture of that name returns.
    :param configuration: lines of HTCondor configuration that this pool has beside its own.
    """
    folder = Path(tempfile.mkdtemp(prefix="htmap-tests-", dir=installed_htcondor))
    (folder / "pool" / "config.d").mkdir(parents=True)
    (folder / "pool" / "config.d" / "test.conf").write_text(configuration)
    (folder / "pool" / "htcondor").symlink_to(installed_htcondor / "pool" / "htcondor")
    try:
        started = _htmap_pool(folder, "start", "--cpus", str(_SLOTS))
        if started.returncode != 0:
            pytest.fail(f"the pool did not start: {started.stdout} {started.stderr}")
        yield folder
    finally:
        _htmap_pool(folder, "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def personal_pool(htmap_dir: Path, running_pool: Path) -> Iterator[Path]:  # noqa: ARG001 -- settings must be the test's own
    """Give a test the running pool; its maps are removed afterwards. Return the HTMAP_DIR."""
    settings["HTMAP_DIR"] = running_pool
    os.environ["HTMAP_DIR"] = str(running_pool)  # for processes that the test starts; htmap_dir restores it
    yield running_pool
    for tag in management.get_tags():
        management.load(tag).remove(force=True)


def _htmap_pool(htmap_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**_ENVIRONMENT, "HTMAP_DIR": str(htmap_dir), "HTMAP_PLUGINS": "pool"}
    environment["HTMAP_POOL_START_TIMEOUT"] = "300"  # a machine that is busy with tests is slow, and not broken
    command = [sys.executable, "-m", "htmap", "pool", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 -- our own
