from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from htmap_pool.errors import ToolFailed
from htmap_pool.installing.apt import Apt, Package, _complaint, _package, libraries_for
from htmap_pool.installing.sources import Source

from tests.golden_files import Golden

needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="this machine has no apt-get")


def package(
    name: str, *depends: str, section: str = "libs", architecture: str = "amd64", provides: tuple[str, ...] = ()
) -> Package:
    return Package(name, "1", architecture, section, frozenset(depends), frozenset(provides), 1, "0")


def names(packages: list[Package]) -> list[str]:
    return [package.name for package in packages]


def test_libraries_are_followed_and_programs_are_not() -> None:
    packages = [
        package("libperl5", section="libs"),
        package("perl", "libperl5", section="perl"),
        package("libc6", "libgcc-s1"),
        package("libgcc-s1"),
        package("libjs-jquery", section="libs", architecture="all"),
        package("condor", "perl", "libc6", "libjs-jquery", section="science"),
    ]
    assert names(libraries_for("condor", packages)) == ["condor", "libc6", "libgcc-s1"]


def test_a_library_that_only_provides_the_wanted_name_is_taken() -> None:
    packages = [package("condor", "libssl3", section="science"), package("libssl3t64", provides=("libssl3",))]
    assert names(libraries_for("condor", packages)) == ["condor", "libssl3t64"]


def test_sections_of_ubuntu_are_understood() -> None:
    packages = [package("htcondor", "libx", section="universe/science"), package("libx", section="universe/oldlibs")]
    assert names(libraries_for("htcondor", packages)) == ["htcondor", "libx"]


def test_a_package_s_relations_are_read_without_versions_and_architectures() -> None:
    found = _package(
        "Package: libx\nVersion: 1:2.0+b1\nArchitecture: amd64\nSection: libs\n"
        "Depends: libc6 (>= 2.38), a | b:any (= 1)\nPre-Depends: c\nSize: 10\nSHA256: ff\n"
    )
    assert found.depends == {"libc6", "a", "b", "c"}
    assert found.file == "libx_1%3a2.0+b1_amd64.deb"


def test_an_unknown_key_is_named(golden: Golden) -> None:
    said = _complaint(
        "W: GPG error: http://m.test unstable InRelease: ... couldn't be verified: NO_PUBKEY 6ED0E7B82643E131\n"
        "E: The repository 'http://m.test unstable InRelease' is not signed.\n"
    )
    golden("pool/an-unknown-key-is-named", said)


@needs_apt
def test_an_unsigned_archive_is_refused(tmp_path: Path, golden: Golden) -> None:
    archive = tmp_path / "archive" / "dists" / "unstable"
    (archive / "main" / "binary-amd64").mkdir(parents=True)
    (archive / "main" / "binary-amd64" / "Packages").write_text("")
    (archive / "Release").write_text("Origin: Debian\nSuite: unstable\nComponents: main\nArchitectures: amd64\n")
    apt = Apt(tmp_path / "apt", [Source(f"file:{tmp_path}/archive", ("unstable",), ("main",))])
    with pytest.raises(ToolFailed) as caught:
        apt.update("Debian", lambda _: None)
    golden("pool/an-unsigned-archive-is-refused", caught.value)


@needs_apt
def test_an_archive_that_cannot_be_reached_is_an_error(tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", [Source("http://127.0.0.1:9/debian", ("unstable",), ("main",))])
    with pytest.raises(ToolFailed, match=r"127\.0\.0\.1"):
        apt.update("Debian", lambda _: None)


@needs_apt
def test_the_machine_s_own_state_is_not_used(tmp_path: Path) -> None:
    apt = Apt(tmp_path / "apt", [])
    settings = dict(line.partition(" ")[::2] for line in apt._run("apt-config", ["dump"]).splitlines())
    for name in (
        "Dir::State",
        "Dir::State::lists",
        "Dir::State::status",
        "Dir::Cache",
        "Dir::Cache::archives",
        "Dir::Log",
    ):
        assert str(tmp_path) in settings[name], name
    assert "APT::Update::Post-Invoke::" not in settings
