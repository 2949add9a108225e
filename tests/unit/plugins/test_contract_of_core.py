"""The promises that the core's own plugin keeps: the machine's pool, and a protocol of each kind."""

from __future__ import annotations

from htmap_core.testing import PluginContract, PoolContract, TransferProtocolContract

HTCONDORS = "HTCondor has its own"


class OfCore(PluginContract):
    plugin = "core"
    distribution = "htmap-core"
    test_its_distribution_says_with_which_versions_of_the_core_it_works = None  # type: ignore[assignment]  # it is the core


class TestMachine(OfCore, PoolContract):
    pool = "machine"


class TestHttps(OfCore, TransferProtocolContract):
    scheme = "https"
    has_no_script = HTCONDORS


class TestFtp(OfCore, TransferProtocolContract):
    scheme = "ftp"
    has_no_script = HTCONDORS
    cannot_send = "HTCondor's plugin for it only fetches"


class TestS3(OfCore, TransferProtocolContract):
    scheme = "s3"
    has_no_script = HTCONDORS
