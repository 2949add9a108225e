"""Who is measured, and the work."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One way to run calls.

    :param name: its name on the command line and in the records.
    :param label: its name in the table and in the plot.
    :param way: the module that runs it, ``with_<way>``.
    :param batch: how many calls share a job (ours) or a task (the peers'); "auto" lets HTMap choose.
    :param sizes: the work that it has in a whole run, when not everything.
    """

    name: str
    label: str
    way: str
    batch: int | str = 1
    sizes: Collection[Work] | None = None


@dataclass(frozen=True)
class Work:
    """So many calls that sleep for so many seconds each.

    :param calls: the number of calls.
    :param seconds: how long each sleeps.
    """

    calls: int
    seconds: float

    def ideal(self, slots: int) -> float:
        """Return the seconds that so many slots need if nothing but the calls takes time.

        >>> Work(100, 10).ideal(8)
        130.0
        """
        return -(-self.calls // slots) * float(self.seconds)

    def __str__(self) -> str:
        return f"{self.calls}x{self.seconds:g}"


WHOLE = (
    *(Work(calls, 0) for calls in (100, 1_000, 10_000, 100_000)),
    *(Work(calls, 0.1) for calls in (100, 1_000, 10_000)),
    *(Work(calls, 1) for calls in (100, 1_000)),
    Work(100, 10),
)
QUICK = (Work(100, 0), Work(1_000, 0), Work(10_000, 0), Work(100, 0.1), Work(100, 1))

_MANY = (Work(10_000, 0), Work(100_000, 0))
_FEW = (Work(100, 0), Work(1_000, 0), Work(100, 1))

_ONE_BY_ONE = (Work(1_000, 0), Work(10_000, 0), Work(100, 1), Work(1_000, 1))

CONTENDERS = (
    Contender("htmap-auto", "HTMap", "htmap", "auto"),
    Contender("htmap-1", "HTMap, chunksize=1", "htmap", 1, _FEW),
    Contender("htmap-500", "HTMap, chunksize=500", "htmap", 500, _MANY),
    Contender("htmap-12500", "HTMap, chunksize=12500", "htmap", 12_500, _MANY[1:]),
    Contender("htmap-executor", "HTMap's executor", "htmap_executor", sizes=_ONE_BY_ONE),
    Contender("plain", "condor_submit, a job each", "condor_submit", 1, _FEW),
    Contender("dask", "dask-jobqueue", "dask"),
    Contender("dask-executor", "dask-jobqueue's executor", "dask_executor", sizes=_ONE_BY_ONE),
    Contender("dask-500", "dask-jobqueue, batched by 500", "dask", 500, _MANY),
    Contender("parsl", "Parsl", "parsl"),
    Contender("parsl-500", "Parsl, batched by 500", "parsl", 500, _MANY),
)


def cells(names: Collection[str], works: Collection[Work], *, named: bool = False) -> Iterator[tuple[Contender, Work]]:
    """Yield who runs what, all contenders of a piece of work one after another.

    :param names: the names of the contenders.
    :param works: the work.
    :param named: whether somebody asked for this very work, so that also those run it who have only some in a whole run.
    """
    for work in works:
        for each in CONTENDERS:
            if each.name in names and (named or each.sizes is None or work in each.sizes):
                yield each, work
