"""Defects of the original HTMap, by their numbers in the list of them, which must not come back.

Others of that list have their tests where the rest of their subject is tested: 2 and 7 in ``test_api``, 4, 13 and 21 in
``test_maps``, 17 and the retagging of 24 in ``test_api_queue``, 5, 6, 10, 14, 16, 18, 19 and 23 also among the unit tests.
"""

from __future__ import annotations

import collections
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.plugins.pools import find_pool
from htmap_core.results.errors import ComponentError
from htmap_core.testing import using_htmap_dir

pytestmark = pytest.mark.pool

TIMEOUT = 180
UNMATCHED = htmap.MapOptions(requirements="false")


@pytest.fixture(autouse=True)
def in_pool(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("in_module_pool" if "ends" in request.fixturenames else "personal_pool")


def ad(mapped: htmap.Map, *attributes: str) -> dict[str, Any]:
    return dict(find_pool()[1].query_jobs(mapped._map_dir.own_jobs, list(attributes))[0])


class ComesBackOnlyThere:
    """Can be unpickled where functions run, but not here."""

    def __reduce__(self) -> tuple[Any, ...]:
        def make() -> str:
            import os

            if "HTMAP_ON_EXECUTE" in os.environ:
                return "made"
            raise LookupError("no such thing here")

        return make, ()


def missing(_: Any) -> Any:
    import no_such_module_anywhere  # type: ignore[import-not-found]

    return no_such_module_anywhere


def leave(code: int) -> None:
    print("last words", file=sys.stderr, flush=True)
    os._exit(code)


DEADLY: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "sys.exit(3)": (sys.exit, 3),
    "os._exit(0)": (leave, 0),
    "os._exit(1)": (leave, 1),
    "kill -9": (lambda _: os.kill(os.getpid(), 9), None),
    "unpicklable": (lambda _: threading.Lock(), None),
    "unreadable": (lambda _: ComesBackOnlyThere(), None),
    "missing module": (missing, None),
}
for thing in (missing, leave, ComesBackOnlyThere):
    thing.__module__ = "__main__"  # they are sent along: the execute side does not have this module


@pytest.fixture(scope="module")
def ends(module_pool: Path) -> dict[str, htmap.Map]:
    """Submit all deadly functions together, and wait until each has ended as it does."""
    with using_htmap_dir(module_pool):
        options = htmap.MapOptions(max_retries=0)
        maps = {name: htmap.map(func, [arg], options) for name, (func, arg) in DEADLY.items()}
        for mapped in maps.values():
            list(mapped.outcomes(TIMEOUT))
    return maps


EVERY_REPORT = [
    "Landed on execute node",
    "Installed packages are\n  ",
    "cloudpickle==",
    "contents are\n  ",
    "_htmap_function",
]


class TestEndsWithoutAResult:
    """Defects 3 and 15: there was no report, or a bare FileNotFoundError."""

    def test_they_end_as_expected(self, ends: dict[str, htmap.Map]) -> None:
        assert {name: str(mapped.component_statuses[0]) for name, mapped in ends.items()} == {
            "sys.exit(3)": "ERRORED",
            "os._exit(0)": "ERRORED",
            "os._exit(1)": "ERRORED",
            "kill -9": "ERRORED",
            "unpicklable": "ERRORED",
            "unreadable": "COMPLETED",
            "missing module": "ERRORED",
        }

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("sys.exit(3)", [*EVERY_REPORT, "SystemExit: 3"]),
            ("unpicklable", [*EVERY_REPORT, "cannot pickle '_thread.lock' object", "Return plain data"]),
            (
                "unreadable",
                [*EVERY_REPORT, "in make", "cannot be unpickled here: LookupError: no such thing here"],
            ),
            ("missing module", [*EVERY_REPORT, "no_such_module_anywhere"]),
            ("os._exit(0)", [*EVERY_REPORT, "ended with exit code 0", "last words"]),
            ("os._exit(1)", [*EVERY_REPORT, "ended with exit code 1", "last words"]),
            ("kill -9", [*EVERY_REPORT, "killed by signal 9 (SIGKILL)", "MB at its peak, and the slot has "]),
        ],
    )
    def test_there_is_a_report(self, ends: dict[str, htmap.Map], name: str, words: list[str]) -> None:
        with pytest.raises(htmap.exceptions.MapComponentError) as caught:
            ends[name].get(0)
        (outcome,) = ends[name].outcomes(1)
        assert isinstance(outcome.error, ComponentError)
        report = outcome.error.report()
        assert caught.value.report == report
        assert report.splitlines()[2] in str(caught.value)
        assert [word for word in words if word not in report] == []
        if name == "unreadable":  # only who unpickles the result finds that
            with pytest.raises(htmap.exceptions.ExpectedError):
                ends[name].get_err(0)
        else:
            assert outcome.error == ends[name].get_err(0)

    @pytest.mark.parametrize("name", ["os._exit(0)", "kill -9", "sys.exit(3)", "unpicklable", "missing module"])
    def test_it_is_among_the_errors(self, ends: dict[str, htmap.Map], name: str) -> None:
        assert list(ends[name].errors) == [0]
        assert len(list(ends[name].error_reports())) == 1

    @pytest.mark.parametrize("name", ["os._exit(0)", "os._exit(1)"])
    def test_what_it_wrote_can_be_read(self, ends: dict[str, htmap.Map], name: str) -> None:
        assert ends[name].stderr.get(0) == ends[name].stderr[0]
        assert ends[name].stderr[0].startswith("last words\n")

    def test_the_missing_module_is_the_cause(self, ends: dict[str, htmap.Map]) -> None:
        with pytest.raises(htmap.exceptions.MapComponentError) as caught:
            ends["missing module"].get(0, TIMEOUT)
        assert isinstance(caught.value.__cause__, ModuleNotFoundError)


Point = collections.namedtuple("Point", "x y")
Point.__module__ = "__main__"


class TestOptions:
    def test_5_requirements_of_all_sides_are_combined(self) -> None:
        htmap.settings["MAP_OPTIONS.requirements"] = "Cpus > 1000"
        mapped = htmap.mapped(map_options=htmap.MapOptions(requirements="Memory > 1"))(str)
        with pytest.warns(htmap.exceptions.NoSlotFits) as caught:
            waiting = mapped.map([1], map_options=htmap.MapOptions(requirements="Disk > 1"))
        doubt = caught[0].message
        assert isinstance(doubt, htmap.exceptions.NoSlotFits)
        assert doubt.demands["Cpus > 1000"] == 0
        found = str(ad(waiting, "Requirements")["Requirements"])
        waiting.remove()
        assert [each for each in ("Cpus > 1000", "Memory > 1", "Disk > 1") if each not in found] == []

    def test_8_options_for_each_component_pass_through_mapped_functions(self) -> None:
        mapped = htmap.mapped(map_options=UNMATCHED)(str)
        waiting = mapped.map([1, 2], map_options=htmap.MapOptions(request_memory=["10MB", "20MB"]))
        ads = find_pool()[1].query_jobs(waiting._map_dir.own_jobs, ["RequestMemory"])
        waiting.remove()
        assert sorted(each["RequestMemory"] for each in ads) == [10, 20]

    def test_11_values_need_not_be_text(self) -> None:
        options = htmap.MapOptions(
            request_cpus=2,
            rank=1.5,
            encrypt_execute_directory=True,
            description=Path("a/b"),
            requirements=False,
            custom_options={"N": 7},
        )
        waiting = htmap.map(str, [1], map_options=options)
        found = ad(waiting, "RequestCpus", "Rank", "EncryptExecuteDirectory", "JobDescription", "N")
        waiting.remove()
        assert (
            found.items()
            >= {"RequestCpus": 2, "Rank": 1.5, "EncryptExecuteDirectory": True, "JobDescription": "a/b", "N": 7}.items()
        )

    def test_12_containers_arrive_as_what_they_are(self) -> None:
        def kind(given: Any) -> tuple[str, Any]:
            return type(given).__name__, given

        given = [
            Point(1, 2),
            collections.defaultdict(list, a=[1]),
            collections.OrderedDict(b=1, a=2),
            frozenset({1}),
            {"nested": [Point(3, 4), (1,)]},
        ]
        mapped = htmap.map(kind, given, chunksize=5)
        names = ["Point", "defaultdict", "OrderedDict", "frozenset", "dict"]
        assert list(mapped.iter(timeout=TIMEOUT)) == list(zip(names, given))
        assert mapped[1][1].default_factory is list
        assert [args[0] for args, _ in mapped.iter_inputs()] == given
        mapped.remove()


class TestTags:
    PROGRAM = """
import htmap, sys
sys.stdin.readline()
try:
    htmap.map(str, [1], tag="race", map_options=htmap.MapOptions(requirements="false"))
except htmap.exceptions.TagAlreadyExists:
    print("lost")
else:
    print("won")
"""

    def test_24_of_processes_that_want_one_tag_one_gets_it(self) -> None:
        command = [sys.executable, "-c", self.PROGRAM]
        runners = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)
        ]
        for runner in runners:
            assert runner.stdin is not None
            runner.stdin.write("go\n")
            runner.stdin.flush()
        results = sorted(runner.communicate(timeout=TIMEOUT)[0].strip() for runner in runners)
        assert results == ["lost", "lost", "lost", "won"]
        assert len(find_pool()[1].query_jobs('JobBatchName == "race"', ["ClusterId"])) == 1
        htmap.remove("race")

    def test_24_maps_of_another_htmap_dir_are_other_maps(self, running_pool: Path, tmp_path: Path) -> None:
        first = htmap.map(str, [1], tag="twin", map_options=UNMATCHED)
        with using_htmap_dir(tmp_path / "other"):
            (tmp_path / "other").mkdir()
            (tmp_path / "other" / "pool").symlink_to(running_pool / "pool")
            assert htmap.get_tags() == ()
            second = htmap.map(str, [1, 2], tag="twin", map_options=UNMATCHED)
            assert htmap.load("twin") is second
            assert (second is first, len(second), len(first), first.tag) == (False, 2, 1, "twin")
            second.remove()
        assert htmap.load("twin") is first
        assert first.exists
        first.remove()
