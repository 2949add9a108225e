"""The promises that htmap-sw keeps."""

from __future__ import annotations

from htmap_core.testing import DeliveryMethodContract, described


class TestSw(DeliveryMethodContract):
    plugin = "sw"
    distribution = "htmap-sw"
    method = "sw"
    personal_pool_lacks = "software tree"

    def test_the_setting_chooses_the_python(self) -> None:
        jobs = described(settings={"SW.PYTHON": "3.12"}, delivery_method="sw")
        assert jobs["executable"] == "/sw/python-3.12/bin/python3"

    def test_jobs_go_to_slots_that_have_it(self) -> None:
        jobs = described({"requirements": "HasGPU"}, delivery_method="sw")
        assert jobs["requirements"] == "(HasGPU) && (HasSoftwareTree =?= true)"
