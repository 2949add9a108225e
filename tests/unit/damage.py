"""A finished map on disk, without a pool, and damage to files."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from htmap_core.contract.pools import PoolAddress
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from htmap_core.submission.submit import submit_map

EVENTS = Path(__file__).parent / "tracking/logs/plain.events"  # four jobs of cluster 18
COMPONENTS = 4
COMMANDS = {
    "initialdir": "/maps/1/outputs",
    "executable": "_htmap_runtime.pyz",
    "transfer_plugins": "sea=_htmap_transfer_sea",
    "request_memory": "24MB",
}
PROGRAMS = ["_htmap_runtime.pyz", "_htmap_launcher", "_htmap_transfer_sea", "outputs/_htmap_transfer_bay"]
FLIPS = 120  # of each file; all bits of small ones


def create(
    tag: str | None, components: int = COMPONENTS, input_of: Callable[[int], bytes] = lambda number: b"%d" % number
) -> MapDir:
    """Create a finished map, one of whose components was run again.

    :param input_of: gives the pickled input of each component; by default none can be unpickled.
    """
    with Creation(tag) as creation:
        creation.add_runtime(b"#!/bin/sh\n" + bytes(range(50)))
        for number in range(components):
            creation.add_input(input_of(number))
        creation.finish()
        made = creation.map_dir
        (made.path / "outputs").mkdir(exist_ok=True)
        for name in PROGRAMS[1:]:
            made.write_program(name, b"#!/bin/sh\n%a" % name)  # equal ones would be one file
        record = MapRecord(
            components, 1, "assume", PoolAddress("personal"), {}, {"memory": "24MB"}, 1.5, untagged=tag is None
        )
        queue: Any = SimpleNamespace(submit=lambda _: SimpleNamespace(cluster=18))
        submit_map(creation, record, COMMANDS, queue)
    shutil.copy(EVENTS, made.events)
    made.write_items(1, [("1", "1", "0/_htmap_inputs_0", "1/0/0")])
    made.submissions.taken(made.intend(1, late=False, held=False), 19)
    return made


def flips(path: Path) -> Iterator[str]:
    """Flip bits of a file, one after the other; yield what was done, and mend the file afterwards."""
    content = path.read_bytes()
    bits = range(8 * len(content))
    for bit in random.Random(13).sample(bits, min(FLIPS, len(bits))):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        path.write_bytes(changed)
        yield f"bit {bit % 8} of byte {bit // 8} of {path.name}: {bytes(changed[bit // 8 - 8 : bit // 8 + 8])!r}"
    path.write_bytes(content)
