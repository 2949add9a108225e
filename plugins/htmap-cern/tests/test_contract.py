"""The promises that htmap-cern keeps."""

from __future__ import annotations

from htmap_core.testing import SiteContract, TransferProtocolContract


class TestCern(SiteContract):
    plugin = "cern"
    distribution = "htmap-cern"
    pool = "cern"
    time_limit = "MY.MaxRuntime"
    a_day = "86400"
    beside = ("singularity",)

    def test_the_walltime_wins_over_the_settings(self) -> None:
        jobs = self.described({"walltime": "2h"}, {"CERN.JOB_FLAVOUR": "espresso"})
        assert jobs["MY.MaxRuntime"] == "$(htmap_walltime) + 600"
        assert jobs["MY.JobFlavour"] == '"workday"'

    def test_the_walltimes_of_components_are_the_maximum_runtimes_of_their_jobs(self) -> None:
        jobs = self.described({"walltime": ["1h", "2d", "3h"]})
        assert jobs["MY.MaxRuntime"] == "$(htmap_walltime) + 600"
        assert jobs["MY.JobFlavour"] == '"testmatch"'

    def test_built_in_requests_give_way_to_what_comes_with_cores(self) -> None:
        assert self.described()["request_memory"] == "2000MB"
        assert self.described(settings={"MAP_OPTIONS.request_memory": "1GB"})["request_memory"] == "1GB"

    def test_an_image_under_cvmfs_is_run_where_it_is(self) -> None:
        image = "/cvmfs/unpacked.cern.ch/registry.hub.docker.com/library/python:3.9"
        vanilla = {"SINGULARITY.IMAGE": image, "SINGULARITY.UNIVERSE": "vanilla"}
        jobs = self.described(settings=vanilla, delivery_method="singularity")
        assert jobs["MY.SingularityImage"] == f'"{image}"'
        jobs = self.described(settings={"SINGULARITY.IMAGE": image}, delivery_method="singularity")
        assert (jobs["universe"], jobs["container_image"]) == ("container", image)
        assert jobs["transfer_container"] == "false"


class TestRoot(TransferProtocolContract):
    plugin = "cern"
    distribution = "htmap-cern"
    scheme = "root"
    has_no_script = "the HTCondor of the slots has one, at CERN"
