"""The promises that htmap-transplant keeps."""

from __future__ import annotations

from htmap_core.testing import DeliveryMethodContract


class TestTransplant(DeliveryMethodContract):
    plugin = "transplant"
    distribution = "htmap-transplant"
    method = "transplant"
