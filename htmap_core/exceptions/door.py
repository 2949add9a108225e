"""How exceptions leave HTMap: by the shortest way, without the lines of HTMap on it, which say nothing to users."""

from __future__ import annotations

from htmap_core import tracebacks
from htmap_core.exceptions.roots import HTMapException


def by_the_shortest_way(error: HTMapException) -> HTMapException:
    """Return an exception whose traceback begins where it is raised next; those of its causes keep the user's lines alone.

    Only for what is raised on purpose: its text says all. A bug keeps its whole way.
    """
    for each in tracebacks.causes(error):
        each.__traceback__ = tracebacks.trimmed(each.__traceback__)
    return error.with_traceback(None)
