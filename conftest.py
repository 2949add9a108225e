"""What all tests share."""

import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["htmap_core.testing.fixtures"]

# A busy machine is no failure: hypothesis would fail a test by the time that an example took.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A run of the tests says something of what was changed, and not of luck: the same examples each time.
settings.register_profile("dependable", settings.get_profile("exploring"), derandomize=True)
settings.load_profile("dependable")

# What a shell starts in the background ignores Ctrl-C, and so would every process that a test starts and sends one.
signal.signal(signal.SIGINT, signal.default_int_handler)
