"""The inputs of a job's components, which lie in blocks, one after the other."""

from __future__ import annotations

from htmap_run import frames

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Inputs:
    """Finds the inputs of components. These are mostly asked for in their order, so memory need not hold where each is.

    :param blocks: the paths of the blocks.
    :raises CorruptFile: one of them is damaged at its beginning.
    :raises FileNotFoundError: one of them is missing.
    """

    def __init__(self, blocks: list[str]) -> None:
        self._blocks = blocks
        self._readers = [frames.Reader(block, is_lazy=True) for block in blocks]
        for reader in self._readers:
            next(reader.walk(), None)
        self._ahead = self._all()

    def find(self, component: int) -> tuple[dict[str, Any], bytes]:
        """Return the record and the pickled inputs of a component.

        :raises CorruptFile: they are damaged, or there are none.
        """
        for _ in range(2):  # what lies before those of the last component is looked at in the end
            for reader, frame in self._ahead:
                if frame.component == component:
                    return reader.record(frame) if frame.record_size else {}, reader.payload(frame)
            self._ahead = self._all()
        raise frames.CorruptFile(", ".join(self._blocks), f"there is no input of component {component}")

    def _all(self) -> Iterator[tuple[frames.Reader, frames.Frame]]:
        return ((reader, frame) for reader in self._readers for frame in reader.walk())
