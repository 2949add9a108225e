"""Names that are no text, such as those of files on old disks: every command shows what has one, to its end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import using_htmap_dir

ODD = "odd\udcff\ud800"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An HTMAP_DIR with a map whose errors, causes, names and output have what is no text."""

    def fail(kind: str) -> None:
        sys.stdout.write(kind[:5])
        if kind.startswith("raised"):
            raise ValueError(kind)
        if kind.startswith("missing"):
            open(os.fsdecode(b"missing\xff"))
        if kind.startswith("caused"):
            raise OSError("last") from KeyError(kind)
        if kind.startswith("left"):
            sys.exit(kind)

    path = tmp_path_factory.mktemp("odd") / "htmap"
    with using_htmap_dir(path):
        kinds = ["raised", "missing", "caused", "left", "last"]
        inputs = [f"{kind} {ODD}" for kind in kinds]
        mapped = htmap.map(fail, inputs, tag="tide", where="here", quiet=True)
        yield path
        mapped.remove()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize(
    "command",
    ["errors", "errors --all", "errors --json", "components", "components --json", "stdout", "stderr", "why", "path"],
)
def test_every_command_shows_it_to_its_end(folder: Path, command: str, encoding: str) -> None:
    words = [*command.split(), "tide", *(["0"] if command in ("stdout", "stderr") else [])]
    ran = subprocess.run(
        [sys.executable, "-c", "from htmap_core.cli import main; main()", *words],
        env={**os.environ, "HTMAP_DIR": str(folder), "PYTHONIOENCODING": f"{encoding}:strict"},
        capture_output=True,
        check=False,
    )
    assert (ran.returncode, b"UnicodeEncodeError" in ran.stderr) == (0, False), ran.stderr.decode(errors="replace")
    if command == "errors --all":
        assert all(kind.encode() in ran.stdout for kind in ("raised", "missing", "last", "left"))
    if command.endswith("--json"):
        json.loads(ran.stdout)


def test_reports_and_errors_can_be_written_by_a_program(folder: Path) -> None:
    with using_htmap_dir(folder):
        mapped = htmap.load("tide")
        for report in mapped.error_reports():
            assert report.encode()
        for component in range(4):
            assert str(mapped.get_err(component)).encode()
