"""The promises that htmap-ospool keeps."""

from __future__ import annotations

from typing import Any

import pytest

from htmap_core.testing import SiteContract


@pytest.mark.filterwarnings("ignore::htmap_ospool.LongJobs")  # a day is long there, and not refused
class TestOspool(SiteContract):
    plugin = "ospool"
    distribution = "htmap-ospool"
    pool = "ospool"
    time_limit = "MY.JobDurationCategory"
    a_day = '"Long"'

    def site_settings(self) -> dict[str, Any]:
        return {"OSPOOL.PROJECT": "UWMadison_Tides"}

    def test_the_project_is_in_every_job(self) -> None:
        assert self.described()["MY.ProjectName"] == '"UWMadison_Tides"'
