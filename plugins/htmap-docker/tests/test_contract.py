"""The promises that htmap-docker keeps."""

from __future__ import annotations

from htmap_core.testing import DeliveryMethodContract


class TestDocker(DeliveryMethodContract):
    plugin = "docker"
    distribution = "htmap-docker"
    method = "docker"
    personal_pool_lacks = "Docker"
