"""Fixtures for tests of HTMap and of its plugins.

``htmap_dir`` gives a test an HTMAP_DIR, a HOME and settings of its own; ``personal_pool`` adds a real HTCondor. Maps that the
tests of a class or of a module look at together are made in the HTMAP_DIR of ``class_pool`` or ``module_pool``.

The pool is started once for a test run, by the first test that wants it, and stopped at the end, whatever happens. All worker
processes of pytest-xdist share it; their maps do not meet, because each HTMAP_DIR has the pool as a link. HTCondor itself is
installed once, below ``HTMAP_TEST_CACHE`` (``~/.cache/htmap-tests`` unless set), and kept for the next run.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
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
_SLOTS = 16  # more than the processors of a small machine: jobs of tests mostly wait, and tests run side by side
_RUN = "HTMAP_TEST_RUN"  # the folder of the run, for worker processes and whatever else a test starts
_IN_USE: list[Path] = []  # each HTMAP_DIR of a running test
_OWNS_RUN = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Name the test run, unless this is a worker of one or a run within a run."""
    config.stash[_OWNS_RUN] = _RUN not in os.environ
    os.environ.setdefault(_RUN, str(_CACHE / f"htmap-tests-{uuid.uuid4().hex[:12]}"))
    os.environ.setdefault("HTMAP_TEST_CACHE", str(_CACHE))  # a run within a test has another HOME


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the pools of the test run, also those of workers that were killed."""
    if config.stash.get(_OWNS_RUN, False):
        folder = Path(os.environ.pop(_RUN))
        for each in folder.glob("*"):
            if each.exists():  # else it is a link to what has been deleted since
                _stop_pool(each.resolve())
        shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionstart() -> None:
    """End a test run that is asked to terminate as one that is interrupted, so that it stops the pools it started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=128 + signal.SIGTERM))


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Show what HTCondor says of the maps that are left when a test on the pool fails, or what it needs cannot be made."""
    failed = call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception)
    if failed and call.when != "teardown" and item.get_closest_marker("pool"):
        for folder in dict.fromkeys([*_IN_USE, Path(settings["HTMAP_DIR"]).expanduser()]):
            for events in sorted(folder.glob("maps/*/events")):
                if holds := _holds(events):
                    item.add_report_section(call.when, f"hold reasons {events}", "\n".join(holds))
                item.add_report_section(call.when, f"event log {events}", _end_of(events, 6000))
            for stderr in sorted(folder.glob("maps/*/outputs/**/*.stderr"))[:10]:
                item.add_report_section(call.when, f"stderr {stderr}", _end_of(stderr, 2000))


def _holds(events: Path) -> list[str]:
    """Return the job and the reason of each event 012."""
    found = re.findall(r"^012 \((\d+\.\d+)\.\d+\) .*\n\t(.*)$", _end_of(events, 1_000_000), re.MULTILINE)
    return [f"{job}: {reason}" for job, reason in found]


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
def running_pool(installed_htcondor: Path) -> Path:
    """Return the HTMAP_DIR that the personal pool of the test run belongs to, which the first who asks starts."""
    return _start_pool(installed_htcondor, "shared", "")


@contextlib.contextmanager
def pool_of_its_own(installed_htcondor: Path, configuration: str = "") -> Iterator[Path]:
    """Run a personal pool for a while, and return the HTMAP_DIR that it belongs to; for fixtures that need one unlike the others.

    A test needs one where it fills the pool, or disturbs it: others run beside it.

    :param installed_htcondor: what the fixture of that name returns.
    :param configuration: lines of HTCondor configuration that this pool has beside its own.
    """
    folder = _start_pool(installed_htcondor, uuid.uuid4().hex[:12], configuration)
    try:
        yield folder
    finally:
        _stop_pool(folder)


def stop_at_the_end(htmap_dir: Path) -> None:
    """Have the pool of an HTMAP_DIR stopped at the end of the test run, should the test that starts it not come so far."""
    (_run_folder() / uuid.uuid4().hex[:12]).symlink_to(htmap_dir)


def _start_pool(installed_htcondor: Path, name: str, configuration: str) -> Path:
    """Start a pool of the test run, unless it runs, and return its HTMAP_DIR; htmap-pool sees to it that one starts it."""
    folder = _run_folder() / name
    for each in (folder, folder / "pool", folder / "pool" / "config.d"):
        each.mkdir(mode=0o700, exist_ok=True)
    (folder / "pool" / "config.d" / "test.conf").write_text(configuration)
    with contextlib.suppress(FileExistsError):  # another worker was quicker
        (folder / "pool" / "htcondor").symlink_to(installed_htcondor / "pool" / "htcondor")
    started = _htmap_pool(folder, "start", "--cpus", str(_SLOTS))
    if started.returncode != 0:
        pytest.fail(f"the pool did not start: {started.stdout} {started.stderr}")
    return folder


def _stop_pool(htmap_dir: Path) -> None:
    _htmap_pool(htmap_dir, "stop")
    shutil.rmtree(htmap_dir, ignore_errors=True)


def _run_folder() -> Path:
    """Return the folder with the pools of this test run, which nobody else can look into."""
    folder = Path(os.environ[_RUN])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@pytest.fixture
def personal_pool(htmap_dir: Path, running_pool: Path) -> Iterator[Path]:
    """Give a test the running pool, with maps of its own, which are removed afterwards. Return the HTMAP_DIR."""
    with htmap_dir_with_pool(htmap_dir, running_pool):
        yield htmap_dir  # which the settings of the test name already


@pytest.fixture(scope="class")
def class_pool(tmp_path_factory: pytest.TempPathFactory, running_pool: Path) -> Iterator[Path]:
    """Return an HTMAP_DIR with the running pool, for maps that the tests of a class look at together."""
    with htmap_dir_with_pool(tmp_path_factory.mktemp("class") / "htmap", running_pool) as folder:
        yield folder


@pytest.fixture(scope="module")
def module_pool(tmp_path_factory: pytest.TempPathFactory, running_pool: Path) -> Iterator[Path]:
    """Return an HTMAP_DIR with the running pool, for maps that the tests of a module look at together."""
    with htmap_dir_with_pool(tmp_path_factory.mktemp("module") / "htmap", running_pool) as folder:
        yield folder


@pytest.fixture
def in_class_pool(htmap_dir: Path, class_pool: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 -- it comes first
    """Have a test use the HTMAP_DIR of ``class_pool``, and return it."""
    monkeypatch.setenv("HTMAP_DIR", str(class_pool))
    return class_pool


@pytest.fixture
def in_module_pool(htmap_dir: Path, module_pool: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 -- it comes first
    """Have a test use the HTMAP_DIR of ``module_pool``, and return it."""
    monkeypatch.setenv("HTMAP_DIR", str(module_pool))
    return module_pool


@contextlib.contextmanager
def htmap_dir_with_pool(htmap_dir: Path, running_pool: Path) -> Iterator[Path]:
    """Make an HTMAP_DIR whose pool is one that runs, and remove its maps in the end.

    :param htmap_dir: the folder, which is made if need be.
    :param running_pool: the HTMAP_DIR that the pool belongs to.
    """
    htmap_dir.mkdir(parents=True, exist_ok=True)
    (htmap_dir / "pool").symlink_to(running_pool / "pool")
    _IN_USE.append(htmap_dir)
    try:
        yield htmap_dir
    finally:
        _IN_USE.remove(htmap_dir)
        with using_htmap_dir(htmap_dir):
            for tag in management.get_tags():
                management.load(tag).remove(force=True)


def _htmap_pool(htmap_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**_ENVIRONMENT, "HTMAP_DIR": str(htmap_dir), "HTMAP_PLUGINS": "pool"}
    environment["HTMAP_POOL_START_TIMEOUT"] = "300"  # a machine that is busy with tests is slow, and not broken
    command = [sys.executable, "-m", "htmap", "pool", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
