"""A pool that runs an HTCondor from a relocatable tarball. It is made of Debian's packages, in the layout of real ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from htmap_pool.release import Release

from htmap_core.testing import stop_at_the_end

pytestmark = pytest.mark.pool

TOP = "condor-25.14.1-1-x86_64_Debian13-stripped"
# HTCondor runs without them, and packing them would take longer than the test.
LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/lib/python3", ".htmap-release")
LINKS = {"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "libexec": "usr/libexec/condor"}


@pytest.fixture
def condor(installed: Release) -> Iterator[Path]:
    """A tarball. Its programs take the loader where they find it now, as those of a real one take the machine's."""
    if installed.origin == "PATH":
        pytest.skip("this machine has its own HTCondor")
    folder = Path(tempfile.mkdtemp(prefix="htmap-tests-", dir="/var/tmp"))
    source = installed.root.parent

    def wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if member.name.startswith(tuple(f"{TOP}/{name}" for name in LEFT_OUT)) else member

    try:
        with tarfile.open(folder / "condor.tar.gz", "w:gz", compresslevel=1) as archive:
            archive.add(source, TOP, filter=wanted)
            for name, target in LINKS.items():
                link = tarfile.TarInfo(f"{TOP}/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, target
                archive.addfile(link)
        yield folder / "condor.tar.gz"
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def run(condor: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
    """Run Python with an HTMAP_DIR of its own, whose path has a blank."""
    htmap_dir = condor.parent / "with blank"
    stop_at_the_end(htmap_dir)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HTMAP_", "CONDOR_CONFIG"))}
    environment = {
        "HTMAP_POOL_START_TIMEOUT": "300",
        **kept,
        "HTMAP_DIR": str(htmap_dir),
        "HTMAP_CONFIG": "",
        "HTMAP_DELIVERY_METHOD": "assume",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)

    yield run
    run("-m", "htmap", "pool", "stop")


def test_a_map_runs_on_the_htcondor_of_a_tarball(
    condor: Path, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    installed = run("-m", "htmap", "pool", "install", "--from", str(condor))
    assert installed.returncode == 0, installed.stderr
    assert TOP in installed.stdout
    mapped = run("-c", "import htmap; print(list(htmap.map(abs, [-1, 2])))")
    assert mapped.stdout.endswith("[1, 2]\n"), mapped.stderr
    status = json.loads(run("-m", "htmap", "pool", "status", "--json").stdout)
    assert Path(status["release"]).is_dir()
    assert str(condor.parent) in status["release"]
    assert run("-m", "htmap", "pool", "stop").returncode == 0
