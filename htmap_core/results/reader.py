"""Read the results and inputs of a map one after the other. Those of neighbours are mostly in one file, which is opened once."""

from __future__ import annotations

from typing import Any, NamedTuple

from htmap_core.results.unpickling.payloads import is_of_another, unpickle
from htmap_core.storage.content.inputs import Inputs, read_inputs
from htmap_core.storage.content.returned import Returned
from htmap_core.storage.jobs import Job
from htmap_core.storage.mapdir import MapDir

Input = tuple[tuple[Any, ...], dict[str, Any]]


class _Open(NamedTuple):
    """What a job has returned."""

    job: Job
    returned: Returned
    components: frozenset[int]


class ResultReader:
    """Reads the results and inputs of a map. Any number of threads may share it.

    It keeps what was opened last. Nothing that is kept is ever changed, only replaced; so a thread that still reads from it can
    go on.
    """

    def __init__(self, map_dir: MapDir) -> None:
        self._map_dir = map_dir
        self._last: _Open | None = None
        self._last_inputs: Inputs | None = None

    def result(self, component: int, tag: str) -> Any:
        """Return a component's result.

        :raises FileNotFoundError: its job has returned no result of this component.
        :raises CannotUnpickle: the result cannot be unpickled here.
        :raises CorruptMap: the results are damaged.
        """
        return _unpickled(self._at_hand(component) or self._opened(component), component, tag)

    def at_hand(self, component: int, tag: str) -> tuple[Any] | None:
        """Return a component's result if it is in what was opened last, else None. Raises the errors of :meth:`result`."""
        last = self._at_hand(component)
        return None if last is None else (_unpickled(last, component, tag),)

    def input(self, component: int, tag: str) -> Input:
        """Return the arguments of a component's call: ``(args, kwargs)``.

        :raises CannotUnpickle: they cannot be unpickled here.
        :raises CorruptMap: the file with the arguments is damaged or missing.
        """
        inputs = self._last_inputs
        if inputs is None or component not in inputs:
            self._last_inputs = inputs = read_inputs(self._map_dir.input_block(component))
        payload, python = inputs.payload(component), self._map_dir.record.versions.get("python", "")
        by_value, path_of = inputs.by_value(component), self._map_dir.arguments_of(component)
        found: Input = unpickle(payload, tag, component, python, by_value, path_of=path_of)
        return found

    def _at_hand(self, component: int) -> Returned | None:
        last = self._last  # another thread may replace it meanwhile
        if last is None or component not in last.components:
            return None
        return last.returned if self._map_dir.placement.is_current(last.job, component) else None

    def _opened(self, component: int) -> Returned:
        job = self._map_dir.placement.job_of(component)
        returned = self._map_dir.outputs.open_for(job, component)
        # Only those that the job was to run: one could write the results of others, too.
        of_job, statuses = self._map_dir.placement.components_of(job), returned.statuses
        self._last = _Open(job, returned, frozenset(each for each in of_job if statuses.get(each) == "OK"))
        return returned


def _unpickled(returned: Returned, component: int, tag: str) -> Any:
    payload = returned.result(component)
    python = returned.run(component)["runtime"]["python"]
    by_value = returned.by_value(component) if is_of_another(python) else None
    return unpickle(payload, tag, component, python, by_value)
