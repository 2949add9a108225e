"""Keep the finished components of an evicted job on the submit side, so that the job's next run does not run them again.

HTCondor puts the files that an evicted job returns into the schedd's spool (``ON_EXIT_OR_EVICT``), and from there into the
scratch directory of the job's next run. It transfers the *contents* of the returned folder, so all these files are in one folder
with a name of ours. That folder has the outputs so far and a journal. The journal has one JSON line that identifies the job, one
for each finished component, and one that marks its end. Checkpoints that could not be copied to the submit side are in the
folder, too.
"""

from __future__ import annotations

import json
import os
import shutil

from htmap_run import formats, handshake, names
from htmap_run.files.checkpoints import UNSENT
from htmap_run.reports.host import host_facts, job_ad

TYPE_CHECKING = False  # importing it from typing would cost each job time
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

_END: dict[str, Any] = {"complete": True}
_STREAMS = ("stdout", "stderr")


def keep(scratch: str, result: str, records: list[dict[str, Any]], writer: formats.PackWriter, all_done: bool) -> None:
    """Put the finished components where the next run of this job finds them, and return nothing else.

    It does nothing if HTCondor keeps no files of evicted jobs; then the next run starts from the beginning.

    :param scratch: the job's scratch directory.
    :param result: the path of the result file below the returned outputs, as in the job's command line.
    :param records: the records of the finished components.
    :param writer: the writer of the result file, which has their results.
    :param all_done: whether all components are finished; then the outputs also stay where they are.
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
    target = os.path.join(aside, result)
    os.replace(os.path.join(aside, os.path.relpath(writer.temporary, returned)), f"{target}.payloads")
    head = {**_identity(result, ad), "attempt": ad.get("numjobcompletions"), "checkpoints": unsent}
    facts = {"host": host_facts(scratch), "runtime": handshake.runtime_facts()}
    _write_lines(f"{target}.journal", [head, *({**facts, **record} for record in records), _END])
    os.rename(aside, os.path.join(returned, names.EVICTED))


def take_over(scratch: str, result: str, components: list[int], writer: formats.PackWriter) -> list[dict[str, Any]]:
    """Put the finished components of earlier runs of this job in their places; return their records.

    Files that are damaged or of another job are ignored, as if there were none. Refused components are run again, and so are
    failed components of a run that ended by itself: HTCondor runs the job again because of them.
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
    """Return the checkpoints that could not be copied to the submit side, with their sizes."""
    names = [name for name in os.listdir(scratch) if name.startswith(UNSENT) and name[len(UNSENT) :].isdigit()]
    return {name: os.stat(os.path.join(scratch, name)).st_size for name in names}


def _write_lines(path: str, entries: list[dict[str, Any]]) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.writelines(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)


def _identity(result: str, ad: dict[str, str]) -> dict[str, Any]:
    """Return the facts that identify this job, and the Python that pickles its results."""
    facts = handshake.runtime_facts()
    by = [facts["implementation"], facts["python"].rpartition(".")[0], facts["cloudpickle"], facts["htmap"]]
    return {"format": formats.FORMAT, "result": result, "submission": ad.get("htmapsubmission"), "by": by}


def _readable(aside: str, result: str, ad: dict[str, str]) -> list[dict[str, Any]]:
    """Return the records of a journal that are still valid.

    :raises ValueError: the journal is another job's, or it or one of its files is incomplete.
    """
    target = os.path.join(aside, result)
    with open(f"{target}.journal", encoding="ascii") as file:
        head, *records, end = [json.loads(line) for line in file]
    attempt, unsent = head.pop("attempt"), head.pop("checkpoints")
    if head != _identity(result, ad) or end != _END or unsent != _unsent(aside):
        raise ValueError("the journal is another job's, or cut short")
    same_attempt = attempt is not None and attempt == ad.get("numjobcompletions")
    statuses = ("OK", "ERR") if same_attempt else ("OK",)
    records = [record for record in records if record["status"] in statuses]
    for ending, needed in _sizes(records).items():
        path = f"{target}.{ending}"
        if needed > (os.stat(path).st_size if os.path.exists(path) else 0):
            raise ValueError(f"{path} is cut short")
    return records


def _sizes(records: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many bytes of each output file the components have, by the ending of the file's name."""
    sizes = {stream: max((record[stream][1] for record in records), default=0) for stream in _STREAMS}
    places = [record.get("result") or record["error"]["exception"] or (0, 0) for record in records]
    return {**sizes, "payloads": max((offset + size for offset, size in places), default=0)}


def _move(aside: str, scratch: str, result: str, records: list[dict[str, Any]], writer: formats.PackWriter) -> None:
    before, after = os.path.join(aside, result), os.path.join(scratch, names.RETURNED_OUTPUTS, result)
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
    """Move the entries that belong to *components*; their names are like ``3`` or ``3-0``."""
    for name in os.listdir(before) if os.path.isdir(before) else ():
        if name.partition("-")[0] in components:
            os.renames(os.path.join(before, name), os.path.join(after, name))
