"""What a job has finished when it is evicted is not done again: it waits at the submit side for the job's next run.

HTCondor puts what an evicted job returns into the schedd's spool (``ON_EXIT_OR_EVICT``), and from there into the scratch
directory of its next run: the *contents* of the returned folder, so that all of it is in one folder with a name of ours. There
are the outputs, as far as they have come, and a journal: one JSON line for the job that they belong to, one for each finished
component, and one that tells a complete journal. Checkpoints that could not be put to the submit side travel with it.
"""

from __future__ import annotations

import json
import os
import shutil

from htmap_run import formats, handshake, names
from htmap_run.files.checkpoints import UNSENT
from htmap_run.reports.host import host_facts, job_ad

TYPE_CHECKING = False  # as typing's, whose import every job would pay for
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

_END: dict[str, Any] = {"complete": True}
_STREAMS = ("stdout", "stderr")


def keep(scratch: str, result: str, records: list[dict[str, Any]], writer: formats.PackWriter, all_done: bool) -> None:
    """Put what is finished where the next run of this job finds it, and nothing else of what would be returned.

    Where HTCondor did not ask this job to end, it has none but may be run again from the beginning.

    :param result: where the job's result goes, as its command line has it.
    :param all_done: whether the job is about to end as it should; then what it returns is left in its place.
    """
    ad = job_ad(scratch)
    if ad.get("whentotransferoutput") != "ON_EXIT_OR_EVICT":
        return
    returned, aside = os.path.join(scratch, names.RETURN), os.path.join(scratch, names.EVICTED)
    writer.flush()
    if all_done:
        shutil.copytree(returned, aside, symlinks=True)
    else:
        os.rename(returned, aside)
        os.mkdir(returned)
    finished = {str(record["component"]) for record in records}
    unsent = {name: size for name, size in _unsent(scratch).items() if name[len(UNSENT) :] not in finished}
    if not records and not unsent:
        shutil.rmtree(aside)
        return
    for name in unsent:
        os.replace(os.path.join(scratch, name), os.path.join(aside, name))
    target = os.path.join(aside, names.OUTPUTS, result)
    os.replace(os.path.join(aside, os.path.relpath(writer.temporary, returned)), f"{target}.payloads")
    head = {**_identity(result, ad), "attempt": ad.get("numjobcompletions"), "checkpoints": unsent}
    facts = {"host": host_facts(scratch), "runtime": handshake.runtime_facts()}
    _write_lines(f"{target}.journal", [head, *({**facts, **record} for record in records), _END])
    os.rename(aside, os.path.join(returned, names.EVICTED))


def take_over(scratch: str, result: str, components: list[int], writer: formats.PackWriter) -> list[dict[str, Any]]:
    """Put what earlier runs of this job have finished in its place; return the records of these components.

    What is damaged or of another job is passed over, as if there were none. So are refusals, and errors of a run that
    ended by itself: it is run again because of them.
    """
    aside = os.path.join(scratch, names.EVICTED)
    try:
        records = _readable(aside, result, job_ad(scratch))
        of_this_run = set(components)
        wanted = [record for record in records if record["component"] in of_this_run]
        _move(aside, scratch, result, wanted, writer)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return []
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return wanted


def _unsent(scratch: str) -> dict[str, int]:
    """Return the checkpoints that could not be put to the submit side, and their sizes."""
    names = [name for name in os.listdir(scratch) if name.startswith(UNSENT) and name[len(UNSENT) :].isdigit()]
    return {name: os.stat(os.path.join(scratch, name)).st_size for name in names}


def _write_lines(path: str, entries: list[dict[str, Any]]) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.writelines(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)


def _identity(result: str, ad: dict[str, str]) -> dict[str, Any]:
    """Return what tells this job, and what pickles its results, from all others."""
    facts = handshake.runtime_facts()
    by = [facts["implementation"], facts["python"].rpartition(".")[0], facts["cloudpickle"], facts["htmap"]]
    return {"format": formats.FORMAT, "result": result, "submission": ad.get("htmapsubmission"), "by": by}


def _readable(aside: str, result: str, ad: dict[str, str]) -> list[dict[str, Any]]:
    """Return the records of a journal that stay valid.

    :raises ValueError: it is another job's, or it or what it tells of is not complete.
    """
    target = os.path.join(aside, names.OUTPUTS, result)
    with open(f"{target}.journal", encoding="ascii") as file:
        head, *records, end = [json.loads(line) for line in file]
    attempt, unsent = head.pop("attempt"), head.pop("checkpoints")
    if head != _identity(result, ad) or end != _END or unsent != _unsent(aside):
        raise ValueError("another job's, or cut short")
    same_attempt = attempt is not None and attempt == ad.get("numjobcompletions")
    statuses = ("OK", "ERR") if same_attempt else ("OK",)
    records = [record for record in records if record["status"] in statuses]
    for ending, needed in _sizes(records).items():
        path = f"{target}.{ending}"
        if needed > (os.stat(path).st_size if os.path.exists(path) else 0):
            raise ValueError(f"{path} is cut short")
    return records


def _sizes(records: list[dict[str, Any]]) -> dict[str, int]:
    """Return how much of each output file the components have, by the ending of its name."""
    sizes = {stream: max((record[stream][1] for record in records), default=0) for stream in _STREAMS}
    places = [record.get("result") or record["error"]["exception"] or (0, 0) for record in records]
    return {**sizes, "payloads": max((offset + size for offset, size in places), default=0)}


def _move(aside: str, scratch: str, result: str, records: list[dict[str, Any]], writer: formats.PackWriter) -> None:
    before, after = os.path.join(aside, names.OUTPUTS, result), os.path.join(scratch, names.RETURNED_OUTPUTS, result)
    for name in _unsent(aside):
        os.replace(os.path.join(aside, name), os.path.join(scratch, name))
    sizes = _sizes(records)
    writer.begin_with(f"{before}.payloads", sizes["payloads"])
    for stream in _STREAMS:
        if sizes[stream]:
            os.truncate(f"{before}.{stream}", sizes[stream])
            os.replace(f"{before}.{stream}", f"{after}.{stream}")
    finished = {str(record["component"]) for record in records}
    _move_entries(f"{before}.files", f"{after}.files", finished)
    _move_entries(os.path.join(aside, names.REMAPPED), os.path.join(scratch, names.RETURNED_REMAPPED), finished)


def _move_entries(before: str, after: str, components: Collection[str]) -> None:
    """Move what belongs to *components*: ``3``, ``3-0``."""
    for name in os.listdir(before) if os.path.isdir(before) else ():
        if name.partition("-")[0] in components:
            os.renames(os.path.join(before, name), os.path.join(after, name))
