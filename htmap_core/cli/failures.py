"""Failures of components that are alike: one report for all of them, so that fifty components need no fifty reports.

Failures are alike that have the same type of exception from the same frames, wherever and whenever they ran and whatever the
values of their variables, and whose causes and members are the same in this sense. Their texts may differ, because many have the
component's data in them: then each text is a line below the report. Failures without frames, such as a job that was killed, are
alike if their texts are equal.
"""

from __future__ import annotations

import itertools
import re
import traceback
from collections.abc import Hashable, Iterable

import attrs

from htmap_core.results.errors import ComponentError
from htmap_core.wording import counted, printable
from htmap_run import ranges

_SCRATCH = re.compile(r"/dir_\d+(?=/)")  # HTCondor gives each job a directory of that name, which modules may come from
_TEXTS = 20  # lines of texts below a report: about a screenful
_WIDTH = 200  # characters of a text in a line


@attrs.define
class Failures:
    """The failures of one map that are alike.

    It holds one report, so that memory does not grow with those of all components.

    :param report: the first one's.
    :param components: by the text of the exception; both in the order of the components.
    """

    report: str
    components: dict[str, list[int]] = attrs.field(factory=dict)

    def __str__(self) -> str:
        """Return the report, with which components it stands for."""
        everyone = sorted(component for each in self.components.values() for component in each)
        if len(everyone) == 1:
            return self.report
        alike = f"{len(everyone)} components failed alike: {ranges.spell(everyone)}"
        head = f"{alike}. This is the report of the first; --all shows each"
        lines = [
            f"  {ranges.spell(found)}: {text}" for text, found in itertools.islice(self.components.items(), _TEXTS)
        ]
        if len(self.components) == 1:
            return f"{head}\n\n{self.report}"
        if (more := len(self.components) - _TEXTS) > 0:
            lines.append(f"  and {counted(more, 'other')}")
        return "\n".join([head, "", self.report, "", "Their texts differ:", *lines])


def grouped(errors: Iterable[ComponentError]) -> list[Failures]:
    """Return the failures of one map, those together that are alike, in the order of their first components."""
    groups: dict[Hashable, Failures] = {}
    for error in errors:
        group = groups.setdefault(_likeness(error), Failures(error.report()))
        group.components.setdefault(_line(error.exception_msg), []).append(error.component)
    return list(groups.values())


def _likeness(error: ComponentError) -> Hashable:
    if not error.stack_summary:
        return error.exception_msg
    raised = [(error.exception_msg, error.stack_summary), *error.related]
    return tuple((text.partition(":")[0], _places(stack)) for text, stack in raised)


def _places(stack: Iterable[traceback.FrameSummary]) -> Hashable:
    return tuple((_SCRATCH.sub("", frame.filename), frame.lineno, frame.name) for frame in stack)


def _line(text: str) -> str:
    """Return a text as one line that is not too long."""
    line = " ".join(printable(text).split())
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."
