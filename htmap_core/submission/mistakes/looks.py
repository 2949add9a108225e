"""All that is looked for in a map while it is created."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Optional

import attrs

from htmap_core.results.pickling import Pickled
from htmap_core.submission.files.arguments import Inputs
from htmap_core.submission.mistakes.calls import Parameters
from htmap_core.submission.mistakes.carried import LARGE, large_parts
from htmap_core.user_warnings import LargeArguments, LargeFunction, SuspiciousMap


@attrs.frozen
class Looks:
    """What was seen of a map before its files are written.

    :param name: the name of its function.
    :param parameters: the names of its parameters, as far as they are known.
    :param function: its pickle.
    :param parts: what is large in it; None if it is not large.
    """

    name: str
    parameters: tuple[str, ...]
    function: Pickled
    parts: Optional[Mapping[str, int]]

    @classmethod
    def at(cls, func: Callable[..., Any], function: Pickled) -> Looks:
        """Look at the function of a map; *function* is its pickle."""
        parameters = Parameters.of(func)
        names = () if parameters is None else parameters.names
        return cls(getattr(func, "__qualname__", repr(func)), names, function, large_parts(func, function))

    def of_function(self, jobs: int) -> Iterator[SuspiciousMap]:
        """Yield a warning if the function is large."""
        if self.parts is not None:
            yield LargeFunction(self.name, self.function.size, jobs, dict(self.parts))

    def of_arguments(self, arguments: Inputs, jobs: int) -> Iterator[SuspiciousMap]:
        """Yield a warning if the arguments of calls are large."""
        found = arguments.largest
        if found.bytes < LARGE:
            return
        named = found.parameter
        if isinstance(named, int) and named < len(self.parameters):
            named = self.parameters[named]
        facts = attrs.asdict(found)
        yield LargeArguments(**{**facts, "parameter": named}, jobs=jobs)
