"""The promises that htmap-singularity keeps."""

from __future__ import annotations

from htmap_core.testing import DeliveryMethodContract


class TestSingularity(DeliveryMethodContract):
    plugin = "singularity"
    distribution = "htmap-singularity"
    method = "singularity"
    personal_pool_lacks = "Apptainer"
