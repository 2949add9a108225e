"""What is told after a map was waited for: that it has used more than it asked for or much less, or that its files are lost."""

from __future__ import annotations

import math
from collections.abc import Sequence

from htmap_core import durations, names, user_warnings, wording
from htmap_core.contract.option_values import WALLTIME
from htmap_core.contract.walltime import wanted
from htmap_core.diagnosis.usage import proposals
from htmap_core.diagnosis.usage.measured import (
    GIVEN_IN,
    REQUEST_DISK,
    REQUEST_MEMORY,
    RETRY_REQUEST_MEMORY,
    Measured,
    Used,
    amount,
    measured,
)
from htmap_core.exceptions import InvalidOption
from htmap_core.results.engine import Engine
from htmap_core.settings import tables
from htmap_core.wording import printable

_JOBS, _CALLS, _OF_LOG = 100, 10, 1 << 20  # what is looked at while somebody waits: a few hundredths of a second
_MUCH = 4  # times what was used
_MUCH_TIME = 8  # likewise: a time limit is there for calls that hang, too
# What is not worth a word: MB, KB, seconds.
_LITTLE_MEMORY, _LITTLE_DISK, _LITTLE_TIME = 1024, 10 * 1024**2, 3600

_told: set[str] = set()


def tell(engine: Engine) -> None:
    """Warn of what a map has asked for, and of files that it has lost, once for each map in a process."""
    if engine.map_dir.id in _told:
        return
    found = measured(engine, most_jobs=_JOBS, most_calls=_CALLS, most_of_log=_OF_LOG)
    told = [each for each in (lost(engine, found), difference(engine, found)) if each is not None]
    if told:
        _told.add(engine.map_dir.id)
    for warning in told:
        user_warnings.warn(warning)


def lost(engine: Engine, found: Measured) -> user_warnings.FilesNotHandedOver | None:
    """Return what there is to say on files that components have written and not handed over; None if there are none."""
    if not found.left or not tables.setting("TELL_MISTAKES"):
        return None
    component, files = found.left[0]
    return user_warnings.FilesNotHandedOver(engine.map.current_tag(), component, tuple(map(printable, files)))


def difference(engine: Engine, found: Measured) -> user_warnings.RequestsDiffer | None:
    """Return what there is to say on what a map has asked for and used; None if that does not differ much."""
    told = user_warnings.RequestsDiffer(engine.map.current_tag(), {}, {}, {})
    memory = () if is_of_program(engine) else found.memory
    # A pool that enforces limits gives these more.
    grows = any(option.startswith(RETRY_REQUEST_MEMORY) for option in engine.map_dir.record.options)
    if not grows and (worst := _exceeding(memory, GIVEN_IN[REQUEST_MEMORY])) is not None:
        told.exceeded["memory"] = _megabytes(worst.asked), _megabytes(worst.used)
        told.options[REQUEST_MEMORY] = proposals.memory(_most(memory))
    elif (most := _unused(memory, _LITTLE_MEMORY)) is not None and _is_own(engine, REQUEST_MEMORY, most, "MB"):
        told.unused["memory"] = _megabytes(most.asked), _megabytes(most.used)
        told.options[REQUEST_MEMORY] = proposals.memory(most.used)
    if (worst := _exceeding(found.disk, GIVEN_IN[REQUEST_DISK])) is not None:
        told.exceeded["disk space"] = _kilobytes(worst.asked), _kilobytes(worst.used)
        told.options[REQUEST_DISK] = proposals.disk(_most(found.disk))
    elif (most := _unused(found.disk, _LITTLE_DISK)) is not None and _is_own(engine, REQUEST_DISK, most, "KB"):
        told.unused["disk space"] = _kilobytes(most.asked), _kilobytes(most.used)
        told.options[REQUEST_DISK] = proposals.disk(most.used)
    limit = time_limit(engine)
    if (
        limit
        and found.calls
        and limit - _most(found.calls) >= _LITTLE_TIME
        and limit >= _MUCH_TIME * _most(found.calls)
    ):
        told.unused["time"] = durations.in_words(limit), durations.in_words(_most(found.calls))
        told.options[WALLTIME] = proposals.walltime(_most(found.calls))
    return told if told.options else None


def is_of_program(engine: Engine) -> bool:
    """Return whether the memory that was measured is that of the user's whole program, in whose process the map ran."""
    return engine.map_dir.record.delivery_method == names.HERE


def time_limit(engine: Engine) -> int | None:
    """Return how long a component may take by the option ``walltime``, in seconds; None if there is no limit for all."""
    try:
        return wanted(engine.map_dir.record.options.get(WALLTIME, ""))
    except InvalidOption:  # each component has its own
        return None


def _exceeding(all_used: Sequence[Used], step: int) -> Used | None:
    """Return what has exceeded most, by how many times, what slots give for what it had asked for; None if nothing has."""
    found = [each for each in all_used if each.asked and each.used > math.ceil(each.asked / step) * step]
    return max(found, key=lambda each: each.used / (each.asked or 1), default=None)


def _unused(all_used: Sequence[Used], little: float) -> Used | None:
    """Return what has used most of what it had asked for, if that was much too much; None if any has used more of it."""
    if not all_used or not all(each.asked for each in all_used):
        return None
    most = max(all_used, key=lambda each: each.used / (each.asked or 1))
    left = (most.asked or 0) - most.used
    return most if left >= little and _MUCH * most.used <= (most.asked or 0) else None


def _is_own(engine: Engine, option: str, used: Used, unit: str) -> bool:
    """Return whether jobs asked for no more than the map's options say: a site may ask for what each of its slots has anyway."""
    own = amount(engine.map_dir.record.options.get(option), unit)
    return own is None or (used.asked or 0) <= math.ceil(own)


def _most(all_used: Sequence[Used]) -> float:
    return max(each.used for each in all_used)


def _megabytes(count: float | None) -> str:
    return wording.size((count or 0) * 1024**2)


def _kilobytes(count: float | None) -> str:
    return wording.size((count or 0) * 1024)
