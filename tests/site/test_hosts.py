"""What the other site tests rely on: hosts are apart from this machine and from each other, and end with the tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import htmap
from htmap_core.testing import bare_environment, eventually, python_of
from tests.site.contracts import TIMEOUT
from tests.site.folders import TemporaryFolder
from tests.site.hosts import CHECKOUT, HOME_OF_HOST, Host, Site
from tests.site.namespaces import Namespaces

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def host(site: Site) -> Host:
    python = Path(python_of(HERE)).resolve().parents[1]
    return site.add_host("host", visible=[python] if Path("/usr") != python else [])


def test_nothing_of_the_submit_side_can_be_seen_on_a_host(site: Site, host: Host) -> None:
    submit_side = (Path(sys.prefix), CHECKOUT / "pyproject.toml", site.folder, Path.home() / ".profile")
    assert [path for path in submit_side if host.run("test", "-e", str(path)).returncode == 0] == []


def test_what_a_host_writes_is_not_on_this_machine(host: Host) -> None:
    assert host.run("sh", "-c", "echo here >/etc/written-on-host && cat /etc/written-on-host").stdout == "here\n"
    assert not Path("/etc/written-on-host").exists()


def test_a_host_has_a_name_an_address_and_processes_of_its_own(host: Host) -> None:
    assert host.run("cat", "/proc/sys/kernel/hostname").stdout == "host\n"
    assert host.address in host.run("cat", "/proc/net/fib_trie").stdout
    for kind in ("pid", "net", "mnt", "uts"):
        here = Path(f"/proc/self/ns/{kind}")
        assert host.run("readlink", str(here)).stdout.strip() != str(here.readlink())


def test_scratch_directories_are_on_this_machines_disk(host: Host) -> None:
    told = host.run("stat", "--format=%d:%i", str(HOME_OF_HOST)).stdout.strip()
    own = (host.state / "own").stat()
    assert told == f"{own.st_dev}:{own.st_ino}"


def test_a_short_cut_of_the_link_does_not_disturb_a_component(on_site: Site, host: Host) -> None:
    htmap.settings["DELIVERY_METHOD"] = "assume"

    def sleep(seconds: float) -> str:
        import time

        time.sleep(seconds)
        return "undisturbed"

    mapped = htmap.map(sleep, [6], map_options=htmap.MapOptions(environment=bare_environment(HERE)))
    eventually(lambda: mapped.component_statuses == ["RUNNING"], says="the component runs")
    host.cut_link()
    time.sleep(2)
    host.restore_link()
    assert mapped.get(0, timeout=TIMEOUT) == "undisturbed"
    assert (mapped._map_dir.path / "events").read_text().count("Job executing on host") == 1


def test_when_the_tests_are_killed_nothing_runs_on(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("read -r pid _ </proc/self/stat; echo $pid; read -r _; sleep 600 & sleep 600")
    program = (
        "import sys, time; from pathlib import Path; from tests.site.namespaces import Namespaces\n"
        "host = Namespaces(Path(sys.argv[1]) / 'script', {}, Path(sys.argv[1]) / 'log'); host.go()\n"
        "print(host.first, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        first = int(tests.stdout.readline())
        assert is_running(first)
        tests.send_signal(signal.SIGKILL)
    eventually(lambda: not is_running(first), says="the first process of the namespace has ended")


def test_when_a_host_was_killed_nothing_of_it_runs_on(tmp_path: Path) -> None:
    many = "for i in $(seq 200); do sleep 600 & done; echo >started; wait"
    (tmp_path / "script").write_text(f"read -r pid _ </proc/self/stat; echo $pid; read -r _; cd {tmp_path}; {many}")
    host = Namespaces(tmp_path / "script", {}, tmp_path / "log")
    host.go()
    eventually((tmp_path / "started").exists, says="all its processes are started")
    host.close()
    assert not is_running(host.first)


def test_what_a_killed_run_left_is_deleted_by_the_next_and_what_another_run_uses_is_not(tmp_path: Path) -> None:
    used = TemporaryFolder(tmp_path, "site-")
    program = (
        "import sys, time; from pathlib import Path; from tests.site.folders import TemporaryFolder\n"
        "made = TemporaryFolder(Path(sys.argv[1]), 'site-'); print(made.path, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        left = Path(tests.stdout.readline().strip())
        assert left.is_dir()
        tests.kill()
    new = TemporaryFolder(tmp_path, "site-")
    assert not left.exists()
    assert used.path.is_dir()
    used.delete()
    new.delete()
    assert not used.path.exists()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_script_that_fails_at_once_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("echo it does not work >&2; exit 1")
    with pytest.raises(RuntimeError, match="it does not work"):
        Namespaces(tmp_path / "script", {"PATH": os.defpath}, tmp_path / "log")
