"""Another local user can do nothing to a pool, not even one who got hold of its configuration and its addresses."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from htmap_pool.running import daemons

from htmap_core.testing import eventually

pytestmark = [
    pytest.mark.pool,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can act as several users"),
]

LEVELS = ["READ", "WRITE", "ADMINISTRATOR", "CONFIG", "DAEMON", "NEGOTIATOR"]
LEVELS += ["ADVERTISE_MASTER", "ADVERTISE_SCHEDD", "ADVERTISE_STARTD"]
DAEMONS = ["master", "collector", "negotiator", "schedd", "startd"]

# Root's daemons see themselves as "daemon", and everybody whom they do not know as "nobody".
STRANGERS = ["nobody", "daemon", "bin"]

SLOT = """\
MyType = "Machine"
Name = "slot1@stranger"
Machine = "stranger"
StartdIpAddr = "<127.0.0.1:1>"
MyAddress = "<127.0.0.1:1>"
State = "Unclaimed"
Activity = "Idle"
Cpus = 64
"""


@pytest.fixture(scope="class", params=["root", "games"])
def guarded(request: pytest.FixtureRequest, public_pools: Callable[..., Any]) -> Any:
    """A pool of root, and one of an ordinary user."""
    made = public_pools(uid=pwd.getpwnam(request.param).pw_uid)
    made.start()
    made.submit("sleep 3600", "hold = true")
    return made


@pytest.fixture(scope="class")
def stolen(guarded: Any) -> Iterator[Path]:
    """A folder that everybody may read, with the pool's configuration and addresses."""
    folder = Path(tempfile.mkdtemp(prefix="htmap-stolen-", dir="/var/tmp"))
    try:
        shutil.copytree(guarded.places.log, folder / "log")
        text = guarded.places.configuration.read_text()
        text = text.replace(str(guarded.places.root), str(folder)).replace("CONDOR_IDS", "# CONDOR_IDS")
        (folder / "condor_config").write_text(text)
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=STRANGERS)
def attack(request: pytest.FixtureRequest, guarded: Any, stolen: Path) -> Callable[..., Any]:
    """Run one of HTCondor's tools as another user."""

    def run(tool: str, *arguments: str, stdin: str = "", **environment: str) -> Any:
        uid = pwd.getpwnam(request.param).pw_uid
        config = str(stolen / "condor_config")
        return guarded.tool(tool, *arguments, stdin=stdin, uid=uid, CONDOR_CONFIG=config, **environment)

    return run


def allowed(done: Any) -> set[str]:
    """Return the levels that condor_ping was granted, from its table."""
    rows = (line.split() for line in done.stdout.splitlines())
    return {row[0] for row in rows if row and row[0] in LEVELS and "ALLOW" in row}


@pytest.mark.parametrize("daemon", DAEMONS)
class TestLevels:
    def test_the_owner_has_every_level(self, guarded: Any, daemon: str) -> None:
        assert allowed(guarded.tool("condor_ping", "-type", daemon, "-table", *LEVELS)) == set(LEVELS)

    def test_a_stranger_has_none(self, attack: Callable[..., Any], daemon: str) -> None:
        done = attack("condor_ping", "-type", daemon, "-table", *LEVELS)
        assert allowed(done) == set(), done.stdout
        assert done.returncode != 0


class TestActs:
    @pytest.mark.parametrize(
        "command",
        [
            ["condor_q", "-allusers"],
            ["condor_status"],
            ["condor_rm", "-all"],
            ["condor_release", "-all"],
            ["condor_qedit", "1", "Cmd", '"/bin/true"'],
            ["condor_hold", "-all"],
            ["condor_off", "-master"],
            ["condor_off", "-addr", "{master}"],
            ["condor_restart", "-addr", "{master}"],
            ["condor_reconfig", "-addr", "{schedd}"],
            ["condor_vacate", "-addr", "{startd}"],
            ["condor_config_val", "-rset", "ALLOW_WRITE = *", "-schedd"],
        ],
        ids=" ".join,
    )
    def test_a_stranger_is_refused(self, attack: Callable[..., Any], guarded: Any, command: list[str]) -> None:
        addresses = {
            daemon: (guarded.places.log / f".{daemon}_address").read_text().splitlines()[0]
            for daemon in ("master", "schedd", "startd")
        }
        done = attack(*(part.format(**addresses) for part in command))
        assert done.returncode != 0 or "DENIED" in done.stderr, done.stdout + done.stderr
        assert list(guarded.jobs().values()) == [5]
        assert daemons.usable(guarded.places)

    def test_a_stranger_cannot_submit(self, attack: Callable[..., Any], guarded: Any) -> None:
        done = attack("condor_submit", "-", stdin="executable = /bin/true\nqueue\n")
        assert done.returncode != 0
        assert len(guarded.jobs()) == 1

    @pytest.mark.parametrize("methods", ["FS", "CLAIMTOBE", "ANONYMOUS", "CLAIMTOBE,ANONYMOUS,FS"])
    @pytest.mark.parametrize(
        "update", ["UPDATE_STARTD_AD", "UPDATE_MASTER_AD", "UPDATE_SCHEDD_AD", "INVALIDATE_STARTD_ADS"]
    )
    def test_a_stranger_cannot_advertise(
        self, attack: Callable[..., Any], guarded: Any, update: str, methods: str
    ) -> None:
        forged = {
            "_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS": methods,
            "_CONDOR_SEC_CLAIMTOBE_USER": guarded_owner(guarded),
        }
        ad = SLOT if update.startswith("UPDATE") else 'MyType = "Query"\nTargetType = "Machine"\nRequirements = true\n'
        attack("condor_advertise", update, "-", stdin=ad, **forged)
        names = guarded.tool("condor_status", "-any", "-autoformat", "Name").stdout
        assert "stranger" not in names
        assert "slot1@" in names

    def test_the_owner_can_do_all_this(self, guarded: Any) -> None:
        guarded.tool("condor_advertise", "UPDATE_STARTD_AD", "-", stdin=SLOT.replace("stranger", "owner"))
        eventually(
            lambda: "slot1@owner" in guarded.tool("condor_status", "-autoformat", "Name").stdout,
            says="the collector has taken the owner's ad",
        )
        assert guarded.tool("condor_reconfig").returncode == 0


class TestFiles:
    def test_a_stranger_cannot_read_the_pool_s_files_or_reach_its_sockets(self, guarded: Any) -> None:
        runtime = next(
            line.partition(" = ")[2]
            for line in guarded.places.configuration.read_text().splitlines()
            if line.startswith("LOCK = ")
        )
        for folder in (guarded.places.root, Path(runtime), Path(runtime).parent):
            assert folder.stat().st_mode & 0o077 == 0
            assert folder.stat().st_uid == guarded.uid


def guarded_owner(guarded: Any) -> str:
    text: str = guarded.places.configuration.read_text()
    return next(line.split()[2].partition("@")[0] for line in text.splitlines() if line.startswith("ALLOW_WRITE"))


@pytest.fixture(scope="class")
def public_pools(make_pools: Callable[..., AbstractContextManager[Any]], public_release: Any) -> Iterator[Any]:
    with make_pools(public_release) as make:
        yield make
