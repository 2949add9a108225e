"""The promises that htmap-cern keeps."""

from __future__ import annotations

from htmap_core.testing import SiteContract, TransferProtocolContract


class TestCern(SiteContract):
    plugin = "cern"
    distribution = "htmap-cern"
    pool = "cern"
    time_limit = "MY.MaxRuntime"
    a_day = "86400"

    def test_the_walltime_wins_over_the_settings(self) -> None:
        jobs = self.described({"walltime": "2h"}, {"CERN.JOB_FLAVOUR": "espresso"})
        assert jobs["MY.MaxRuntime"] == "$(htmap_walltime) + 600"
        assert "MY.JobFlavour" not in jobs


class TestRoot(TransferProtocolContract):
    plugin = "cern"
    distribution = "htmap-cern"
    scheme = "root"
    has_no_script = "the HTCondor of the slots has one, at CERN"
