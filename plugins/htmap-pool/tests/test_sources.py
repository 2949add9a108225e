from __future__ import annotations

from pathlib import Path

import pytest
from htmap_pool.installing.sources import (
    NEW_ENOUGH,
    Distribution,
    Source,
    candidates,
    parse_deb822,
    parse_list,
    read_sources,
)

BOOKWORM = Distribution("debian", "bookworm")
MIRROR = Source("http://mirror.test/debian", ("bookworm", "bookworm-updates"), ("main",), "/keys/debian.gpg")

DEB822 = """\
# comment
Types: deb deb-src
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /keys/debian.gpg

Enabled: no
Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://embedded.test/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBFit2ioBEADhWpZ8
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_paragraphs_are_read_and_those_switched_off_or_for_sources_are_not() -> None:
    found = list(parse_deb822(DEB822))
    assert [source.uri for source in found] == ["http://mirror.test/debian", "http://embedded.test/debian"]
    assert found[0] == Source(
        "http://mirror.test/debian", ("bookworm", "bookworm-updates"), ("main", "contrib"), "/keys/debian.gpg"
    )


def test_a_key_inside_a_paragraph_survives_being_written_again() -> None:
    embedded = list(parse_deb822(DEB822))[1]
    assert list(parse_deb822(embedded.stanza())) == [embedded]
    assert embedded.signed_by is not None
    assert "\n mQINBFit2ioBEADhWpZ8\n" in embedded.signed_by


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "deb http://m.test/debian bookworm main contrib",
            Source("http://m.test/debian", ("bookworm",), ("main", "contrib")),
        ),
        (
            "deb [ arch=amd64 signed-by=/k.gpg ] http://m.test/debian bookworm main # ours",
            Source("http://m.test/debian", ("bookworm",), ("main",), "/k.gpg"),
        ),
        ("deb [trusted=yes] file:/srv/repo ./", Source("file:/srv/repo", ("./",), ())),
    ],
)
def test_one_line_entries_are_read(line: str, expected: Source) -> None:
    assert list(parse_list([line])) == [expected]


@pytest.mark.parametrize(
    "line", ["", "# deb http://m.test/debian bookworm main", "deb-src http://m.test/debian bookworm main"]
)
def test_other_lines_are_no_sources(line: str) -> None:
    assert list(parse_list([line])) == []


def test_all_files_of_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.test/ bookworm main\n")
    (tmp_path / "sources.list.d" / "b.list").write_text("deb http://b.test/ bookworm main\n")
    (tmp_path / "sources.list.d" / "c.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "d.list.save").write_text("deb http://d.test/ bookworm main\n")
    uris = [source.uri for source in read_sources(tmp_path)]
    assert uris == ["http://a.test/", "http://b.test/", "http://mirror.test/debian", "http://embedded.test/debian"]


def test_a_machine_without_apt_has_no_sources(tmp_path: Path) -> None:
    assert read_sources(tmp_path / "nothing") == []


def test_newer_suites_are_tried_newest_first_and_old_daemons_last() -> None:
    security = Source("http://security.test/debian-security", ("bookworm-security",), ("main",), "/keys/debian.gpg")
    found = candidates(BOOKWORM, [MIRROR, security])
    suites = [[suite for source in candidate.sources for suite in source.suites] for candidate in found]
    own = ["bookworm", "bookworm-updates", "bookworm-security"]
    assert suites == [own, ["unstable"], ["testing"], ["stable"], own]
    assert [candidate.minimum for candidate in found] == [NEW_ENOUGH, (), (), (), ()]


def test_newer_suites_come_from_the_machine_s_own_mirror_with_its_own_keys() -> None:
    unstable = candidates(BOOKWORM, [MIRROR])[1].sources[0]
    assert unstable == Source("http://mirror.test/debian", ("unstable",), ("main",), "/keys/debian.gpg")


@pytest.mark.parametrize(
    "other",
    [
        Source("https://download.docker.test/linux/debian", ("bookworm",), ("stable",)),
        Source("https://packages.cloud.test/apt", ("cloud-sdk-bookworm",), ("main",)),
        Source("https://deb.node.test/node_20.x", ("nodistro",), ("main",)),
        Source("http://apt.postgresql.test/pub/repos/apt", ("bookworm-pgdg-testing-x", "other"), ("17",)),
        Source("file:/srv/repo", ("bookworm",), ("main",)),
    ],
)
def test_third_parties_are_not_asked(other: Source) -> None:
    assert candidates(BOOKWORM, [other]) == []
    assert all(other not in candidate.sources for candidate in candidates(BOOKWORM, [MIRROR, other]))


def test_ubuntu_looks_into_universe() -> None:
    ubuntu = Distribution("ubuntu", "noble")
    found = candidates(ubuntu, [Source("http://u.test/ubuntu", ("noble",), ("main", "universe"))])
    assert found[1].sources[0] == Source("http://u.test/ubuntu", ("devel",), ("main", "universe"))


def test_an_unknown_distribution_has_no_candidates() -> None:
    assert candidates(Distribution("fedora", ""), [MIRROR]) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12"\n',
            Distribution("debian", "bookworm"),
        ),
        (
            'ID="linuxmint"\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
            Distribution("ubuntu", "noble"),
        ),
        ("ID=fedora\nVERSION_ID=42\n", Distribution("fedora", "")),
        ("", Distribution("", "")),
    ],
)
def test_the_distribution_is_read_from_os_release(tmp_path: Path, text: str, expected: Distribution) -> None:
    (tmp_path / "os-release").write_text(text)
    assert Distribution.read(tmp_path / "os-release") == expected
