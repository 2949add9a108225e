"""JSON with a checksum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from htmap_core.files import sealed

CONTENT = {"name": 'a "quoted" {ä}, "checksum": "00000000"', "numbers": [1, 2.5, None], "nested": {"checksum": "x"}}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("content", [CONTENT, {"one": {"two": {}}}])
def test_what_was_sealed_is_read_back_and_is_plain_json(content: dict[str, Any], indent: int | None) -> None:
    text = sealed.seal(content, indent=indent)
    assert sealed.unseal(text.encode()) == content
    assert json.loads(text).keys() == {*content, "checksum"}


@pytest.mark.parametrize("indent", [None, 1])
def test_every_flipped_bit_is_noticed(indent: int | None) -> None:
    text = sealed.seal({"components": 24, "tag": "tide"}, indent=indent).encode()
    for bit in range(8 * len(text)):
        with pytest.raises(ValueError):
            sealed.unseal(flipped(text, bit), unsealed={"components", "tag"})


def test_json_without_a_checksum_is_read_where_it_has_known_keys_only() -> None:
    assert sealed.unseal(b'{"a": 1}', unsealed={"a", "b"}) == {"a": 1}
    for text in (b'{"a": 1, "c": 2}', b'{"checksun": "12345678"}', b"[1]", b"{", b"\xff"):
        with pytest.raises(ValueError):
            sealed.unseal(text, unsealed={"a", "b"})
    with pytest.raises(ValueError, match="checksum"):
        sealed.unseal(b'{"a": 1}')


def test_the_checksum_of_a_file_is_that_of_its_content(tmp_path: Path) -> None:
    content = bytes(range(256)) * 10_000  # more than is read at once
    (tmp_path / "file").write_bytes(content)
    assert sealed.checksum_of(tmp_path / "file") == sealed.checksum(content)
    sealed.check(tmp_path / "file", sealed.checksum(content))
    with pytest.raises(ValueError, match="file"):
        sealed.check(tmp_path / "file", "00000000")


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
