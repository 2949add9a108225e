"""Reads results and inputs of components in bulk: neighbours come from one file, which is opened once."""

from __future__ import annotations

import pickle
from typing import Any, Optional

import attrs

from htmap_core.exceptions import CorruptMap
from htmap_core.results.pickling import unpickle_result
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_run import formats

Input = tuple[tuple[Any, ...], dict[str, Any]]


@attrs.define
class _Open:
    """The file that was read last, and where in it the components are."""

    job: Optional[Job]
    file: formats.PackReader
    places: dict[int, Any]
    python: str = ""
    by_value: dict[int, Optional[bool]] = attrs.field(factory=dict)


class ResultReader:
    """Reads the results of a map."""

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._results: _Open | None = None
        self._inputs: _Open | None = None

    def has(self, component: int) -> bool:
        """Return whether the file that was read last has the result of a component; opens nothing."""
        known = self._results
        if known is None or component not in known.places:
            return False
        return known.job is not None and self._map_dir.placement.is_current(known.job, component)

    def result(self, component: int, tag: str) -> Any:
        """Return a component's result.

        :raises FileNotFoundError: its job has returned no file, or one without a result of this component.
        :raises CannotUnpickle: it cannot be made an object here.
        :raises CorruptMap: the file was cut short.
        """
        if not self.has(component):
            self._open_results(self._job(component))
        return self.at_hand(component, tag)

    def at_hand(self, component: int, tag: str) -> Any:
        """Return a component's result from the file that was read last; otherwise as :meth:`result`."""
        assert self._results is not None
        place = self._results.places.get(component)
        if place is None:
            raise FileNotFoundError(f"the result of component {component}")
        known = self._results
        return unpickle_result(known.file.payload(*place), tag, component, known.python, known.by_value[component])

    def input(self, component: int) -> Input:
        """Return the arguments that a component's function is called with: ``(args, kwargs)``.

        :raises CorruptMap: the file that has them was cut short, or is not there.
        """
        if self._inputs is None or component not in self._inputs.places:
            self._open_inputs(component)
        assert self._inputs is not None
        found: Input = pickle.loads(self._inputs.file.payload(*self._inputs.places[component]))
        return found

    def __del__(self) -> None:
        for known in (self._results, self._inputs):
            if known is not None:
                known.file.close()

    def _job(self, component: int) -> Job:
        return self._map_dir.placement.job_of(component)

    def _open_results(self, job: Job) -> None:
        if self._results is not None:
            self._results.file.close()
            self._results = None
        file = self._map_dir.outputs.open(job)
        entries = {entry["component"]: entry for entry in file.index["components"] if entry.get("result")}
        places = {component: entry["result"] for component, entry in entries.items()}
        by_value = {component: entry.get("by_value") for component, entry in entries.items()}  # not in those of 0.7.0
        self._results = _Open(job, file, places, file.index["runtime"]["python"], by_value)

    def _open_inputs(self, component: int) -> None:
        if self._inputs is not None:
            self._inputs.file.close()
            self._inputs = None
        path = self._map_dir.input_block(component)
        try:
            file = formats.PackReader(path)
        except (FileNotFoundError, formats.CorruptFile) as error:
            raise CorruptMap(path, f"cannot be read ({error})") from error
        self._inputs = _Open(None, file, formats.input_places(file.index))
