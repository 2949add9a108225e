"""Files of maps of 0.7.0, which have no checksums: damage to them is CorruptMap, or a value, and never an internal error."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import pytest

from htmap_core.exceptions import CorruptMap
from htmap_core.storage.content.inputs import read_inputs
from htmap_core.storage.content.packs import ReturnedPack
from tests.pool.old_maps.unpacking import unpack

FLIPS = 400


def read_all(path: Path) -> None:
    returned = ReturnedPack(path)
    for component in range(12):
        for read in (returned.record, returned.run, returned.exception, returned.surroundings, returned.by_value):
            with contextlib.suppress(CorruptMap):
                read(component)
        with contextlib.suppress(CorruptMap):
            returned.output(component, "stdout")
        with contextlib.suppress(CorruptMap, FileNotFoundError):
            returned.result(component)


def read_inputs_of(path: Path) -> None:
    inputs = read_inputs(path)
    for component in range(12):
        with contextlib.suppress(CorruptMap):
            inputs.payload(component)
            inputs.by_value(component)


@pytest.mark.parametrize("case", ["finished", "chunked"])
@pytest.mark.parametrize(("pattern", "read"), [("outputs/**/*.result", read_all), ("inputs/*/*", read_inputs_of)])
def test_no_flipped_bit_is_an_internal_error(tmp_path: Path, case: str, pattern: str, read: object) -> None:
    assert callable(read)
    files = [path for path in unpack(case, tmp_path).glob(pattern) if path.is_file()]
    chosen = random.Random(3)

    for _ in range(FLIPS):
        path = chosen.choice(files)
        content = bytearray(path.read_bytes())
        at = chosen.randrange(max(0, len(content) - 2_000), len(content))  # the index stands at the end
        content[at] ^= 1 << chosen.randrange(8)
        whole = path.read_bytes()
        path.write_bytes(content)
        with contextlib.suppress(CorruptMap):
            read(path)
        path.write_bytes(whole)
