"""What assume says of a pool."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from htmap_assume.plugin import Assume

from htmap_core import PoolAddress


class MixedPool:
    """A pool whose slots run several systems; one does not say which."""

    address = PoolAddress("mixed")
    is_local = False

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{"OpSysAndVer": "Debian12"}, {"OpSysAndVer": "AlmaLinux9"}, {"OpSysAndVer": "AlmaLinux9"}, {}]

    def count(self, expression: str) -> tuple[int, int]:
        return 0, 4

    def parameter(self, name: str) -> None:
        return None


def test_only_trying_tells_and_the_systems_of_the_slots_are_named_with_their_numbers() -> None:
    found = Assume().check(MixedPool())
    assert found.verdict == "unknown"
    assert f"needs a Python {sys.version_info.major}.{sys.version_info.minor} on the execute nodes" in found.reason
    assert found.reason.endswith("; what they run: 2 AlmaLinux9, 1 Debian12, 1 unknown")
