"""The plan of a map that exists: what its files say that it was submitted with."""

from __future__ import annotations

from collections.abc import Iterator

from htmap_core.maps.drafts.lines import lines
from htmap_core.maps.drafts.plan import Plan
from htmap_core.maps.drafts.travelling import travelling
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.chunking.reason import Reason
from htmap_core.wording import counted
from htmap_run import ranges


def plan_of(map_dir: MapDir, tag: str) -> Plan:
    """Return what a map was submitted with. No pool is asked.

    :raises CorruptMap: the map's submit description or its item file cannot be read.
    """
    record, submit = map_dir.record, map_dir.described()
    sizes = record.sizes or [(record.jobs, record.chunksize)]
    return Plan(
        tag=tag,
        components=record.components,
        sizes=tuple((jobs, size) for jobs, size in sizes),
        sizes_reason="" if record.chunking is None else str(Reason.of(record.chunking)),
        pool=record.pool.pool,
        schedd=record.pool.schedd,
        delivery_method=record.delivery_method,
        delivery_reason=record.delivery_reason,
        answers=(),
        slots=None,
        lines=lines(submit.commands, submit.authors),
        travels=tuple(travelling(submit.commands, submit.columns, map_dir.rows(), map_dir)),
        not_called=(),
        warnings=tuple(_of_growth(map_dir)),
    )


def _of_growth(map_dir: MapDir) -> Iterator[str]:
    """Yield what the plan leaves out of a map that has grown: its later components have descriptions of their own."""
    map_dir.refresh()
    for portion in map_dir.placement.portions[1:]:
        added, last = portion.components, portion.components.stop - 1
        yield (
            f"components {ranges.spell(added)} were added later, in {counted(portion.jobs, 'job')}. They are not in this plan: "
            f"map.submit_file({last}) shows how they are submitted"
        )
