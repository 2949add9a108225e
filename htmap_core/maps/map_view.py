"""What a map is, and how its components are."""

from __future__ import annotations

import datetime
import functools
import operator
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from htmap_core.components import ComponentHold, ComponentStatus
from htmap_core.exceptions import HTMapException, MapWasRemoved
from htmap_core.results import reports
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.tags import has_tag, tag_of
from htmap_core.tracking import holds
from htmap_core.tracking.states import ComponentStates

F = TypeVar("F", bound=Callable[..., Any])

_alive: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()


def of_existing(method: F) -> F:
    """Have a method raise MapWasRemoved, before it looks at its arguments, once the map is gone."""

    @functools.wraps(method)
    def checked(self: MapView, *args: Any, **kwargs: Any) -> Any:
        self._check_existence()
        return method(self, *args, **kwargs)

    return checked  # type: ignore[return-value]  # wraps keeps the signature


@attrs.define(slots=False)
class ComponentNotFound(HTMapException, IndexError):
    """The map has no component of this index."""

    tag: str
    component: int
    count: int

    def __str__(self) -> str:
        return f"map {self.tag!r} has {self.count} components, and none with the index {self.component}"


class MapView:
    """What a map is, and how its components are; the base of :class:`~htmap_core.maps.map.Map`."""

    def __new__(cls, *, tag: str, map_dir: MapDir) -> MapView:  # noqa: ARG004, PYI034 -- for __init__; no subclasses but ours
        """Return the object that there is for the map in this process, or a new one."""
        alive = _alive.get(str(map_dir.path))
        return alive if alive is not None else super().__new__(cls)

    def __init__(self, *, tag: str, map_dir: MapDir) -> None:
        self._tag = tag
        if str(map_dir.path) not in _alive:
            self._map_dir = map_dir
            self._record = map_dir.record
            self._states = ComponentStates(map_dir)
            self._components = range(self._record.components)
            _alive[str(map_dir.path)] = self

    # --- what it is

    @property
    @of_existing
    def tag(self) -> str:
        """The map's tag, also where another process has given it a new one."""
        if not has_tag(self._map_dir, self._tag):
            self._tag = tag_of(self._map_dir) or self._tag
        return self._tag

    @property
    def exists(self) -> bool:
        """True unless the map has been removed, here or by another process."""
        return self._map_dir.exists

    def _check_existence(self) -> None:
        if not self.exists:
            raise MapWasRemoved(self._tag)

    @property
    @of_existing
    def is_transient(self) -> bool:
        """True where nobody gave the map a tag of its own; :func:`htmap.clean` removes such maps."""
        return self._map_dir.is_transient

    @property
    @of_existing
    def components(self) -> tuple[int, ...]:
        """The indices of all components."""
        return tuple(self._components)

    @property
    @of_existing
    def local_data(self) -> int:
        """How many bytes the map has on this machine's disk."""
        return self._map_dir.local_data

    @of_existing
    def __len__(self) -> int:
        return len(self._components)

    @of_existing
    def __contains__(self, component: object) -> bool:
        return hasattr(component, "__index__") and operator.index(component) in self._components

    def __copy__(self) -> MapView:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> MapView:
        return self

    def __reduce__(self) -> str:
        raise TypeError(f'a map cannot be pickled; where it is needed, htmap.load("{self._tag}") gives it')

    def __repr__(self) -> str:
        return f"Map(tag = {self._tag})"

    def _checked(self, component: int) -> int:
        """Return a component's index counted from the front.

        :raises ComponentNotFound: the map has no such component.
        """
        if not isinstance(component, int):
            if not hasattr(component, "__index__"):
                raise TypeError(f"components are counted by int, not {type(component).__name__}")
            component = operator.index(component)  # numpy's integers are as good as Python's
        count = len(self._components)
        if not -count <= component < count:
            raise ComponentNotFound(self._tag, component, count)
        return component % count

    # --- how it is

    @property
    @of_existing
    def component_statuses(self) -> list[ComponentStatus]:
        """The status of every component, as the event log says now."""
        self._states.poll()
        return self._states.all()

    @of_existing
    def components_by_status(self) -> dict[ComponentStatus, tuple[int, ...]]:
        """Return the indices of the components in each status; of every status, also where there are none."""
        found: dict[ComponentStatus, list[int]] = {status: [] for status in ComponentStatus}
        for component, status in enumerate(self.component_statuses):
            found[status].append(component)
        return {status: tuple(components) for status, components in found.items()}

    @of_existing
    def status(self) -> str:
        """Return one line that says how many components are in which state."""
        counts = Counter(self.component_statuses)
        shown = [*ComponentStatus.display_statuses()]
        shown += [status for status in ComponentStatus if counts[status] and status not in shown]
        text = " | ".join(f"{status} = {counts[status]}" for status in shown)
        return f"Map {self.tag} ({len(self)} components): {text}"

    @property
    @of_existing
    def is_done(self) -> bool:
        """True where every component is COMPLETED."""
        return set(self.component_statuses) == {ComponentStatus.COMPLETED}

    @property
    @of_existing
    def is_active(self) -> bool:
        """True where any component may still get another status by itself: it is not COMPLETED, ERRORED or REMOVED."""
        return not all(status.is_final for status in set(self.component_statuses))

    @property
    @of_existing
    def holds(self) -> dict[int, ComponentHold]:
        """Why components are held, by component."""
        held = self.components_by_status()[ComponentStatus.HELD]
        found = {component: self._states.hold(component) for component in held}
        return {component: hold for component, hold in found.items() if hold is not None}

    @of_existing
    def hold_report(self) -> str:
        """Return a table of the components that are held, and why; below it, what to do where a URL is the cause."""
        found = self.holds
        rows = [(str(component), str(hold.code), hold.reason) for component, hold in found.items()]
        table = reports.table(("Component", "Code", "Hold Reason"), rows, left=3)
        of_urls = (holds.advice(hold, self.tag) for hold in found.values() if holds.is_of_url(hold))
        return "\n".join([table, *dict.fromkeys(of_urls)])

    @property
    @of_existing
    def memory_usage(self) -> list[int]:
        """The peak memory of every component's job in MB, as HTCondor measured it; 0 where it has not reported yet."""
        self._states.poll()
        return [self._states.memory(component) for component in self._components]

    @property
    @of_existing
    def runtime(self) -> list[datetime.timedelta]:
        """For how long every component's job runs, or ran last."""
        self._states.poll()
        return [datetime.timedelta(seconds=self._states.runtime(component)) for component in self._components]
