"""Stand-ins for the names of HTMap that modules use on import; on the execute node they do nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Callable, Optional


def mapped(function: Optional[Callable[..., Any]] = None, map_options: Any = None) -> Any:
    """Return *function* unchanged, also as ``@mapped()`` and ``@mapped(map_options=...)``: here, functions are only called."""
    del map_options
    if function is None:
        return lambda decorated: decorated
    return function


class MapOptions:
    """Takes the options of a map; they have a meaning on the submit side only."""

    def __init__(self, *positional: Any, **options: Any) -> None:
        self.positional = positional
        self.options = options

    @classmethod
    def merge(cls, *others: MapOptions) -> MapOptions:
        """Return *others* merged; the first one that has an option wins."""
        merged: dict[str, Any] = {}
        for other in reversed(others):
            merged.update(other.options)
        return cls(**merged)


class Settings(dict):  # type: ignore[type-arg]  # dict[...] cannot be subclassed on Python 3.8
    """Holds the settings that a module sets here; those of the submit side do not exist on the execute node."""

    def __missing__(self, name: str) -> Any:
        raise KeyError(f"{name} (the settings of the submit side do not exist on the execute node)")


settings = Settings()
