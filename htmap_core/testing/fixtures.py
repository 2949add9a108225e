"""Fixtures for tests of HTMap and of its plugins.

``htmap_dir`` gives a test its own HTMAP_DIR, HOME and settings; ``personal_pool`` adds a real HTCondor. The tests of a class or
of a module can share maps in the HTMAP_DIR of ``class_pool`` or ``module_pool``.

The first test that needs the pool starts it. It stops at the end of the test run, whatever happens. All worker processes of
pytest-xdist share it. Their maps stay apart, because each HTMAP_DIR has the pool as a link. HTCondor itself is installed once,
below ``HTMAP_TEST_CACHE`` (``~/.cache/htmap-tests`` unless set), and kept for the next run.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from htmap_core import names
from htmap_core.exceptions import HTMapException
from htmap_core.settings.chain import settings
from htmap_core.storage.mapdir import MapDir
from htmap_core.testing import pools
from htmap_core.testing.own_settings import settings_with

_PAUSES = (5, 30)  # seconds between attempts to install in CI: mirrors and networks fail for a moment
_OWNS_RUN = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the test run, unless this process is a worker of one or a run within a run. Register the marker."""
    config.addinivalue_line("markers", "pool: runs maps on a personal pool")
    config.stash[_OWNS_RUN] = pools.RUN not in os.environ
    os.environ.setdefault(pools.RUN, str(pools.CACHE / f"htmap-tests-{uuid.uuid4().hex[:12]}"))
    os.environ.setdefault("HTMAP_TEST_CACHE", str(pools.CACHE))  # for a run within a test, which has another HOME


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the pools of the test run, also those of killed workers."""
    if config.stash.get(_OWNS_RUN, False):
        folder = Path(os.environ.pop(pools.RUN))
        for each in folder.glob("*"):
            if each.exists():  # otherwise it is a link to a deleted folder
                pools.stop_pool(each.resolve())
        shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionstart() -> None:
    """Make SIGTERM end a test run like Ctrl-C does, so that it stops the pools that it started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", returncode=128 + signal.SIGTERM))


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """When a test on the pool or its set-up fails, show the event logs, hold reasons and stderr of the maps that are left."""
    failed = call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception)
    if failed and call.when != "teardown" and item.get_closest_marker("pool"):
        for folder in dict.fromkeys([*pools.IN_USE, Path(settings["HTMAP_DIR"]).expanduser()]):
            for events in sorted(folder.glob("maps/*/events")):
                if holds := _holds(events):
                    item.add_report_section(call.when, f"hold reasons {events}", "\n".join(holds))
                item.add_report_section(call.when, f"event log {events}", _end_of(events, 6000))
                for what, text in itertools.islice(_complaints(MapDir(events.parent)), 10):
                    item.add_report_section(call.when, f"stderr {what}", text[-2000:])


def _holds(events: Path) -> list[str]:
    """Return the job and the reason of each event 012."""
    found = re.findall(r"^012 \((\d+\.\d+)\.\d+\) .*\n\t(.*)$", _end_of(events, 1_000_000), re.MULTILINE)
    return [f"{job}: {reason}" for job, reason in found]


def _complaints(map_dir: MapDir) -> Iterator[tuple[str, str]]:
    """Yield what the components of a map have written to standard error, with where it is."""
    with contextlib.suppress(OSError, HTMapException):  # the map may be half gone
        map_dir.refresh()
        for job in map_dir.placement.jobs():
            where = f"{map_dir.path}/{names.OUTPUTS}/{job.output}"
            if map_dir.outputs.has_ended(job):
                returned = map_dir.outputs.open(job)
                found = [(each, returned.output(each, "stderr")) for each in returned.statuses]
                yield from (
                    (f"{where} of component {each}", text.decode(errors="replace")) for each, text in found if text
                )
            elif words := map_dir.outputs.last_words(job, "stderr", 2000):
                yield where, words.decode(errors="replace")


def _end_of(path: Path, count: int) -> str:
    try:
        return path.read_text(errors="replace")[-count:]
    except OSError as error:
        return str(error)  # the file is gone; an exception here would end the whole test run


@pytest.fixture
def htmap_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a test an HTMAP_DIR that does not exist yet, an empty HOME, and unchanged settings. Return the HTMAP_DIR."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith("HTMAP_") and not name.startswith("HTMAP_TEST_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("CONDOR_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HTMAP_CONFIG", "")  # not the settings of this machine
    monkeypatch.setenv("HTMAP_DIR", str(tmp_path / "htmap"))
    with settings_with({}):
        yield tmp_path / "htmap"


@pytest.fixture(scope="session")
def installed_htcondor() -> Path:
    """Return the folder of an HTCondor that htmap-pool can start; the first test run on a machine installs it."""
    result = pools.htmap_pool(pools.CACHE, "install")
    for pause in _PAUSES if os.environ.get("CI") == "true" else ():
        if result.returncode == 0:
            break
        time.sleep(pause)
        result = pools.htmap_pool(pools.CACHE, "install")
    if result.returncode != 0:
        message = f"no HTCondor could be installed: {result.stderr[-2000:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return pools.CACHE


@pytest.fixture(scope="session")
def running_pool(installed_htcondor: Path) -> Path:
    """Start the personal pool of the test run if need be, and return the HTMAP_DIR that it belongs to."""
    return pools.start_pool(installed_htcondor, "shared", "")


@pytest.fixture
def personal_pool(htmap_dir: Path, running_pool: Path) -> Iterator[Path]:
    """Give a test the running pool with an HTMAP_DIR of its own, and return that. Its maps are removed afterwards."""
    with pools.htmap_dir_with_pool(htmap_dir, running_pool):
        yield htmap_dir  # the fixture htmap_dir has set it already


@pytest.fixture(scope="class")
def class_pool(tmp_path_factory: pytest.TempPathFactory, running_pool: Path) -> Iterator[Path]:
    """Return an HTMAP_DIR with the running pool, for maps that the tests of a class share."""
    with pools.htmap_dir_with_pool(tmp_path_factory.mktemp("class") / "htmap", running_pool) as folder:
        yield folder


@pytest.fixture(scope="module")
def module_pool(tmp_path_factory: pytest.TempPathFactory, running_pool: Path) -> Iterator[Path]:
    """Return an HTMAP_DIR with the running pool, for maps that the tests of a module share."""
    with pools.htmap_dir_with_pool(tmp_path_factory.mktemp("module") / "htmap", running_pool) as folder:
        yield folder


@pytest.fixture
def in_class_pool(htmap_dir: Path, class_pool: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 -- it comes first
    """Make a test use the HTMAP_DIR of ``class_pool``, and return it."""
    monkeypatch.setenv("HTMAP_DIR", str(class_pool))
    return class_pool


@pytest.fixture
def in_module_pool(htmap_dir: Path, module_pool: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 -- it comes first
    """Make a test use the HTMAP_DIR of ``module_pool``, and return it."""
    monkeypatch.setenv("HTMAP_DIR", str(module_pool))
    return module_pool
