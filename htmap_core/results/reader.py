"""Read results and inputs of components in bulk: neighbouring components share a file, which is opened once."""

from __future__ import annotations

from typing import Any, Optional

import attrs

from htmap_core.exceptions import CorruptMap
from htmap_core.results.pickling import unpickle
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir
from htmap_run import formats

Input = tuple[tuple[Any, ...], dict[str, Any]]


@attrs.define
class _Open:
    """The file that was read last, and the places of the components in it."""

    job: Optional[Job]
    file: formats.PackReader
    places: dict[int, Any]
    python: str = ""
    by_value: dict[int, Optional[bool]] = attrs.field(factory=dict)


class ResultReader:
    """Reads the results and inputs of a map."""

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._results: _Open | None = None
        self._inputs: _Open | None = None

    def has(self, component: int) -> bool:
        """Return whether the file that was read last has the result of a component, without opening another."""
        known = self._results
        if known is None or component not in known.places:
            return False
        return known.job is not None and self._map_dir.placement.is_current(known.job, component)

    def result(self, component: int, tag: str) -> Any:
        """Return a component's result.

        :raises FileNotFoundError: its job has returned no result file, or one without a result of this component.
        :raises CannotUnpickle: the result cannot be unpickled here.
        :raises CorruptMap: the result file is truncated.
        """
        if not self.has(component):
            self._open_results(self._job(component))
        return self.at_hand(component, tag)

    def at_hand(self, component: int, tag: str) -> Any:
        """Return a component's result from the file that was read last; raises the errors of :meth:`result`."""
        assert self._results is not None
        place = self._results.places.get(component)
        if place is None:
            raise FileNotFoundError(f"the result of component {component}")
        known = self._results
        return unpickle(known.file.payload(*place), tag, component, known.python, known.by_value[component])

    def input(self, component: int, tag: str) -> Input:
        """Return the arguments of a component's call: ``(args, kwargs)``.

        :raises CannotUnpickle: they cannot be unpickled here.
        :raises CorruptMap: the file with the arguments is truncated or missing.
        """
        if self._inputs is None or component not in self._inputs.places:
            self._open_inputs(component)
        assert self._inputs is not None
        known = self._inputs
        payload = known.file.payload(*known.places[component])
        found: Input = unpickle(payload, tag, component, known.python, known.by_value[component], is_input=True)
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
        by_value = {component: entry.get("by_value") for component, entry in entries.items()}  # None in files of 0.7.0
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
        places = formats.input_places(file.index)
        with_code = file.index.get("by_value")  # not in files of 0.7.0
        by_value = {number: None if with_code is None else number in with_code for number in places}
        self._inputs = _Open(None, file, places, self._map_dir.record.versions["python"], by_value)
