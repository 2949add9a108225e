"""The promises that the core's own plugin keeps: the machine's pool, and a protocol of each kind."""

from __future__ import annotations

from htmap_core.testing import PoolContract, TransferProtocolContract

HTCONDORS = "HTCondor has its own"


class TestMachine(PoolContract):
    plugin = "core"
    distribution = "htmap-core"
    pool = "machine"


class TestHttps(TransferProtocolContract):
    plugin = "core"
    distribution = "htmap-core"
    scheme = "https"
    has_no_script = HTCONDORS


class TestFtp(TransferProtocolContract):
    plugin = "core"
    distribution = "htmap-core"
    scheme = "ftp"
    has_no_script = HTCONDORS
    cannot_send = "HTCondor's plugin for it only fetches"


class TestS3(TransferProtocolContract):
    plugin = "core"
    distribution = "htmap-core"
    scheme = "s3"
    has_no_script = HTCONDORS
