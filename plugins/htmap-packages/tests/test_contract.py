"""The promises that htmap-packages keeps."""

from __future__ import annotations

from htmap_core.testing import DeliveryMethodContract


class TestPackages(DeliveryMethodContract):
    plugin = "packages"
    distribution = "htmap-packages"
    method = "packages"
