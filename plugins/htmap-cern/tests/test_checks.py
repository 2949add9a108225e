"""What CERN's plugin checks for ``htmap doctor``."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from htmap_cern import checks, tickets
from htmap_cern.credentials import Memory
from htmap_cern.settings import CernSettings

from htmap_core import Check, PoolAddress
from htmap_core.exceptions import PoolUnavailable

DAY = datetime.timedelta(days=1)

KLIST = """#!/bin/sh
cat <<'END'
Ticket cache: FILE:/tmp/krb5cc_1000
Default principal: alice@CERN.CH

Valid starting     Expires            Service principal
{starts}  {ends}  krbtgt/CERN.CH@CERN.CH
\t{renew}Flags: F
END
"""


class Credd:
    """A pool of which only the credd is asked."""

    address = PoolAddress("cern")
    is_local = False

    def __init__(self, *, has: bool | None = False, producer: str | None = "true") -> None:
        self.has = has
        self.producer = producer

    def parameter(self, name: str) -> str | None:
        return self.producer

    def has_kerberos_credential(self) -> bool:
        if self.has is None:
            raise PoolUnavailable("cern", "the credd does not answer")
        return self.has


@pytest.fixture
def kinit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what gets a ticket: a klist that shows one of this end."""

    def get(left: datetime.timedelta, renew: datetime.timedelta | None = None) -> None:
        now = datetime.datetime.now(datetime.timezone.utc)
        starts, ends, until = (f"{now + each:%m/%d/%Y %H:%M:%S}" for each in (-DAY, left, renew or left))
        text = KLIST.format(starts=starts, ends=ends, renew=f"renew until {until}, " if renew else "")
        (tmp_path / "klist").write_text(text)
        (tmp_path / "klist").chmod(0o700)

    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "klist").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "klist").chmod(0o700)
    return get


def found(pool: Any = None, **told: Any) -> list[Check]:
    asked: Any = pool or Credd()
    return list(checks.of(asked, CernSettings(**told)))


def verdicts(of: list[Check]) -> dict[str, str]:
    return {each.area: each.verdict for each in of}


def test_without_a_ticket_no_map_can_be_made(kinit: Callable[..., None]) -> None:
    (check,) = found()
    assert (check.area, check.verdict) == ("ticket", "problem")
    assert check.advice.startswith("`kinit -f ")


def test_how_long_the_ticket_lasts_is_told(kinit: Callable[..., None]) -> None:
    kinit(DAY / 2 + datetime.timedelta(seconds=90), 5 * DAY)
    ticket, credd = found()
    assert (ticket.verdict, credd.verdict) == ("ok", "ok")
    assert "alice@CERN.CH" in ticket.text
    assert "12 h" in ticket.text
    assert "4 d 23 h" in ticket.text


def test_a_ticket_that_ends_soon_is_a_problem_and_renewed_where_it_can_be(kinit: Callable[..., None]) -> None:
    kinit(DAY / 48, 5 * DAY)
    (check,) = found()
    assert (check.verdict, check.advice) == ("problem", "`kinit -R`")
    assert verdicts(found(ticket_lifetime="20 min"))["ticket"] == "ok"


def test_who_sends_none_needs_none(kinit: Callable[..., None]) -> None:
    assert verdicts(found(send_credential=False)) == {"ticket": "ok"}


@pytest.mark.parametrize(
    "credd",
    [Credd(has=None), Credd(producer=None), Credd(producer="/nowhere/producer --all"), Credd(producer="'")],
)
def test_a_credd_that_cannot_get_the_ticket_is_a_problem(kinit: Callable[..., None], credd: Credd) -> None:
    kinit(DAY)
    assert verdicts(found(credd)) == {"ticket": "ok", "credd": "problem"}


def test_whether_the_credd_has_this_ticket_is_told(kinit: Callable[..., None]) -> None:
    kinit(DAY)
    memory = Memory.of(PoolAddress("cern"))
    memory.keep("that of an earlier ticket")
    before = found(Credd(has=True))[1].text
    memory.keep(tickets.needed(60, datetime.datetime.now(datetime.timezone.utc)).fingerprint)
    after = found(Credd(has=True))[1].text
    assert before != after
    assert found(Credd(has=False))[1].text == before


def test_a_site_that_stores_it_itself_needs_no_producer(kinit: Callable[..., None]) -> None:
    kinit(DAY)
    assert verdicts(found(Credd(has=None, producer="CREDENTIAL_ALREADY_STORED"))) == {"ticket": "ok", "credd": "ok"}
