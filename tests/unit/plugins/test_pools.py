"""Which schedd a map keeps, without a pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.contract.pools import PoolAddress
from htmap_core.plugins.pools import _with_schedd


def test_a_pool_in_htmap_dir_is_kept_without_the_name_of_its_schedd(
    htmap_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = htmap_dir / "pool" / "condor_config"
    configuration.parent.mkdir(parents=True, mode=0o700)
    configuration.touch()
    monkeypatch.setenv("CONDOR_CONFIG", str(configuration))
    address = PoolAddress.of_machine("machine")
    assert (address.configuration, _with_schedd(address)) == (configuration, address)
