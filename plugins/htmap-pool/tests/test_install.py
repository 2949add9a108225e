from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest
from htmap_pool import release
from htmap_pool.errors import InstallationFailed, NotOnThisSystem, ToolFailed
from htmap_pool.installing import install as installation
from htmap_pool.installing import tarball
from htmap_pool.installing.apt import Package
from htmap_pool.installing.sources import NEW_ENOUGH, Candidate
from htmap_pool.places import Places
from htmap_pool.running import daemons

from tests.golden_files import Golden


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Places on a machine that has no HTCondor of its own."""
    monkeypatch.setattr(release, "on_path", lambda: None)
    return Places.of(tmp_path / "htmap")


def test_a_machine_without_apt_is_told_what_was_tried_and_what_to_do(
    bare: Places, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    monkeypatch.setenv("PATH", str(bare.root))
    with pytest.raises(InstallationFailed) as caught:
        installation.install(bare, print)
    golden("pool/a-machine-without-apt-is-told-what-was-tried", caught.value)


def test_another_system_than_linux_is_told_so(bare: Places, monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(NotOnThisSystem) as caught:
        installation.install(bare, print)
    assert caught.value.platform == "darwin"
    for act in (lambda: daemons.stop(bare), lambda: tarball.install_tarball(bare, "condor.tar.gz", print)):
        bare.root.mkdir(parents=True, exist_ok=True)  # another machine may share it
        with pytest.raises(NotOnThisSystem):
            act()
    golden("pool/another-system-than-linux-is-told-so", caught.value)


@pytest.mark.skipif(shutil.which("apt-get") is None, reason="this machine has no apt-get")
def test_every_archive_that_failed_is_listed_with_the_reason(
    bare: Places, monkeypatch: pytest.MonkeyPatch, golden: Golden
) -> None:
    def refuse(candidate: Candidate, *_: object) -> None:
        raise ToolFailed("apt-get update", f"no network for {candidate.name}")

    monkeypatch.setattr(installation, "_install_from", refuse)
    monkeypatch.setattr(installation, "candidates", lambda *_: [Candidate("unstable", ()), Candidate("stable", ())])
    with pytest.raises(InstallationFailed) as caught:
        installation.install(bare, print)
    golden("pool/every-archive-that-failed-is-listed", caught.value)


@pytest.mark.parametrize(
    ("version", "is_taken"), [("23.9.6+dfsg-2", False), ("25.14.1+dfsg-1", True), ("1:26.0-1", True)]
)
def test_daemons_that_new_bindings_cannot_talk_to_are_not_the_first_choice(version: str, is_taken: bool) -> None:
    package = Package("condor", version, "amd64", "science", frozenset(), frozenset(), 1, "0")
    try:
        installation._check_version(package, Candidate("own", (), NEW_ENOUGH))
    except ToolFailed:
        assert not is_taken
    else:
        assert is_taken


def test_a_full_disk_is_said_readably(bare: Places, monkeypatch: pytest.MonkeyPatch, golden: Golden) -> None:
    def fill(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(installation, "_check_machine", lambda: None)
    monkeypatch.setattr(installation, "_install_first", fill)
    with pytest.raises(InstallationFailed) as caught:
        installation.install(bare, print)
    golden("pool/a-full-disk-is-said-readably", caught.value)


def test_the_error_travels_between_processes() -> None:
    error = InstallationFailed((("unstable", "no network"),), "advice")
    again = pickle.loads(pickle.dumps(error))
    assert (again.tried, again.advice, str(again)) == (error.tried, error.advice, str(error))
