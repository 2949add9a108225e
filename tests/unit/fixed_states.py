"""A source of states that is no event log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.condor.connection import Connection
from htmap_core.storage.jobs import Job

FULL = ComponentHold(34, "the job used more memory than it requested")


@attrs.define
class FixedStates:
    """What is known after each look; the last for ever after."""

    looks: list[list[ComponentStatus]]
    makes_no_jobs: bool = False

    def poll(self) -> bool:
        del self.looks[: len(self.looks) > 1]
        return True

    def statuses(self) -> list[ComponentStatus]:
        return self.looks[0]

    def counts(self) -> dict[ComponentStatus, int]:
        return dict(Counter(self.looks[0]))

    def status(self, component: int) -> ComponentStatus:
        return self.looks[0][component]

    def open_jobs(self, jobs: Iterable[Job]) -> list[Job]:
        return [] if self.has_ended else list(jobs)

    def hold(self, component: int) -> ComponentHold | None:
        return FULL if self.status(component) is ComponentStatus.HELD else None

    def note(self, component: int) -> str:
        return ""

    def memory(self, component: int) -> int:
        return 10 + component

    def runtime(self, component: int) -> float:
        return 2.0

    @property
    def has_ended(self) -> bool:
        return all(status.is_final for status in self.looks[0])

    def doubt(self) -> None:
        return None

    def lacks_news(self) -> bool:
        return False

    def awaits_release(self, connection: Connection) -> bool:
        return self.makes_no_jobs

    def ask_the_schedd(self, connection: Connection) -> str | None:
        raise AssertionError(f"news come with every look, so the schedd of {connection.address} is not asked")

    def silence(self) -> float | None:
        return None

    def save(self) -> None:
        pass
