"""Whoever looks at a map runs no code that came from the execute side; only who asks for a result or an exception does."""

from __future__ import annotations

import collections
import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import click
import pytest

import htmap
from htmap_core.cli import cli
from htmap_core.plugins.calls import plugins
from htmap_core.testing import using_htmap_dir

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("in_class_pool")]

TIMEOUT = 180
WAITED = htmap.exceptions.MapComponentError
ENDED = htmap.exceptions.EndedAlready


def submit(marker: Path, chunksize: int) -> htmap.Map:
    """Submit a map whose results and exceptions make a file when they are unpickled here."""

    def made_again(cls: Any) -> Any:
        if "HTMAP_ON_EXECUTE" not in os.environ:
            marker.touch()
        return cls("the tide")

    class Result:
        def __init__(self, *_: object) -> None:
            pass

        def __reduce__(self) -> Any:
            return made_again, (type(self),)

    class Raised(Exception):
        def __reduce__(self) -> Any:
            return made_again, (type(self),)

    def run(component: int) -> Result:
        print("the sea")
        if component % 2:
            raise Raised("the tide")
        return Result()

    tag = "tide" if chunksize == 1 else "tides"
    return htmap.map(run, range(4), tag=tag, map_options=htmap.MapOptions(chunksize=chunksize), quiet=True)


@pytest.fixture(scope="class")
def marker(class_pool: Path) -> Path:
    """Return the path of the file that code from the execute side would make."""
    return class_pool.with_name("ran")


@pytest.fixture(scope="class")
def submitted(class_pool: Path, marker: Path) -> None:
    with using_htmap_dir(class_pool):
        for each in [submit(marker, 1), submit(marker, 4)]:
            each.wait(TIMEOUT, errors_ok=True)


@pytest.fixture(autouse=True)
def unmarked(submitted: None, marker: Path) -> None:
    marker.unlink(missing_ok=True)


@pytest.fixture(params=["tide", "tides"])
def mapped(request: pytest.FixtureRequest) -> htmap.Map:
    return htmap.load(request.param)


def consume(iterator: Any) -> None:
    collections.deque(iterator, maxlen=0)


def refused(kind: type[BaseException], act: Callable[[], object]) -> BaseException:
    with pytest.raises(kind) as caught:
        act()
    return caught.value


def raises(kind: type[BaseException], act: Callable[[], object]) -> str:
    """Check that *act* raises, from nothing, and return the text."""
    raised = refused(kind, act)
    assert raised.__cause__ is None
    return str(raised)


def act(mapped: htmap.Map) -> None:
    for each in (mapped.hold, mapped.release, mapped.pause, mapped.resume, mapped.vacate):
        each()


def rename(mapped: htmap.Map) -> None:
    tag = mapped.tag
    mapped.retag("wave")
    mapped.retag(tag)


# Of each public name of a map: how it is used. None of these may unpickle.
LOOKS: dict[str, Callable[[htmap.Map], object]] = {
    **dict.fromkeys(["hold", "release", "pause", "resume", "vacate"], act),
    **dict.fromkeys(["tag", "exists", "is_transient", "components"], lambda m: (m.tag, m.exists, m.is_transient)),
    "local_data": lambda m: m.local_data,
    "component_statuses": lambda m: m.component_statuses,
    "components_by_status": lambda m: m.components_by_status(),
    "status": lambda m: (m.status(), repr(m), m._repr_html_(), len(m), 1 in m),
    "is_done": lambda m: m.is_done,
    "is_active": lambda m: m.is_active,
    "holds": lambda m: m.holds,
    "hold_report": lambda m: m.hold_report(),
    "memory_usage": lambda m: m.memory_usage,
    "runtime": lambda m: m.runtime,
    "wait": lambda m: raises(WAITED, m.wait),
    "get_err": lambda m: [told(m.get_err(1)), raises(htmap.exceptions.ExpectedError, lambda: m.get_err(0))],
    "errors": lambda m: [told(error) for error in m.errors.values()],
    "error_reports": lambda m: list(m.error_reports()),
    "stdout": lambda m: (list(m.stdout), list(m.stdout.follow(1)), repr(m.stdout)),
    "stderr": lambda m: list(m.stderr),
    "output_files": lambda m: list(m.output_files),
    "collect": lambda m: str(m.collect("collected")),
    "iter_inputs": lambda m: consume(m.iter_inputs()),
    "inputs": lambda m: m.inputs[:],
    "set_memory": lambda m: raises(ENDED, lambda: m.set_memory(100)),
    "set_disk": lambda m: raises(ENDED, lambda: m.set_disk(100)),
    "set_walltime": lambda m: raises(ENDED, lambda: m.set_walltime("2h")),
    "chunk_report": lambda m: m.chunk_report(),
    "advise": lambda m: str(m.advise()),
    "failed": lambda m: m.failed,
    "why": lambda m: m.why([0, 1]),
    "plan": lambda m: (str(m.plan()), m.plan().to_dict()),
    "job_ad": lambda m: m.job_ad(0).text,
    "submit_file": lambda m: m.submit_file(),
    "retag": rename,
    "load": lambda m: [
        htmap.load(m.tag),
        htmap.load_maps(),
        htmap.status()._repr_html_(),
        htmap.status_json(),
        htmap.status_csv(),
    ],
}

UNPICKLE: dict[str, Callable[[htmap.Map], object]] = {
    "get": lambda m: m.get(0),
    "index": lambda m: refused(ValueError, lambda: m.index(3, stop=1)),
    "count": lambda m: refused(WAITED, lambda: m.count(3)),
    "iter": lambda m: next(m.iter()),
    "iter_with_inputs": lambda m: next(m.iter_with_inputs()),
    "iter_as_available": lambda m: next(m.iter_as_available()),
    "iter_as_available_with_inputs": lambda m: next(m.iter_as_available_with_inputs()),
    "results": lambda m: next(iter(m.results())),
    "outcomes": lambda m: next(m.outcomes()),  # of the components that have a result
    "futures": lambda m: m.futures([0])[0].result(timeout=60),
}

ELSEWHERE = {"rerun", "remove"}  # as commands


def told(error: Any) -> list[str]:
    """Return an error in every form but the exception."""
    copied = copy.deepcopy(error)
    travelled = pickle.loads(pickle.dumps(attrs.evolve(error, map=None)))
    assert (copied, attrs.evolve(travelled, map=error.map)) == (error, error)
    return [str(error), repr(error), error._repr_html_(), error.report(), repr(copied), repr(travelled)]


class TestTheMap:
    def test_every_public_name_is_here(self) -> None:
        public = {name for name in dir(htmap.Map) if not name.startswith("_")}
        assert public == {*LOOKS, *UNPICKLE, *ELSEWHERE}

    @pytest.mark.parametrize("name", LOOKS)
    def test_a_look_runs_nothing(self, mapped: htmap.Map, marker: Path, name: str) -> None:
        LOOKS[name](mapped)
        assert not marker.exists()

    @pytest.mark.parametrize("name", UNPICKLE)
    def test_who_asks_for_results_gets_them_as_the_function_made_them(
        self, mapped: htmap.Map, marker: Path, name: str
    ) -> None:
        UNPICKLE[name](mapped)
        assert marker.exists()

    def test_outcomes_of_failures_run_nothing(self, mapped: htmap.Map, marker: Path) -> None:
        for outcome in mapped.outcomes():
            existed = marker.exists()
            marker.unlink(missing_ok=True)
            assert existed == outcome.ok

    def test_an_exception_is_unpickled_when_it_is_asked_for_and_once(self, mapped: htmap.Map, marker: Path) -> None:
        error = mapped.get_err(1)
        assert not marker.exists()
        assert repr(error.exception) == "Raised('the tide')"
        assert marker.exists()
        assert error.exception is error.exception

    @pytest.mark.parametrize("look", [lambda m: m.get(1), lambda m: m[1], list])
    def test_who_asks_for_the_result_gets_the_exception_as_the_cause(
        self, mapped: htmap.Map, look: Callable[[htmap.Map], object]
    ) -> None:
        with pytest.raises(WAITED) as caught:
            look(mapped)
        assert repr(caught.value.__cause__) == "Raised('the tide')"


# Of each command that looks at maps or acts on them: its arguments. Those that remove the maps come last.
ARGUMENTS = {
    "status": [],
    "tags": [],
    "components": ["tide"],
    "errors": ["--all"],
    "reasons": ["--all"],
    "stdout": ["tides", "1"],
    "stderr": ["tide", "1"],
    "collect": ["tide", "collected", "--with-failed"],
    "debug": ["tide", "1"],
    "why": ["tide", "0", "1"],
    "advise": ["tide"],
    "job": ["tide", "1"],
    "submit-file": ["tide"],
    "plan": ["tide"],
    "path": ["tide"],
    "wait": ["--all"],
    "hold": ["--all"],
    "release": ["--all"],
    "pause": ["--all"],
    "resume": ["--all"],
    "vacate": ["--all"],
    "edit memory": ["tide", "100"],
    "edit disk": ["tide", "1"],
    "edit walltime": ["tide", "2h"],
    "retag": ["tide", "tide"],
    "settings": [],
    "doctor": [],
    "delivery": [],
    "settle": [],
    "move": ["elsewhere/htmap"],
    "plugins list": [],
    "plugins show": ["shared"],
    "logs": ["--view"],
    "version": [],
    "pool status": [],
    "pool logs": [],
    "packages info": [],
    "packages remove": ["--unused"],
    "transplants info": [],
    "transplants remove": ["--unused"],
    "rerun components": ["tide", "1"],
    "rerun map": ["tides"],
    "rerun failed": ["tide"],
    "remove": ["tide"],
    "clean": ["--all"],
}
LOOK_AT_NO_MAP = {
    "docs",
    "plugins new",
    "set",
    "unset",
    "autocompletion",
    "pool install",
    "pool start",
    "pool stop",
    "transplants export",
}


def commands(group: click.Group, before: str = "") -> Iterator[str]:
    context = click.Context(group)
    names = [*group.list_commands(context), *(plugins.commands() if group is cli else ())]
    for name in names:
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}"


class TestTheCommandLine:
    def test_every_command_is_here(self) -> None:
        assert sorted(commands(cli)) == sorted({*ARGUMENTS, *LOOK_AT_NO_MAP})

    @pytest.mark.parametrize("command", ARGUMENTS)
    def test_a_command_runs_nothing(self, marker: Path, command: str) -> None:
        words = [sys.executable, "-m", "htmap", *command.split(), *ARGUMENTS[command]]
        ran = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )
        assert ran.returncode in {0, 1}, ran.stderr  # 1: of wait, that components have failed
        assert "Traceback" not in ran.stderr
        assert not marker.exists()

    def test_nor_does_completion(self, marker: Path) -> None:
        environment = {
            **os.environ,
            "_HTMAP_COMPLETE": "bash_complete",
            "COMP_WORDS": "htmap errors t",
            "COMP_CWORD": "2",
        }
        subprocess.run(
            [sys.executable, "-m", "htmap"], env=environment, capture_output=True, timeout=TIMEOUT, check=True
        )
        assert not marker.exists()
