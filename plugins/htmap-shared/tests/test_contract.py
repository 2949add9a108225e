"""The promises that htmap-shared keeps."""

from __future__ import annotations

from htmap_core.testing import DeliveryMethodContract


class TestShared(DeliveryMethodContract):
    plugin = "shared"
    distribution = "htmap-shared"
    method = "shared"
