"""A map whose jobs run, and an event log that a test writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs
import pytest

import htmap
from htmap_core.storage.mapdir import MapDir
from tests.returned import Error
from tests.unit.conftest import MakeMap, write_result

_TEXTS = {
    "001": "Job executing on host: <192.0.2.1:9618>",
    "004": "Job was evicted.\n\tCode 1004 Subcode 0",
    "005": "Job terminated.\n\t(1) Normal termination (return value 0)",
    "009": "Job was aborted.\n\tby hand",
    "012": "Job was held.\n\tDisk quota exceeded\n\tCode 13 Subcode 122",
    "013": "Job was released.\n\tby hand",
}

_ERROR = "Job terminated.\n\t(1) Normal termination (return value 90)"


@attrs.frozen
class Tide:
    """A map in the queue, each of whose components has a job of its own."""

    map_dir: MapDir

    def tell(self, kind: str, components: Iterable[int]) -> None:
        """Write an event of jobs to the log."""
        with self.map_dir.events.open("a") as log:
            log.writelines(f"{kind} (17.{row:03}.000) 2026-11-21 09:00:00 {_TEXTS[kind]}\n...\n" for row in components)

    def run(self, *components: int) -> None:
        self.tell("001", components)

    def end(self, **results: Any) -> None:
        """Have components end, ``_0=10`` being the first with the result 10."""
        for name, result in results.items():
            write_result(self.map_dir, int(name[1:]), result)
        self.tell("005", [int(name[1:]) for name in results])

    def fail(self, component: int, error: Error) -> None:
        """Have a component end with an error."""
        write_result(self.map_dir, component, error)
        self.tell("001", [component])
        with self.map_dir.events.open("a") as log:
            log.write(f"005 (17.{component:03}.000) 2026-11-21 09:00:00 {_ERROR}\n...\n")

    def hold(self, *components: int) -> None:
        self.tell("012", components)

    def release(self, *components: int) -> None:
        self.tell("013", components)

    def abort(self, *components: int) -> None:
        self.tell("009", components)

    @property
    def map(self) -> htmap.Map:
        return htmap.load("tide")


Submitted = Callable[..., Tide]


@pytest.fixture
def submitted(make_map: MakeMap) -> Iterator[Submitted]:
    """Return what makes a map whose jobs are in the queue; it is gone in the end, so that nobody follows it."""
    made: list[Tide] = []

    def submitted(components: int = 2, tag: str = "tide") -> Tide:
        map_dir = make_map(tag, components)
        map_dir.submissions.taken(map_dir.submissions.intend(components, late=False), 17)
        made.append(Tide(map_dir))
        return made[-1]

    yield submitted
    for tide in made:
        shutil.rmtree(tide.map_dir.path, ignore_errors=True)
