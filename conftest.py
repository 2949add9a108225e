"""What all tests share."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["htmap_core.testing.fixtures"]

# A busy machine is no failure: hypothesis would fail a test by the time that an example took.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
