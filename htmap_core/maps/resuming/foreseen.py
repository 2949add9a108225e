"""What would become of a map that a script finds again, for plans: nothing of the map is changed."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Optional

import attrs

from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.map import Map, engine_of
from htmap_core.maps.resuming.comparing import Comparison
from htmap_core.maps.resuming.finding import other_options, tell_of_differences, tell_of_others
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.mistakes.calls import Call


@attrs.frozen
class Foreseen:
    """What would become of a map that is resumed.

    :param components: how many components it has.
    :param calls: those of the components that would be added; None if there are none.
    """

    _map_dir: MapDir
    _tag: str
    _other_options: tuple[str, ...]
    _is_here: bool
    components: int
    calls: Optional[Iterator[Call]]

    def warn(self, added: int) -> None:
        """Warn of what is other with the map than what is asked for now, and of components that would stay as they are.

        :param added: how many components would be added.
        """
        tell_of_differences(self._map_dir, self._tag, self._other_options, added, is_here=self._is_here)
        tell_of_others(engine_of(Map(tag=self._tag, map_dir=self._map_dir)), self._tag)


def foresee(map_dir: MapDir, tag: str, draft: Draft, calls: Iterator[Call], *, is_here: bool) -> Foreseen:
    """Compare a map with what would be made now. No pool is asked.

    :param draft: it keeps what is compared.
    :param calls: the calls of all components.
    :param is_here: whether its components are to run on this machine.
    :raises MapDiffers: the map has another function or other inputs.
    """
    assert draft.kept is not None
    comparison = Comparison(map_dir, tag, draft, draft.kept)
    comparison.check_function()
    map_dir.refresh()
    more = comparison.next_after(calls)
    if more is not None and (is_here or map_dir.is_here):
        raise comparison.more()
    left = None if more is None else itertools.chain([more], calls)
    return Foreseen(map_dir, tag, other_options(map_dir, draft), is_here, comparison.compared, left)
