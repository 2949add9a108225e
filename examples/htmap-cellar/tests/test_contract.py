"""The promises that htmap-cellar keeps."""

from __future__ import annotations

from htmap_core.testing import TransferProtocolContract


class TestCellar(TransferProtocolContract):
    plugin = "cellar"
    distribution = "htmap-cellar"
    scheme = "cellar"
