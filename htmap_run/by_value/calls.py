"""Call a function that came with its arguments. Maps of calls of several functions name the function of this module."""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a function, and return what it returns."""
    return function(*args, **kwargs)
