"""What plain cloudpickle can pickle, HTMap can: the two side by side, on objects of all kinds, as scripts define them."""

from __future__ import annotations

import importlib.util
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import htmap_run
from tests.unit.run import keeper
from tests.unit.run.conftest import EXECUTE_SIDE, TIMEOUT, Interpreter, Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

THIS_ENVIRONMENT = "here"  # has the submit side, too; what may be missing elsewhere is there

# Another process that has cloudpickle alone: runs what plain cloudpickle has pickled, and pickles what it returns.
PLAIN = """
import cloudpickle, pickle, sys
def visited(payload):
    try:
        return cloudpickle.dumps(pickle.loads(payload)())
    except Exception as error:
        return f"{type(error).__name__}: {error}"
sys.stdout.buffer.write(pickle.dumps([visited(each) for each in pickle.load(sys.stdin.buffer)]))
"""


class Animal(NamedTuple):
    """An object of zoo.txt, which explains what these are."""

    source: str
    since: tuple[int, ...] = (3, 8)
    needs: str = ""
    beyond: bool = False
    nothing: bool = False


def _animals() -> Iterator[tuple[str, Animal]]:
    for each in Path(__file__).with_name("zoo.txt").read_text().split("\n=== ")[1:]:
        head, source = each.split("\n", 1)
        name, *marks = head.split(" | ")
        marked = dict(mark.partition(" ")[::2] for mark in marks)
        since = tuple(map(int, marked.get("since", "3.8").split(".")))
        yield name, Animal(source, since, marked.get("needs", ""), "beyond" in marked, "nothing" in marked)


ANIMALS = dict(_animals())


class Zoo:
    """All animals that a Python can have, after both ways have brought them there and back.

    :ivar pickled: for each animal and way, which errors kept it from being pickled; empty if none did.
    :ivar found: for each animal and way, what was wrong with it afterwards.
    """

    def __init__(self, pickled: dict[str, dict[str, str]], found: dict[str, dict[str, str]]) -> None:
        self.pickled = pickled
        self.found = found

    def fails(self, way: str) -> dict[str, str]:
        """Return the animals that could not travel a way, each with the reason."""
        reasons = {name: ways[way] or self.found[name][way] for name, ways in self.pickled.items()}
        return {name: reason for name, reason in reasons.items() if reason}


@pytest.fixture(scope="module", params=[THIS_ENVIRONMENT, *EXECUTE_SIDE])
def zoo(
    request: pytest.FixtureRequest,
    need_python: Callable[[str], Interpreter],
    archive: Path,
    cloudpickle_only: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Zoo:
    is_here = request.param == THIS_ENVIRONMENT
    python = Interpreter(Path(sys.executable), sys.version_info[:3]) if is_here else need_python(request.param)
    folder = tmp_path_factory.mktemp("zoo")
    sources = {
        name: each.source
        for name, each in ANIMALS.items()
        if python.version >= each.since and _has(each.needs, is_here)
    }
    (folder / "sources").write_bytes(pickle.dumps(sources))
    (folder / "htmap_run").symlink_to(Path(htmap_run.__file__).parent)  # the submit side is here alone
    jobs = Jobs(tmp_path_factory.mktemp("jobs"), archive, python, cloudpickle_only)
    environment = {
        **jobs.environment,
        "PYTHONPATH": f"{cloudpickle_only}{os.pathsep}{folder}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(python.path), keeper.__file__, str(folder)]
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as kept:
        assert kept.stdin
        assert kept.stdout
        assert kept.stdout.readline() == b"pickled\n"
        function, payloads, pickled = pickle.loads((folder / "pickled").read_bytes())
        returned: dict[str, dict[str, bytes | str]] = {name: {} for name in pickled}
        for name, payload in _by_plain_cloudpickle(payloads["plain"], python, environment):
            returned[name]["plain"] = payload
        for name, payload in _by_htmap(payloads["htmap"], jobs, function):
            returned[name]["htmap"] = payload
        (folder / "returned").write_bytes(pickle.dumps(returned))
        kept.communicate(b"\n", timeout=TIMEOUT)
    return Zoo(pickled, pickle.loads((folder / "found").read_bytes()))


def _has(module: str, is_here: bool) -> bool:
    return not module or (is_here and importlib.util.find_spec(module) is not None)


def _by_plain_cloudpickle(
    payloads: dict[str, bytes], python: Interpreter, environment: dict[str, str]
) -> Iterable[tuple[str, bytes | str]]:
    given = pickle.dumps(list(payloads.values()))
    command = [str(python.path), "-c", PLAIN]
    ran = subprocess.run(command, env=environment, input=given, capture_output=True, timeout=TIMEOUT, check=True)
    return zip(payloads, pickle.loads(ran.stdout))


def _by_htmap(payloads: dict[str, bytes], jobs: Jobs, function: bytes) -> Iterable[tuple[str, bytes | str]]:
    scratch = jobs.scratch(function)
    jobs.block(scratch, 0, 0, list(payloads.values()), by_value=range(len(payloads)))
    ran = jobs.run_in(scratch, f"0-{len(payloads) - 1}")
    for component, name in enumerate(payloads):
        is_ok = ran.record(component)["status"] == "OK"
        yield name, ran.results.payload(component) if is_ok else ran.error(component)["traceback"]


def test_what_plain_cloudpickle_can_pickle_htmap_can(zoo: Zoo) -> None:
    lost = zoo.fails("htmap").keys() - zoo.fails("plain").keys()
    assert {name: zoo.fails("htmap")[name] for name in lost} == {}


def test_htmap_can_pickle_all_but_what_nothing_can(zoo: Zoo) -> None:
    fails = zoo.fails("htmap")
    assert {name: reason for name, reason in fails.items() if not ANIMALS[name].nothing} == {}
    assert {name for name in zoo.pickled if ANIMALS[name].nothing} <= fails.keys()


def test_most_of_it_is_known_to_plain_cloudpickle_and_some_is_not(zoo: Zoo) -> None:
    assert {name for name in zoo.pickled if ANIMALS[name].beyond} & zoo.fails("plain").keys()
    assert len(zoo.fails("plain")) < len(zoo.pickled) / 2


def test_what_nothing_can_pickle_fails_likewise(zoo: Zoo) -> None:
    for ways in zoo.pickled.values():
        if ways["plain"] and ways["htmap"]:
            assert ways["htmap"].split()[-1] == ways["plain"]
            assert ways["function"] == ways["htmap"]
