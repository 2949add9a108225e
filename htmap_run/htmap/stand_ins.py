"""Stand-ins for the names of HTMap that modules use on import; on the execute node they do nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from typing import Any, Optional


class MapOptions(dict):  # type: ignore[type-arg]  # dict[...] cannot be subclassed on Python 3.8
    """Holds the options of a map, unchecked; they have a meaning on the submit side only."""

    def __init__(self, /, *, custom_options: Any = None, **options: Any) -> None:
        super().__init__(options)
        self.update((f"MY.{name}", value) for name, value in (custom_options or {}).items())

    def __getattr__(self, name: str) -> Any:
        if name in {"fixed_input_files", "input_files", "output_remaps"}:
            return self.get(name)
        if name == "custom_options":
            return {name[3:]: value for name, value in self.items() if name.startswith("MY.")}
        raise AttributeError(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def copy(self) -> MapOptions:
        """Return new options with the same values."""
        return self.merge(self)

    @classmethod
    def merge(cls, *others: Optional[MapOptions]) -> MapOptions:
        """Return *others* merged; the first one that has an option wins."""
        merged = cls()
        for other in reversed(others):
            merged.update(other or {})
        return merged


def mapped(func: Any = None, *, map_options: Any = None) -> Any:
    """Return the function unchanged, however it is decorated: here, functions are only called."""
    del map_options
    if func is None or isinstance(func, MapOptions):
        return lambda decorated: decorated
    return func


class Settings(dict):  # type: ignore[type-arg]  # dict[...] cannot be subclassed on Python 3.8
    """Holds the settings that a module sets here; those of the submit side do not exist on the execute node."""

    def __missing__(self, name: str) -> Any:
        raise KeyError(f"{name} (the settings of the submit side do not exist on the execute node)")


settings = Settings()
