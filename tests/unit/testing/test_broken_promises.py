"""Each promise of a contract can be broken, and that is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.pools import Pool
from htmap_core.exceptions import HTMapException
from htmap_core.plugins.calls import plugins
from htmap_core.testing import PoolContract, SiteContract, TransferProtocolContract, only_plugins
from htmap_core.testing.transfer_script import TransferScript
from tests.throwaway_plugins import Site

BROKEN = (AssertionError, HTMapException)

QUAY = """
import itertools
NUMBERS = itertools.count()
class Quay(Pool):
    name = "quay"
    limits_steps = {limits}
    def named_by(self):
        {named_by}
    def find(self):
        {find}
    def starts_when_needed(self):
        {starts}
    def advice(self):
        {advice}
@hookimpl
def htmap_pools(): return [Quay()]
@hookimpl
def htmap_setup_credentials(submit, plan): submit.set_default("MY.Ticket", "true")
@hookimpl
def htmap_rewrite_submit(submit, plan):
    if plan.walltime is not None:
        submit.set_default("MY.Limit", {limit})
    {rule}
"""
GOOD = {
    "limits": "True",
    "named_by": "return None",
    "find": "return None",
    "starts": "return False",
    "advice": "return 'it is not here'",
    "limit": "plan.walltime.seconds",
    "rule": "submit.set_default('request_memory', '2GB')",
}


class AtQuay(SiteContract):
    plugin = "quay"
    distribution = "htmap-quay"
    pool = "quay"
    time_limit = "MY.Limit"
    a_day = "86400"


PROMISES: dict[str, Callable[[AtQuay, Pool, Path], None]] = {
    "twice": lambda at, *_: at.test_describing_twice_describes_the_same(),
    "stays": lambda at, *_: at.test_what_the_user_asks_for_stays(),
    "walltime": lambda at, *_: at.test_the_walltime_becomes_the_sites_own_limit(),
    "own limit": lambda at, *_: at.test_the_users_own_limit_wins(),
    "elsewhere": lambda at, *_: at.test_maps_elsewhere_stay_as_they_are(),
    "credentials": lambda at, *_: at.test_maps_elsewhere_need_no_credentials(),
    "find": lambda at, offered, _: at.test_looking_for_it_tells_its_address_or_that_it_is_not_here(offered),
    "writes": lambda at, offered, folder: at.test_looking_for_it_writes_nothing(offered, folder),
    "one line": lambda at, offered, _: at.test_it_says_in_one_line_why_it_cannot_be_used(offered),
    "named": lambda at, offered, _: at.test_nothing_names_it_but_the_user(offered),
    "starts": lambda at, offered, _: at.test_whether_the_next_map_starts_it_is_known_in_time(offered),
    "listed": lambda at, offered, _: at.test_the_list_of_pools_has_it_with_an_address_or_a_reason(offered),
}


@pytest.fixture
def install(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Pool]]:
    """Return what installs a site, with something that is wrong with it, and returns its pool."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def install(**wrong: str) -> Pool:
        Site(folder).install("quay", QUAY.format(**{**GOOD, **wrong}))
        assert [each.reason for each in plugins.records() if each.name == "quay"] == [""]
        return next(pool for pool in plugins.pools() if pool.name == "quay")

    with only_plugins("quay"):
        yield install


@pytest.mark.parametrize("promise", PROMISES)
def test_a_good_site_keeps_it(promise: str, install: Callable[..., Pool], htmap_dir: Path) -> None:
    PROMISES[promise](AtQuay(), install(), htmap_dir)


@pytest.mark.parametrize(
    ("promise", "wrong"),
    [
        ("twice", {"rule": "submit.set('MY.Number', next(NUMBERS))"}),
        ("stays", {"rule": "submit.take('request_cpus'), submit.set('request_cpus', 4)"}),
        ("walltime", {"limit": "'3600'"}),
        ("own limit", {"rule": "plan.walltime is None or submit.set('MY.Limit', plan.walltime.seconds)"}),
        ("elsewhere", {"limits": "False"}),
        ("credentials", {"limits": "False"}),
        ("find", {"find": "return PoolAddress('another')"}),
        ("find", {"find": "return 'quay.example.org'"}),
        ("writes", {"find": "(htmap_dir() / 'found').mkdir(parents=True)"}),
        ("one line", {"advice": "return 'it is not here\\n  or there'"}),
        ("one line", {"advice": "return ''"}),
        ("named", {"named_by": "return 'its name'"}),
        ("starts", {"starts": "return 'soon'"}),
        ("listed", {"advice": "return ''"}),
    ],
)
def test_a_bad_site_breaks_it(
    promise: str, wrong: dict[str, str], install: Callable[..., Pool], htmap_dir: Path
) -> None:
    offered = install(**wrong)
    with pytest.raises(BROKEN):
        PROMISES[promise](AtQuay(), offered, htmap_dir)


def test_all_promises_of_sites_and_pools_are_tried() -> None:
    own = {name for cls in (PoolContract, SiteContract) for name in vars(cls) if name.startswith("test_")}
    assert len(own) == len(PROMISES)


# --- scripts of protocols

SCRIPT = Path(__file__).parents[3] / "examples" / "htmap-cellar" / "htmap_cellar" / "transfer.py"


class OfCellar(TransferProtocolContract):
    scheme = "cellar"


def says(script: TransferScript, *_: Path) -> None:
    OfCellar().test_the_script_says_that_it_serves_the_scheme(script)


def moves(script: TransferScript, *folders: Path) -> None:
    OfCellar().test_files_come_back_as_they_were_sent(script, *folders)


def fails(script: TransferScript, *folders: Path) -> None:
    OfCellar().test_a_file_that_is_not_there_fails_with_a_reason(script, *folders)


@pytest.mark.parametrize(
    ("promise", "right", "wrong"),
    [
        *((promise, "", "") for promise in (says, moves, fails)),
        (says, 'SupportedMethods = "cellar"', 'SupportedMethods = "barrel"'),
        (says, "MultipleFileSupport = true", "MultipleFileSupport = false"),
        (moves, 'return "[ " +', 'return " " +'),  # the old notation
        (moves, "with gzip.open(stored) as source", "with stored.open('rb') as source"),
        (fails, "return 1 if failed else 0", "return 0"),
        (fails, 'facts["TransferError"] = error', "pass"),
    ],
)
def test_what_a_script_must_do_is_seen(promise: Callable[..., None], right: str, wrong: str, tmp_path: Path) -> None:
    source = SCRIPT.read_text()
    assert right in source
    folders: Any = [tmp_path / name for name in ("scratch", "place", "files")]
    for folder in folders:
        folder.mkdir()
    (tmp_path / "script").write_text(source.replace(right, wrong) if right else source)
    script = TransferScript(tmp_path / "script", folders[0])
    if not right:
        promise(script, *folders[1:])
        return
    with pytest.raises((AssertionError, LookupError, ValueError)):
        promise(script, *folders[1:])
