"""What is told of a map once its files are written: modules that its jobs will not find, and what is hardly meant."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from htmap_core.condor.connection import Connection
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import Pool
from htmap_core.results.needed_modules import needed_modules
from htmap_core.results.pickling import Pickled
from htmap_core.settings import tables
from htmap_core.submission.files.arguments import Inputs
from htmap_core.submission.files.map_files import MapFiles
from htmap_core.submission.mistakes.jobs import many_jobs
from htmap_core.submission.mistakes.own_modules import OwnModules
from htmap_core.submission.mistakes.requests import Requests
from htmap_core.user_warnings import SuspiciousMap, UnsentModules

if TYPE_CHECKING:
    from htmap_core.maps.drafts.draft import Draft


class Modules:
    """The modules that a map needs, and those of the user's own that nobody sends.

    :param draft: the map, of whose function they are known.
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._missing = dict(draft.own.missing)
        self._of_inputs: frozenset[str] = frozenset()

    @property
    def needed(self) -> frozenset[str]:
        """The top-level modules that the execute node must have for the function and, once they are written, its inputs."""
        return self._draft.needed_modules | self._of_inputs

    def sent_before(self, coming: Iterator[Pickled], arguments: Inputs, files: MapFiles) -> Iterator[Pickled]:
        """Yield the inputs. Before the first one, send the modules that its objects need, or note them as missing."""
        for first in itertools.islice(coming, 1):
            needed = Pickled(b"", modules=arguments.modules)
            own = OwnModules.of(needed, self._draft.options, sends=tables.setting("SEND_MODULES"))
            self._missing.update(own.missing)
            self._of_inputs = needed_modules(needed, [*self._draft.sent_by_function, *own.sent]) - own.missing.keys()
            if own.sent:
                self._missing.update({Path(path).stem: path for path in files.send_to_all(own.sent)})
            yield first
        yield from coming

    def warnings(self, *, is_trial: bool = False) -> Iterator[SuspiciousMap]:
        """Yield a warning if some are missing.

        :param is_trial: whether the map runs on this machine, where they may be found.
        """
        if self._missing and self._draft.looks is not None:
            yield UnsentModules(dict(self._missing), is_trial)


def mistakes(
    draft: Draft, plan: MapPlan, pool: Pool, connection: Connection, arguments: Inputs, requests: Requests | None
) -> Iterator[SuspiciousMap]:
    """Yield a warning for each mistake that was seen; none where the settings want none.

    :param requests: what its components request; None where the settings want no such look.
    """
    if draft.looks is None or requests is None:
        return
    yield from draft.looks.of_function(plan.jobs)
    yield from draft.looks.of_arguments(arguments, plan.jobs)
    yield from requests.warnings()
    if draft.size == 1:
        given = plan.jobs, draft.options, draft.function, pool, connection
        found = many_jobs(*given, checkpoints=draft.checkpoints.is_on)
        yield from [found] if found else []
