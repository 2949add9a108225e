"""What is sent again is checked before: the function and the inputs of a map."""

from __future__ import annotations

from pathlib import Path

import pytest

from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptMap
from htmap_core.storage.content.inputs import read_inputs
from htmap_core.storage.creation import Creation
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import MapRecord
from tests.golden_files import Golden

INPUTS = [b"first", b"second", b"third"]


@pytest.fixture
def made(htmap_dir: Path) -> MapDir:
    """A map with a function and inputs."""
    del htmap_dir
    with Creation("tide") as creation:
        creation.add_function(b"the function", {"by_value": False})
        for payload in INPUTS:
            creation.add_input(payload)
        creation.finish()
        creation.map_dir.write_record(MapRecord(3, 1, "assume", PoolAddress("personal"), {}, {}, created=1.5))
        return creation.map_dir


def flipped(path: Path, what: bytes) -> Path:
    content = path.read_bytes()
    path.write_bytes(content.replace(what, bytes([what[0] ^ 1]) + what[1:]))
    return path


def test_what_is_whole_is_sent_again(made: MapDir) -> None:
    made.check_sources([0, 1, 2])


def test_a_damaged_function_is_not_sent_again_and_the_message_says_what_is_left(made: MapDir, golden: Golden) -> None:
    path = flipped(made.path / "_htmap_function", b"the function")

    with pytest.raises(CorruptMap) as caught:
        made.check_sources([0])

    assert caught.value.path == path
    golden("storage/a-damaged-function-is-not-sent-again", caught.value.reason)


def test_a_damaged_input_is_not_sent_again_but_others_are(made: MapDir, golden: Golden) -> None:
    path = flipped(made.input_block(1), b"second")

    with pytest.raises(CorruptMap) as caught:
        made.check_sources([0, 1])

    assert caught.value.path == path
    golden("storage/a-damaged-input-is-not-sent-again", caught.value.reason)
    made.check_sources([0, 2])


@pytest.mark.parametrize("part", ["_htmap_function", "inputs/0/_htmap_inputs_0"])
def test_no_flipped_bit_is_sent_again(made: MapDir, part: str) -> None:
    path = made.path / part
    content, noticed = path.read_bytes(), 0

    for at in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        try:
            made.check_sources([0, 1, 2])
        except CorruptMap:
            noticed += 1

    assert noticed == 8 * len(content)


def test_no_flipped_bit_of_an_input_gives_another(made: MapDir) -> None:
    path = made.input_block(0)
    content = path.read_bytes()
    for at in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        for component, payload in enumerate(INPUTS):
            try:
                found = read_inputs(path).payload(component)
            except CorruptMap:
                continue
            assert found == payload
