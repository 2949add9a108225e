"""Tests of one plugin see no other, whatever else is installed on the machine."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from htmap_core.plugins.calls import Plugins, plugins

_SELECTION = "HTMAP_PLUGINS"


@contextlib.contextmanager
def only_plugins(*names: str) -> Iterator[None]:
    """Switch off all plugins but some in a ``with`` block, also for the processes that it starts.

    What they offered is asked for anew. The contracts do this for their tests. Since 0.7. ::

        with only_plugins("sw", "pool"):
            assert list(htmap.map(abs, [-1])) == [1]

    :param names: the plugins that stay, beside the core.
    """
    before, present = os.environ.get(_SELECTION), dict(vars(plugins))
    os.environ[_SELECTION] = ",".join(names)
    _fill(vars(Plugins()))  # many modules have the object, so that another one would not reach them
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SELECTION]
        else:
            os.environ[_SELECTION] = before
        _fill(present)


def _fill(content: dict[str, object]) -> None:
    vars(plugins).update(content)
