"""Stand-ins for what modules use of HTMap while they are imported; on the execute node they have nothing to do."""

from __future__ import annotations

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from typing import Any, Callable, Optional


def mapped(function: Optional[Callable[..., Any]] = None, map_options: Any = None) -> Any:
    """Return *function* as it is, also as ``@mapped()`` and ``@mapped(map_options=...)``: here it is only called."""
    del map_options
    if function is None:
        return lambda decorated: decorated
    return function


class MapOptions:
    """Takes the options of a map, which mean something on the submit side only."""

    def __init__(self, *positional: Any, **options: Any) -> None:
        self.positional = positional
        self.options = options

    @classmethod
    def merge(cls, *others: MapOptions) -> MapOptions:
        """Return options that stand for all of *others*."""
        merged: dict[str, Any] = {}
        for other in reversed(others):
            merged.update(other.options)
        return cls(**merged)


class Settings(dict):  # type: ignore[type-arg]  # dict[...] cannot be subclassed on Python 3.8
    """Holds what a module sets; the settings of the submit side are not here."""

    def __missing__(self, name: str) -> Any:
        raise KeyError(f"{name} (the settings of the submit side do not exist on the execute node)")


settings = Settings()
