"""What the plugins of a map's site have to say on its holds, removals, vacates and waits."""

from __future__ import annotations

from collections.abc import Iterable

from htmap_core.components import ComponentHold
from htmap_core.contract.site.words import Interruption
from htmap_core.exceptions import HTMapException
from htmap_core.storage.tags import TaggedMap
from htmap_core.wording import printable


class SiteSays:
    """The words of one map's site, for people. Plugins are asked when something is explained, once for each different reason."""

    def __init__(self, map: TaggedMap) -> None:
        self._map = map
        self._said: dict[Interruption, tuple[str, ...]] = {}

    def on_hold(self, hold: ComponentHold) -> tuple[str, ...]:
        """Return the words on a hold, one text for each plugin that has some."""
        return self._on(Interruption("hold", self._map.tag, hold.reason, hold.code, hold.subcode))

    def on_removal(self, reason: str) -> tuple[str, ...]:
        """Return the words on the removal of a job.

        :param reason: why it was removed, from the event log; may be empty.
        """
        return self._on(Interruption("removal", self._map.tag, reason))

    def on_vacate(self, reason: str, code: int | None, subcode: int) -> tuple[str, ...]:
        """Return the words on a vacate, from what the job's ad has of it."""
        return self._on(Interruption("vacate", self._map.tag, reason, code, subcode))

    def on_wait(self, limits: Iterable[str]) -> tuple[str, ...]:
        """Return the words on limits of the schedd for which jobs wait.

        :param limits: their parameters in its configuration.
        """
        return tuple(words for limit in limits for words in self._on(Interruption("wait", self._map.tag, limit)))

    def _on(self, interruption: Interruption) -> tuple[str, ...]:
        from htmap_core.plugins.calls import plugins  # who only looks at states loads no plugins

        if interruption not in self._said:
            pool = self._map.map_dir.record.pool.pool
            try:
                said = tuple(map(printable, plugins.site_words(pool, interruption)))
            except HTMapException as error:  # the choice of plugins is wrong; HTCondor's own text is worth more
                said = (f"no plugin can say what the site means by it: {error}",)
            self._said[interruption] = said
        return self._said[interruption]
