"""What programs and libraries say to the loader, read without a tool."""

from __future__ import annotations

import struct
import sys
import sysconfig
from pathlib import Path

import pytest
from htmap_transplant.libraries import elf
from htmap_transplant.libraries.tools import output, patchelf

STRINGS = b"\0libinner.so\0$ORIGIN/a:/b\0"
AT = 0x10000  # where the file is put in memory


def file_of(bits: int, order: str, tags: dict[int, int]) -> bytes:
    """Return the smallest ELF file that has a dynamic section with those tags."""
    word, header, segment, entry = ("Q", 64, 56, 16) if bits == 64 else ("I", 52, 32, 8)
    dynamic = header + 2 * segment
    strings = dynamic + entry * (len(tags) + 2)
    section = b"".join(
        struct.pack(f"{order}2{word}", tag, value) for tag, value in {**tags, 5: AT + strings, 0: 0}.items()
    )
    begin = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2, 1]) + bytes(9)
    begin += struct.pack(f"{order}HHI3{word}I6H", 3, 62, 1, 0, header, 0, 0, header, segment, 2, 0, 0, 0)
    segments = b"".join(
        struct.pack(f"{order}II6Q", form, 0, offset, AT + offset, 0, size, size, 0)
        if bits == 64
        else struct.pack(f"{order}8I", form, offset, AT + offset, 0, size, size, 0, 0)
        for form, offset, size in ((1, 0, strings + len(STRINGS)), (2, dynamic, len(section)))
    )
    return begin + segments + section + STRINGS


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize(("tag", "kind"), [(15, "rpath"), (29, "runpath")])
def test_the_kind_of_run_path_is_told(tmp_path: Path, bits: int, order: str, tag: int, kind: str) -> None:
    (tmp_path / "file").write_bytes(file_of(bits, order, {1: 1, tag: 13}))
    assert elf.dynamic(tmp_path / "file") == elf.Dynamic(("libinner.so",), **{kind: "$ORIGIN/a:/b"})


def test_of_two_run_paths_the_one_counts_that_the_loader_uses(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(file_of(64, "<", {15: 1, 29: 13}))
    assert elf.dynamic(tmp_path / "file").search == ["$ORIGIN/a", "/b"]


@pytest.mark.parametrize("length", [4, 20, 60, 100, 200])
def test_a_file_that_is_cut_off_needs_nothing(tmp_path: Path, length: int) -> None:
    (tmp_path / "file").write_bytes(file_of(64, "<", {1: 1, 15: 13})[:length])
    assert elf.dynamic(tmp_path / "file") == elf.Dynamic()


def test_files_for_other_processors_and_other_files_are_of_another_kind(tmp_path: Path) -> None:
    found = {}
    for bits, order in ((64, "<"), (64, ">"), (32, "<")):
        (tmp_path / "file").write_bytes(file_of(bits, order, {}))
        found[bits, order] = elf.kind(tmp_path / "file")
    (tmp_path / "file").write_text("#!/bin/sh\n")
    assert len({*found.values(), elf.kind(tmp_path / "file")}) == 4


def test_files_of_this_python_are_read_as_patchelf_reads_them() -> None:
    files = [Path(sys.executable), *sorted(Path(sysconfig.get_config_var("DESTSHARED") or "/").glob("*.so"))[:20]]
    for path in files:
        says = elf.dynamic(path)
        assert list(says.needed) == output(patchelf(), "--print-needed", path).split()
        assert ":".join(says.search) == output(patchelf(), "--print-rpath", path).strip()
