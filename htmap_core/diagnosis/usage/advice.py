"""Map options that follow from what was measured of a map, with the line to paste."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Optional

import attrs

from htmap_core import durations, wording
from htmap_core.contract.option_values import AUTO, CHUNKSIZE, EXPECTED_RUNTIME, WALLTIME
from htmap_core.contract.options import MapOptions
from htmap_core.diagnosis.usage import notes, proposals
from htmap_core.diagnosis.usage.measured import (
    REQUEST_DISK,
    REQUEST_MEMORY,
    RETRY_REQUEST_MEMORY,
    Measured,
    Used,
    measured,
)
from htmap_core.diagnosis.usage.outgrown import outgrown
from htmap_core.display.view import Section, Shown, as_text
from htmap_core.exceptions import NothingMeasured
from htmap_core.results.engine import Engine
from htmap_core.submission.known_commands import is_known_here
from htmap_core.tracking import holds
from htmap_run import ranges

_JOBS, _CALLS = 2000, 50  # 100,000 calls in a second or two
# So many of at least 20 jobs may need more than twice of what the others do.
_OUTLIERS, _TIMES, _ENOUGH = 0.05, 2, 20
_SHORT, _LONG = 10.0, 20.0  # seconds: jobs that are hardly worth their start, and calls that are worth one each

_OF_PROGRAM = (
    "the map ran in the process of its program, so its memory is that of all that the program did; where='processes' "
    "tells what the function needs"
)
_SHOWN = 10  # components that a note lists


@attrs.frozen
class Quantity:
    """Something that was measured of a map.

    :param option: the map option that asks for it.
    :param unit: ``MB``, ``KB`` or ``s``.
    :param asked: what the map had asked for; None if it had not, or differently by component.
    :param median: what half of the jobs or calls needed at most.
    :param most_of_them: what 95% of them needed at most.
    :param largest: what all of them needed at most.
    :param component: which component that was.
    """

    option: str
    unit: str
    asked: Optional[float]
    median: float
    most_of_them: float
    largest: float
    component: int

    def row(self, proposed: object) -> tuple[str, ...]:
        """Return it as a row of a table."""
        figures = (self.asked, self.median, self.most_of_them, self.largest)
        told = "" if proposed is None else str(proposed)
        return (self.option, *("" if each is None else self._text(each) for each in figures), told)

    def _text(self, count: float) -> str:
        if self.unit == "s":
            return durations.measured(count)
        return wording.size(count * (1024**2 if self.unit == "MB" else 1024))


@attrs.frozen
class Advice(Shown):
    """Map options that follow from what was measured of a map. Since 0.7.

    :meth:`htmap.Map.advise` returns it. Its text has the line to paste; the next map can take the options as they are::

        mapped = htmap.map(lambda x: 2 * x, range(3))
        mapped.wait()
        advice = mapped.advise()
        print(advice)
        print(sum(htmap.map(lambda x: 2 * x, range(10), map_options=advice.options)))  #> 90

    :param tag: the map.
    :param components: how many it has.
    :param jobs: how many jobs have ended and were looked at.
    :param quantities: what was measured.
    :param options: the options that would do.
    :param notes: what else there is to know.
    """

    tag: str
    components: int
    jobs: int
    quantities: tuple[Quantity, ...] = attrs.field(repr=False)
    options: MapOptions
    notes: tuple[str, ...] = attrs.field(repr=False)

    @property
    def line(self) -> str:
        """The options as a line of Python."""
        return f"htmap.MapOptions({', '.join(f'{name}={value!r}' for name, value in self.options.items())})"

    def to_dict(self) -> dict[str, Any]:
        """Return the advice as plain values, such as JSON has.

        ::

            print(mapped.advise().to_dict()["options"])
        """
        plain = attrs.asdict(self, filter=lambda field, _: field.name != "options")
        return {**plain, "options": dict(self.options), "line": self.line}

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """What was measured, as a table; :data:`HEADERS` stand above it."""
        return [each.row(self.options.get(each.option)) for each in self.quantities]

    @property
    def title(self) -> str:
        """What stands above the table."""
        return f"map {self.tag!r}, as measured in {self.jobs} of its jobs:"

    def __str__(self) -> str:
        return as_text(self._view())

    def _view(self) -> Iterator[Section]:
        yield Section(self.title, HEADERS, self.rows)
        yield Section("\n".join([self.line, *(f"- {note}" for note in self.notes)]))


HEADERS = ("Option", "Asked", "Half need", "95% need", "All need", "Proposed")


def advise(engine: Engine) -> Advice:
    """Return what the next map like this one should ask for.

    :raises NothingMeasured: no component has ended yet.
    """
    engine.poll()
    found = measured(engine, most_jobs=_JOBS, most_calls=_CALLS)
    tag, held = engine.map.current_tag(), outgrown(engine)
    if found.is_nothing and not held:
        raise NothingMeasured(tag)
    options, told = MapOptions(), list(_of_what(found))
    quantities = [
        *_memory([*found.memory, *held], options, told),
        *_disk(found, options),
        *_time(found, options, notes.time_limit(engine)),
    ]
    _chunks(engine, found, options, told)
    told += _holds(engine, held)
    if notes.is_of_program(engine):
        told.append(_OF_PROGRAM)
    jobs = max(len(found.memory), len(found.disk))
    return Advice(tag, len(engine.components), jobs, tuple(quantities), options, tuple(told))


def _of_what(found: Measured) -> Sequence[str]:
    if found.jobs == found.of_jobs:
        return ()
    return (f"these are {found.jobs} of {found.of_jobs} jobs, evenly chosen",)


def _quantity(option: str, unit: str, used: Sequence[Used], asked: float | None) -> Quantity:
    values = [each.used for each in used]
    worst = max(used, key=lambda each: each.used)
    half, most = proposals.share(values, 0.5), proposals.share(values, 0.95)
    return Quantity(option, unit, asked, half, most, worst.used, worst.component)


def _asked_by_all(used: Sequence[Used]) -> float | None:
    asked = {each.asked for each in used}
    return asked.pop() if len(asked) == 1 else None


def _memory(used: Sequence[Used], options: MapOptions, told: list[str]) -> Sequence[Quantity]:
    if not used:
        return ()
    quantity = _quantity(REQUEST_MEMORY, "MB", used, _asked_by_all(used))
    usual = proposals.share([each.used for each in used], 1 - _OUTLIERS)
    few = [each.component for each in used if each.used > _TIMES * usual]
    if few and len(used) >= _ENOUGH:
        needed, usually = proposals.memory(quantity.largest), proposals.memory(usual)
        told.append(
            f"{len(few)} of {len(used)} jobs needed much more memory than the others, up to {needed} "
            f"(component{'s' if len(few) > 1 else ''} {ranges.spell(sorted(few)[:_SHOWN])}{', ...' if len(few) > _SHOWN else ''})"
        )
        if is_known_here(RETRY_REQUEST_MEMORY):
            options[REQUEST_MEMORY], options[RETRY_REQUEST_MEMORY] = usually, needed
            told.append(f"{RETRY_REQUEST_MEMORY} gives these more when they have run out, on pools that enforce memory")
            return [quantity]
    options[REQUEST_MEMORY] = proposals.memory(quantity.largest)
    return [quantity]


def _disk(found: Measured, options: MapOptions) -> Sequence[Quantity]:
    if not found.disk:
        return ()
    quantity = _quantity(REQUEST_DISK, "KB", found.disk, _asked_by_all(found.disk))
    options[REQUEST_DISK] = proposals.disk(quantity.largest)
    return [quantity]


def _time(found: Measured, options: MapOptions, limit: int | None) -> Sequence[Quantity]:
    if not found.calls:
        return ()
    quantity = _quantity(WALLTIME, "s", found.calls, limit)
    options[WALLTIME] = proposals.walltime(quantity.largest)
    options[EXPECTED_RUNTIME] = proposals.expected_runtime(_average(found.calls))
    return [quantity]


def _average(calls: Sequence[Used]) -> float:
    return sum(each.used for each in calls) / len(calls)


def _chunks(engine: Engine, found: Measured, options: MapOptions, told: list[str]) -> None:
    """Propose to leave the number of components in a job to HTMap, where the user's own does not suit their time."""
    record = engine.map_dir.record
    if record.chunking is not None or not found.calls or len(engine.components) == 1:
        return
    call = _average(found.calls)
    if call * record.chunksize < _SHORT and engine.map_dir.placement.first_jobs > 1:
        why = f"a job of {record.chunksize} takes {call * record.chunksize:.2g} s, and each has to be started"
    elif call > _LONG and record.chunksize > 1:
        why = f"a call takes {durations.in_words(call)}, which is worth a job of its own"
    else:
        options[CHUNKSIZE] = record.chunksize
        return
    options[CHUNKSIZE] = AUTO
    told.append(f"{why}: with chunksize='auto', HTMap chooses by {EXPECTED_RUNTIME}")


def _holds(engine: Engine, counted: Sequence[Used]) -> Iterator[str]:
    """Yield what components that are held have to do with it.

    :param counted: what jobs that are held for memory need at least, as far as that is known.
    """
    held = engine.holds()
    jobs = {engine.job(each.component) for each in counted}
    known = sum(engine.job(component) in jobs for component in held)
    unknown = sum(map(holds.is_for_memory, held.values())) - known
    if known:
        yield f"{_are(known)} held for memory: how much is needed there is not known, but more than the slots gave"
    for count, why in ((unknown, " for memory"), (len(held) - known - unknown, "")):
        if count:
            yield f"{_are(count)} held{why}: what is needed there is not among these figures"


def _are(count: int) -> str:
    return "1 component is" if count == 1 else f"{count} components are"
