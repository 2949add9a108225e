"""What all tests share."""

pytest_plugins = ["htmap_core.testing.fixtures"]
