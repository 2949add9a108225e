"""A folder that another user has made or changed: nothing of it runs as this user, whatever is asked."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest
from htmap_pool.running import record
from htmap_pool.running.processes import Process

from htmap_core import names
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.record import plain_address

STRANGER = 4711  # nobody has this id

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to others")

Type = Callable[..., subprocess.CompletedProcess[str]]

COMMANDS = [
    ["status"],
    ["tags"],
    ["wait", "tide"],
    ["errors", "tide"],
    ["why", "tide"],
    ["debug", "tide", "0"],
    ["job", "tide", "0"],
    ["hold", "tide"],
    ["release", "tide"],
    ["vacate", "tide"],
    ["pause", "tide"],
    ["edit", "memory", "tide", "1024"],
    ["rerun", "map", "tide"],
    ["retag", "tide", "ebb"],
    ["remove", "tide"],
    ["remove", "--force", "tide"],
    ["clean", "--all", "--yes"],
    ["doctor"],
    ["plugins", "list"],
    ["packages", "info"],
    ["transplants", "info"],
]

OF_POOL = [["pool", "start"], ["pool", "stop"], ["pool", "status"], ["pool", "logs"], ["pool", "install"]]


@pytest.fixture
def ran(public: Path) -> Path:
    """The file that whatever runs would make."""
    return public / "ran"


@pytest.fixture
def configuration(public: Path, ran: Path) -> Path:
    """A configuration of HTCondor's that runs a program when it is read."""
    path = public / "eve" / "condor_config"
    path.parent.mkdir()
    path.write_text(f"include command : /usr/bin/touch {ran}\n")
    os.chown(path, STRANGER, -1)
    return path


@pytest.fixture
def type_(ran: Path) -> Type:
    """Return what runs ``htmap`` in a process of its own, and says that nothing else has run."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "htmap", *arguments]
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            input="",
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert not ran.exists(), f"{arguments}: {done.stdout} {done.stderr}"
        return done

    return run


def give(top: Path, uid: int) -> None:
    for path in (top, *top.rglob("*")):
        os.lchown(path, uid, -1)


def name_configuration(map_dir: MapDir, path: Path) -> None:
    """Make a map name a configuration, and a marker that asks the next command to remove another map of that pool."""
    pool = attrs.evolve(map_dir.record.pool, configuration=path)
    map_dir.write_record(attrs.evolve(map_dir.record, pool=pool))
    map_dir.submissions.taken(map_dir.submissions.intend(2, late=False), 17)
    marker = {
        "tag": "gone",
        "host": socket.gethostname(),
        "since": 0,
        "pool": plain_address(pool, map_dir.root),
        "constraint": "true",
    }
    (map_dir.root / names.REMOVED / "5678").write_text(json.dumps(marker))


class TestAFolderOfAnotherUser:
    @pytest.fixture
    def process(self) -> Iterator[Process]:
        """A process that runs, and that nobody would miss."""
        with subprocess.Popen(["sleep", "600"]) as sleeping:
            found = Process.of(sleeping.pid)
            assert found is not None
            yield found
            sleeping.kill()

    @pytest.fixture
    def of_eve(
        self,
        process: Process,
        htmap_dir: Path,
        make_map: Callable[..., MapDir],
        configuration: Path,
        ran: Path,
        public: Path,
    ) -> Path:
        """An HTMAP_DIR with a map and with a personal pool that seems to run."""
        name_configuration(make_map("tide"), configuration)
        folder = public / "htmap"
        shutil.move(htmap_dir, folder)
        pool, release = folder / "pool", folder / "pool" / "releases" / "25"
        for each in (release / "sbin", release / "bin", pool / "log", pool / "config.d", pool / "etc"):
            each.mkdir(parents=True)
        for program in ("sbin/condor_master", "bin/condor_version", "bin/condor_status"):
            (release / program).write_text(f"#!/bin/sh\ntouch {ran}\necho '$CondorVersion: 25.14.1 $'\n")
            (release / program).chmod(0o755)
        (release / ".htmap-release").write_text(str(release))
        (pool / "htcondor").symlink_to(release)
        (pool / "log" / ".schedd_address").write_text("")
        for each in (pool / "condor_config", pool / "config.d" / "eve.conf"):
            each.write_text(configuration.read_text())
        running = {"pid": process.pid, "born": process.born, "since": 0, "host": socket.gethostname()}
        running |= {"kernel": record.kernel(), "version": "25.14.1", "release": str(release)}
        (pool / "running.json").write_text(json.dumps(running))
        return folder

    @pytest.mark.parametrize("command", [*COMMANDS, *OF_POOL], ids=" ".join)
    def test_no_command_runs_anything_of_it(self, of_eve: Path, type_: Type, command: list[str]) -> None:
        give(of_eve, STRANGER)
        done = type_(*command, HTMAP_DIR=str(of_eve))
        of_this_machine = command[0] == "plugins"
        assert done.returncode == 0 if of_this_machine else str(STRANGER) in done.stdout + done.stderr

    @pytest.mark.parametrize("part", ["pool", "pool/config.d", "pool/config.d/eve.conf", "pool/condor_config"])
    def test_no_part_of_the_pool_may_be_somebody_else_s(self, of_eve: Path, type_: Type, part: str) -> None:
        os.chown(of_eve / part, STRANGER, -1)
        for command in (*OF_POOL[:-1], ["doctor"]):
            done = type_(*command, HTMAP_DIR=str(of_eve))
            assert str(STRANGER) in done.stdout + done.stderr

    def test_no_htcondor_of_somebody_else_is_started(self, of_eve: Path, type_: Type) -> None:
        (of_eve / "pool" / "running.json").unlink()
        os.chown(of_eve / "pool" / "releases" / "25" / "sbin" / "condor_master", STRANGER, -1)
        done = type_("pool", "start", HTMAP_DIR=str(of_eve))
        assert (done.returncode, str(STRANGER) in done.stderr) == (1, True)

    def test_a_tab_completes_nothing_and_runs_nothing(self, of_eve: Path, type_: Type) -> None:
        give(of_eve, STRANGER)
        words = {"_HTMAP_COMPLETE": "bash_complete", "COMP_WORDS": "htmap job tide ", "COMP_CWORD": "3"}
        assert type_(HTMAP_DIR=str(of_eve), **words).stdout.strip() == ""
        words = {"_HTMAP_COMPLETE": "bash_complete", "COMP_WORDS": "htmap remove ", "COMP_CWORD": "2"}
        assert type_(HTMAP_DIR=str(of_eve), **words).stdout.strip() == ""


class TestAConfigurationOfAnotherUser:
    @pytest.mark.parametrize("command", [each for each in COMMANDS if each[0] != "wait"], ids=" ".join)
    def test_no_command_reads_it(
        self, make_map: Callable[..., MapDir], configuration: Path, type_: Type, command: list[str]
    ) -> None:
        name_configuration(make_map("tide"), configuration)
        type_(*command)

    def test_what_asks_the_pool_names_it(
        self, make_map: Callable[..., MapDir], configuration: Path, type_: Type
    ) -> None:
        name_configuration(make_map("tide"), configuration)
        done = type_("hold", "tide")
        assert (done.returncode, str(configuration) in done.stderr, str(STRANGER) in done.stderr) == (1, True, True)

    def test_the_map_can_be_removed_all_the_same(
        self, make_map: Callable[..., MapDir], configuration: Path, type_: Type
    ) -> None:
        map_dir = make_map("tide")
        name_configuration(map_dir, configuration)
        assert type_("remove", "--force", "tide").returncode == 0
        assert not map_dir.path.exists()

    def test_the_user_may_name_it(
        self, make_map: Callable[..., MapDir], configuration: Path, type_: Type, ran: Path
    ) -> None:
        name_configuration(make_map("tide"), configuration)
        with pytest.raises(AssertionError, match="hold"):
            type_("hold", "tide", CONDOR_CONFIG=str(configuration))
        assert ran.exists()
