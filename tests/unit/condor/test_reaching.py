"""Which address stands for a collector: the one that HTCondor's configuration names, in whichever way."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

from htmap_core.condor import bindings
from htmap_core.condor.daemons import knocking
from htmap_core.condor.daemons.reaching import Daemons
from htmap_core.contract.pools import PoolAddress

OF_MACHINE = "<10.0.0.1:9618?addrs=10.0.0.1-9618&sock=collector>"


@pytest.mark.parametrize(
    ("named", "asked"),
    [
        ("cm.example.org", "cm.example.org:9777"),
        ("cm.example.org:9620?sock=collector", "cm.example.org:9620?sock=collector"),
        ("10.0.0.1:9618", OF_MACHINE),
        ("10.0.0.1:0", OF_MACHINE),
    ],
)
def test_the_collector_is_where_the_configuration_says(
    named: str, asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "address"
    file.write_text(f"{OF_MACHINE}\n$CondorVersion$\n")
    param = {"COLLECTOR_HOST": named, "COLLECTOR_PORT": "9777", "COLLECTOR_ADDRESS_FILE": str(file)}
    condor = types.SimpleNamespace(param=param, Collector=lambda: "collector", HTCondorException=RuntimeError)
    monkeypatch.setattr(bindings, "load", lambda _: condor)
    addresses: list[str] = []
    monkeypatch.setattr(knocking, "why_silent", lambda address, *_: addresses.append(address))
    with Daemons(PoolAddress("condor", tmp_path)).collector():
        assert addresses == [asked]
