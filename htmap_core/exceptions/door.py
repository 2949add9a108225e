"""How exceptions leave HTMap: by the shortest way, without the lines of HTMap on it, which say nothing to users."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

from htmap_core.exceptions.roots import HTMapException

_OURS = frozenset({"htmap", "htmap_core", "htmap_run"})


def by_the_shortest_way(error: HTMapException) -> HTMapException:
    """Return an exception whose traceback begins where it is raised next; those of its causes keep the user's lines alone.

    Only for what is raised on purpose: its text says all. A bug keeps its whole way.
    """
    for each in _causes(error):
        each.__traceback__ = _without_ours(each.__traceback__)
    return error.with_traceback(None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen = {id(error)}
    found = error.__cause__ or error.__context__
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    kept: TracebackType | None = None
    for each in reversed(list(_walk(trace))):
        if str(each.tb_frame.f_globals.get("__name__", "")).partition(".")[0] not in _OURS:
            kept = TracebackType(kept, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return kept


def _walk(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next
