"""A transfer protocol that a distribution of its own brings, with the script that HTCondor runs for it."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.pool

CELLAR = Path(__file__).parents[2] / "examples" / "htmap-cellar"

PROGRAM = """
import sys, htmap
from htmap_core import TransferPath

def bottle(path, name):
    import htmap
    from pathlib import Path
    Path(name).write_text(path.read_text().upper())
    htmap.transfer_output_files(name)
    return path.name

cellar = TransferPath(sys.argv[1], protocol="cellar")
options = htmap.MapOptions(output_remaps={"wine": cellar / "made" / "$(component).txt"})
mapped = htmap.starmap(bottle, [(cellar / "grapes.txt", "wine"), (cellar / "must.txt", "wine")], map_options=options)
mapped.wait(timeout=120, errors_ok=True, holds_ok=False)
print(list(mapped))
"""

HELD = """
import sys, htmap
from htmap_core import TransferPath
mapped = htmap.map(lambda path: 0, [TransferPath(sys.argv[1], protocol="cellar") / "nothing"])
try:
    mapped.wait(timeout=120)
except htmap.exceptions.MapComponentHeld as error:
    print(error)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the example's distribution is installed in."""
    folder = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--disable-pip-version-check", "--target", folder, CELLAR], check=True)
    return folder


def run(program: str, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, *program.split(), *map(str, arguments)] if program.startswith("-m") else None
    return subprocess.run(
        command or [sys.executable, "-c", program, *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_files_come_and_go_by_a_protocol_that_a_plugin_brings(
    installed: Path, personal_pool: Path, tmp_path: Path
) -> None:
    for name in ("grapes", "must"):
        (tmp_path / f"{name}.txt.gz").write_bytes(gzip.compress(name.encode()))
    ran = run(PROGRAM, installed, tmp_path)

    assert ran.stdout.strip() == "['grapes.txt', 'must.txt']", ran.stderr
    assert [gzip.decompress((tmp_path / "made" / f"{n}.txt.gz").read_bytes()) for n in (0, 1)] == [b"GRAPES", b"MUST"]


def test_what_its_script_says_of_a_failure_is_in_the_hold(installed: Path, personal_pool: Path, tmp_path: Path) -> None:
    ran = run(HELD, installed, tmp_path)

    assert os.strerror(errno.ENOENT) in ran.stdout, ran.stderr
    assert f"cellar://{tmp_path}/nothing" in ran.stdout


def test_without_it_the_scheme_is_unknown_and_with_it_plugins_list_shows_it(
    installed: Path, personal_pool: Path, tmp_path: Path
) -> None:
    assert "'cellar'" in run(HELD, tmp_path, tmp_path).stderr
    assert "cellar" in run("-m htmap plugins list", installed).stdout


def test_a_script_that_is_missing_is_told_before_submission(
    installed: Path, personal_pool: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(installed, damaged)
    (damaged / "htmap_cellar" / "transfer.py").unlink()
    assert "transfer.py" in run(HELD, damaged, tmp_path).stderr.splitlines()[-1]
