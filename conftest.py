"""What all tests share."""

import signal

from hypothesis import HealthCheck, settings

pytest_plugins = ["htmap_core.testing.fixtures"]

# A busy machine is no failure: hypothesis would fail a test by the time that an example took.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# What a shell starts in the background ignores Ctrl-C, and so would every process that a test starts and sends one.
signal.signal(signal.SIGINT, signal.default_int_handler)
