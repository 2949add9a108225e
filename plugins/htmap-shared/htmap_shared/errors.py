"""The exceptions of this plugin."""

from __future__ import annotations

import attrs

from htmap_core import HTMapException


@attrs.define(slots=False)
class NoPythonToShare(HTMapException):
    """The path of the running Python is unknown, so no job can be started with it."""

    def __str__(self) -> str:
        return (
            "Python does not know its own path (sys.executable is empty), so DELIVERY_METHOD = 'shared' cannot use it"
        )
