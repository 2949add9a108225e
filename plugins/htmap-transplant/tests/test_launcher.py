"""The script that unpacks the Python and starts the runtime archive with it."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest
from htmap_transplant.plugin import LAUNCHER

from tests.golden_files import Golden

ARGUMENTS = ("_htmap_runtime.pyz", "_htmap_inputs_0", "0")


class Node:
    """A scratch directory with what a job gets."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    def send(self, python: str, name: str = "packed.tar.gz") -> None:
        """Have a packed Python arrive whose interpreter is a shell script."""
        program = self.scratch.parent / "python3"
        program.write_text(f"#!/bin/sh\n{python}\n")
        program.chmod(0o755)
        about = self.scratch.parent / "about"
        about.write_text("CPython 3.99 for a PDP-11\n")
        first, *others = name.split("/")
        for piece in [first, *others]:
            with tarfile.open(self.scratch / piece, "w:gz") as archive:
                if piece == first:
                    archive.add(program, "_htmap_python/bin/python3")
                    archive.add(about, "_htmap_python/about")
                else:
                    archive.add(about, f"_htmap_python/lib/{piece}")
        (self.scratch / ".job.ad").write_text(f'Cmd = "x"\nHTMapTransplant = "{name}"\nOwner = "somebody"\n')

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        environment = {"_CONDOR_JOB_AD": str(self.scratch / ".job.ad"), **environment}
        return subprocess.run(
            ["/bin/sh", LAUNCHER, *ARGUMENTS],
            cwd=self.scratch,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def node(tmp_path: Path) -> Node:
    (tmp_path / "scratch").mkdir()
    return Node(tmp_path / "scratch")


def test_the_archive_is_started_by_the_python_that_was_sent(node: Node) -> None:
    node.send('[ "$1" = -I ] || echo "$0 $@ $PYTHONNOUSERSITE"')
    assert node.run().stdout == f"{node.scratch}/_htmap_python/bin/python3 {' '.join(ARGUMENTS)} 1\n"


def test_its_programs_are_found_first_and_those_of_the_job_next(node: Node) -> None:
    node.send('[ "$1" = -I ] || echo "$PATH"')
    folders = node.run(PATH="/of/the/job:/bin").stdout.split(":")
    assert folders[:3] == [f"{node.scratch}/_htmap_python/bin", "/of/the/job", "/bin"]


def test_what_would_lead_python_elsewhere_is_taken_away(node: Node) -> None:
    node.send('echo "${PYTHONHOME-none}"')
    assert node.run(PYTHONHOME="/usr").stdout == "none\n"


@pytest.mark.skipif(not Path("/etc/ssl/certs/ca-certificates.crt").exists(), reason="certificates are elsewhere")
@pytest.mark.parametrize(
    ("given", "seen"),
    [
        ({}, "/etc/ssl/certs/ca-certificates.crt"),
        ({"SSL_CERT_FILE": "/mine"}, "/mine"),
        ({"SSL_CERT_DIR": "/mine"}, ""),
    ],
)
def test_certificates_are_those_of_the_node_unless_the_job_says_otherwise(
    node: Node, given: dict[str, str], seen: str
) -> None:
    node.send('[ "$1" = -I ] || echo "$SSL_CERT_FILE"')
    assert node.run(**given).stdout == f"{seen}\n"


def test_the_packed_file_goes_when_it_is_unpacked(node: Node) -> None:
    node.send("exit 0", name="from a web server.tar.gz")
    assert node.run().returncode == 0
    assert not (node.scratch / "from a web server.tar.gz").exists()


def test_all_pieces_are_unpacked_into_one_folder_and_go(node: Node) -> None:
    node.send("exit 0", name="one.tar.gz/a b.tar.gz/*.tar.gz")
    assert node.run().returncode == 0
    home = node.scratch / "_htmap_python"
    assert sorted(path.name for path in (home / "lib").iterdir()) == ["*.tar.gz", "a b.tar.gz"]
    assert sorted(path.name for path in node.scratch.iterdir()) == [".job.ad", "_htmap_python"]


def test_a_piece_that_did_not_arrive_is_named(node: Node) -> None:
    node.send("exit 0", name="one.tar.gz/two.tar.gz")
    (node.scratch / "two.tar.gz").unlink()
    ran = node.run()
    assert (ran.returncode, "'two.tar.gz'" in ran.stderr) == (92, True)


def test_an_ad_that_names_no_piece_starts_nothing(node: Node) -> None:
    node.send("exit 0")
    (node.scratch / ".job.ad").write_text('Cmd = "x"\n')
    assert node.run().returncode == 92


def test_the_exit_code_is_that_of_the_runner(node: Node) -> None:
    node.send('[ "$1" = -I ] || exit 90')
    assert node.run().returncode == 90


def test_a_python_that_does_not_run_is_reported_with_what_the_node_said(node: Node, golden: Golden) -> None:
    node.send("echo 'libc.so.6: version GLIBC_2.99 not found' >&2; exit 1")
    ran = node.run()
    assert ran.returncode == 92
    golden(
        "transplant/a-python-that-does-not-run-is-reported",
        ran.stderr,
        hide={re.compile("(?<=this node is ).*"): "NODE"},
    )
    assert f"{os.uname().sysname} {os.uname().machine}" in ran.stderr


def test_a_file_that_is_no_archive_is_reported_with_what_tar_said(node: Node, golden: Golden) -> None:
    node.send("exit 0")
    (node.scratch / "packed.tar.gz").write_text("<html>404</html>")
    ran = node.run()
    assert ran.returncode == 92
    of_tar = re.compile(r"(?<=unpacked: )\n.*\n(?=htmap)", re.DOTALL)
    golden("transplant/a-file-that-is-no-archive-is-reported", ran.stderr, hide={of_tar: "WHAT TAR SAID"})
    assert "gzip" in ran.stderr


def test_a_file_that_did_not_arrive_is_named(node: Node, golden: Golden) -> None:
    node.send("exit 0")
    (node.scratch / "packed.tar.gz").unlink()
    ran = node.run()
    assert ran.returncode == 92
    golden("transplant/a-file-that-did-not-arrive-is-named", ran.stderr)
