"""Unpacks maps of htmap-core 0.7.0 as if that version had just left them on this machine; ``make.py`` beside it made them."""

from __future__ import annotations

import re
import shutil
import socket
import sys
import tarfile
import uuid
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RUNTIME = "_htmap_runtime.pyz"

needs_their_python = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="the old maps carry code of Python 3.11, which no other version can run"
)


def unpack(case: str, htmap_dir: Path) -> Path:
    """Put the files of a case below an HTMAP_DIR, and return the map's directory.

    The pool in the folder ``pool`` of that HTMAP_DIR, if there is one, is then the one that the map was submitted to. The map has
    an id that no other has, as every map, and so have its submissions: tests share a queue, in which they are looked for.
    """
    with tarfile.open(HERE / f"{case}.tar.gz") as archive:
        parts = (Path(name).parts for name in archive.getnames())
        old_id = next(path[1] for path in parts if path[0] in {"maps", "removed"} and path[1:])
        map_id = uuid.uuid4().hex
        filled_in = {"@HTMAP_DIR@": str(htmap_dir), "@PYTHON@": sys.executable, "@HOST@": socket.gethostname()}
        fresh = {old_id: map_id, **{token: uuid.uuid4().hex for token in _tokens(archive)}}
        for member in archive:
            _write(member, _content(archive, member), htmap_dir, {**filled_in, **fresh})
    for path in (htmap_dir / "maps" / map_id, htmap_dir / "removed" / f"{map_id}.files"):
        if path.is_dir():
            shutil.copyfile(HERE / RUNTIME, path / RUNTIME)
            (path / RUNTIME).chmod(0o755)
    return htmap_dir / "maps" / map_id


def _tokens(archive: tarfile.TarFile) -> list[str]:
    """Return what finds the submissions of an archive's maps in the queue."""
    ledgers = [member for member in archive if member.name.endswith("/submissions.jsonl")]
    return re.findall(r'"token": "(\w+)"', "".join((_content(archive, each) or b"").decode() for each in ledgers))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | None:
    file = archive.extractfile(member) if member.isfile() else None
    return None if file is None else file.read()


def _write(member: tarfile.TarInfo, content: bytes | None, htmap_dir: Path, filled_in: dict[str, str]) -> None:
    place = htmap_dir / _filled(member.name.encode(), filled_in).decode()
    if content is not None:
        place.write_bytes(_filled(content, filled_in))
        place.chmod(member.mode)
    elif member.issym():
        place.symlink_to(_filled(member.linkname.encode(), filled_in).decode())
    else:
        place.mkdir(member.mode, parents=True, exist_ok=True)


def _filled(content: bytes, filled_in: dict[str, str]) -> bytes:
    for placeholder, text in filled_in.items():
        content = content.replace(placeholder.encode(), text.encode())
    return content
