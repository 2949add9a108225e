"""The promises that htmap-cern keeps."""

from __future__ import annotations

from htmap_core.testing import PluginContract


class TestCern(PluginContract):
    plugin = "cern"
    distribution = "htmap-cern"
