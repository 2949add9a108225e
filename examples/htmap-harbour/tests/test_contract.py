"""The promises that htmap-harbour keeps, and the rules of the site, without its pool."""

from __future__ import annotations

from htmap_core.testing import SiteContract


class TestHarbour(SiteContract):
    plugin = "harbour"
    distribution = "htmap-harbour"
    pool = "harbour"
    time_limit = "MY.MaxRuntime"
    a_day = "86400"

    def test_the_project_is_in_every_job(self) -> None:
        assert self.described(settings={"HARBOUR.PROJECT": "tides"})["MY.ProjectName"] == '"tides"'

    def test_jobs_get_two_gigabytes_unless_their_user_says_otherwise(self) -> None:
        assert self.described()["request_memory"] == "2GB"
        assert self.described({"request_memory": "4GB"})["request_memory"] == "4GB"
