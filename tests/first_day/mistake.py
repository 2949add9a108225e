"""What a mistake of the first day is: a script or a few commands as users write them, and what their screen must hold."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import attrs

SCRIPT = "tides.py"


def _source(text: str) -> str:
    return textwrap.dedent(text).lstrip("\n")


def _sources(texts: Mapping[str, str]) -> dict[str, str]:
    return {name: _source(text) for name, text in texts.items()}


@attrs.frozen(kw_only=True)
class Mistake:
    """A mistake of the first day, or a wish of it, and the screen that helps.

    :param name: what went wrong, in a few words; the golden file is called so.
    :param wants: what the user wants.
    :param script: ``tides.py``, as the user has written it.
    :param files: what lies beside it.
    :param typed: the commands; the screen of the last one counts.
    :param says: the word of the user's own that is in the first line told, be it a name, an option or a value.
    :param names: what the screen must hold: the next command, the option, the line to write.
    :param lacks: what it must not hold.
    :param lines: how many lines it may have, where that is fewer or more than for others.
    :param frames: how many stack frames of HTMap it may have, where those are more than two: the one that the user called, and
        the one that knew what is wrong.
    :param has_pool: whether there is a pool, and with it the maps of yesterday.
    :param measured: a pattern of what differs between runs of this mistake, such as times, and is hidden in its golden file.
    :param promise: what is not there yet; without it, the screen is held to all this.
    """

    name: str
    wants: str
    script: str = attrs.field(default="", converter=_source)
    files: Mapping[str, str] = attrs.field(factory=dict, converter=_sources)
    typed: tuple[str, ...] = (f"python {SCRIPT}",)
    says: str
    names: tuple[str, ...]
    lacks: tuple[str, ...] = ()
    lines: int = 25
    frames: int = 2
    has_pool: bool = True
    measured: str = ""
    promise: str = ""


# What made the maps that scripts and commands find.
YESTERDAY = Mistake(
    name="yesterday",
    wants="maps to look at",
    script="""
        import htmap

        def double(x):
            print("doubling", x)
            return 2 * x

        def inverse(x):
            return 1 / x

        tide = htmap.map(double, range(3), tag="tide")
        bad = htmap.map(inverse, [1, 0, 4], tag="bad")
        for each in (tide, bad):
            each.wait(errors_ok=True)
    """,
    says="",
    names=(),
)
