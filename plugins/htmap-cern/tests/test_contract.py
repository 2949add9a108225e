"""The promises that htmap-cern keeps."""

from __future__ import annotations

from htmap_core.testing import SiteContract


class TestCern(SiteContract):
    plugin = "cern"
    distribution = "htmap-cern"
    pool = "cern"
    time_limit = "MY.MaxRuntime"
    a_day = "86400"
