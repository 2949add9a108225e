pytest_plugins = ["htmap_core.testing.fixtures"]
