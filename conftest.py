"""What all tests share, and in which order workers of pytest-xdist take them: `make test` starts several."""

from __future__ import annotations

import functools
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.golden_files import Golden

pytest_plugins = ["htmap_core.testing.fixtures"]

# A busy machine is no failure: hypothesis would fail a test by the time that an example took.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A run of the tests says something of what was changed, and not of luck: the same examples each time.
settings.register_profile("dependable", settings.get_profile("exploring"), derandomize=True)
settings.load_profile("dependable")

# What a shell starts in the background ignores Ctrl-C, and so would every process that a test starts and sends one.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes the golden files."""
    parser.addoption(
        "--renew-golden", action="store_true", help="write tests/golden anew; runs only the tests that use it"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to write golden files where nobody would read what changed in them."""
    if config.getoption("--renew-golden") and os.environ.get("CI") == "true":
        raise pytest.UsageError("--renew-golden is not for continuous integration: it would accept any text")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what writes no golden file when they are written; have workers begin with what takes long."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_comes_late)  # so that none of them is left alone with it in the end
    if config.getoption("--renew-golden"):
        left_out = [item for item in items if "golden" not in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def renewed_golden_files(pytestconfig: pytest.Config) -> dict[str, str] | None:
    """Return the golden files written in this run, none as yet, or None where they are only compared with."""
    return {} if pytestconfig.getoption("--renew-golden") else None


@pytest.fixture
def golden(tmp_path: Path, renewed_golden_files: dict[str, str] | None) -> Golden:
    """Return what compares a text with its golden file; see ``tests/golden_files.py``."""
    return Golden(hide={tmp_path: "TMP"}, renewed=renewed_golden_files)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share out the tests: those of a class go to one worker, and those of a module where they look at the same thing."""
    from xdist.scheduler import LoadScopeScheduling

    class ByWhatIsShared(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file, _, rest = nodeid.partition("::")
            if _is_shared(config.rootpath / file):
                return file
            return nodeid.rpartition("::")[0] if "::" in rest else nodeid

    return ByWhatIsShared(config, log)


@functools.cache
def _is_shared(file: Path) -> bool:
    """Return whether the tests of a module share maps or a pool, which each worker would have to make for itself."""
    return file.exists() and any(each in file.read_text() for each in ('scope="module"', "site: Servers"))


def _comes_late(item: pytest.Item) -> tuple[float, bool, bool]:
    timeout = item.get_closest_marker("timeout")
    patience = timeout.args[0] if timeout else 0
    return -patience, not item.get_closest_marker("packs"), not item.get_closest_marker("pool")
