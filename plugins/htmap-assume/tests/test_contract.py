"""The promises that htmap-assume keeps."""

from __future__ import annotations

from htmap_core.testing import DeliveryMethodContract


class TestAssume(DeliveryMethodContract):
    plugin = "assume"
    distribution = "htmap-assume"
    method = "assume"
