"""Collecting the output files of a map: what there is, where it goes, and then the copies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import SupportsIndex

from htmap_core.maps.collecting.collected import Collected, CollectedFile, LeftFile
from htmap_core.maps.collecting.copying import Copied, copy_all
from htmap_core.maps.collecting.sources import sent_elsewhere, sources
from htmap_core.maps.collecting.target import Copy, There, checked_folder, compared, copies
from htmap_core.results.engine import Engine


def collect(
    engine: Engine,
    folder: str | os.PathLike[str],
    components: Iterable[SupportsIndex] | None,
    include: str | Iterable[str],
    *,
    flat: bool,
    with_failed: bool,
    overwrite: bool,
) -> Collected:
    """Copy the output files that there are; see :meth:`htmap.Map.collect`."""
    tag, outputs = engine.map.current_tag(), engine.map_dir.outputs
    chosen = engine.components if components is None else sorted({*map(engine.from_front, components)})
    patterns = [include] if isinstance(include, str) else list(include)
    to = checked_folder(tag, folder, engine.map_dir.root)
    found = sources(engine, chosen, patterns, with_failed=with_failed)
    wanted = compared(tag, to, copies(tag, to, found, flat=flat), outputs, overwrite=overwrite)
    copied = copy_all(tag, to, [each for each in wanted if each.there is not There.SAME], outputs)
    if copied.running_again:
        engine.map.check_existence()  # where the map was removed, nothing runs again
    return Collected(
        tag,
        to,
        tuple(_files(wanted, copied)),
        found.others,
        unfinished=tuple(sorted({*found.unfinished, *copied.running_again})),
        failed=tuple(found.failed),
        elsewhere=sent_elsewhere(engine, {*chosen}.difference(found.unfinished, found.failed)),
        left=tuple(LeftFile(each.component, each.file.path, each.file.problem) for each in (*found.left, *copied.left)),
    )


def _files(wanted: Iterable[Copy], copied: Copied) -> Iterator[CollectedFile]:
    """Yield the files that are there."""
    new = {each.to for each in copied.done}
    for each in wanted:
        if each.to in new or each.there is There.SAME:
            yield CollectedFile(each.source.component, each.to, each.source.file.size, each.to in new)
