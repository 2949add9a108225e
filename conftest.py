"""What all tests share."""

import os
import signal

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
    """Leave out what writes no golden file when golden files are written."""
    if config.getoption("--renew-golden"):
        left_out = [item for item in items if "golden" not in getattr(item, "fixturenames", ())]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="session")
def golden(pytestconfig: pytest.Config) -> Golden:
    """Return what compares a text with its golden file; see ``tests/golden_files.py``."""
    return Golden(renew=pytestconfig.getoption("--renew-golden"))
