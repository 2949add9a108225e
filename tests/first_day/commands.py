"""Mistakes on the command line."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

COMMANDS = (
    Mistake(
        name="a-command-of-another-tool",
        wants="to see their maps",
        typed=("htmap ls",),
        says="ls",
        names=("htmap status",),
        lines=4,
    ),
    Mistake(
        name="a-map-is-made-by-a-command",
        wants="to start a script",
        typed=("htmap submit tides.py",),
        says="submit",
        names=("htmap.map(function, inputs)",),
        lines=4,
    ),
    Mistake(
        name="reasons-where-nothing-is-held",
        wants="to know why a map has no result",
        typed=("htmap reasons bad",),
        says="bad",
        names=("htmap errors bad",),
        lines=1,
    ),
    Mistake(
        name="remove-without-a-tag",
        wants="to clean up",
        typed=("htmap remove",),
        says="TAGS",
        names=("--all", "--pattern", "htmap tags"),
        lines=4,
    ),
    Mistake(
        name="a-component-that-is-not-there",
        wants="what a component has printed",
        typed=("htmap stdout tide 3",),
        says="tide",
        names=("3 components", "0 to 2"),
        lines=2,
    ),
    Mistake(
        name="a-mistyped-setting",
        wants="another delivery method, for good",
        typed=("htmap set DELIVERY_METHDO docker",),
        says="DELIVERY_METHDO",
        names=("did you mean 'DELIVERY_METHOD'",),
        lines=4,
    ),
    Mistake(
        name="waiting-for-what-has-failed",
        wants="to be told when a map has ended",
        typed=("htmap wait bad",),
        says="ZeroDivisionError",
        names=("htmap errors bad",),
        lines=2,
    ),
)
