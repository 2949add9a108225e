"""What assume says of a pool."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from htmap_assume.plugin import Assume

from htmap_core import PoolAddress
from tests.golden_files import Golden


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


def test_only_trying_tells_and_the_systems_of_the_slots_are_named_with_their_numbers(golden: Golden) -> None:
    found = Assume().check(MixedPool())
    assert found.verdict == "unknown"
    running = "{}.{}".format(*sys.version_info)
    golden("assume/only-trying-tells-and-the-systems-of-the-slots", found.reason, hide={running: "PYTHON"})
