"""Mistakes of those who look for results."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

READING = (
    Mistake(
        name="a-result-is-read-too-early",
        wants="the first result, and does not wait",
        script="""
            import time
            import htmap

            mapped = htmap.map(time.sleep, [600], tag="early")
            print(mapped[0])
        """,
        says="early",
        names=("get(0)",),
        frames=3,
    ),
    Mistake(
        name="an-index-beyond-the-end",
        wants="the last result",
        script="""
            import htmap

            print(htmap.load("tide")[3])
        """,
        says="tide",
        names=("3 components", "0 to 2"),
        frames=3,
    ),
    Mistake(
        name="the-last-results-by-a-slice",
        wants="the last two results",
        script="""
            import htmap

            print(list(htmap.load("tide")[-2:]))
        """,
        says="[2, 4]",
        names=("[2, 4]",),
        lines=1,
    ),
    Mistake(
        name="a-mistyped-tag",
        wants="yesterday's map",
        script="""
            import htmap

            print(list(htmap.load("tied")))
        """,
        says="tied",
        names=("did you mean 'tide'", "htmap status"),
    ),
    Mistake(
        name="a-time-that-is-too-short",
        wants="to wait, but not for ever",
        script="""
            import time
            import htmap

            mapped = htmap.map(time.sleep, [600], tag="slow")
            mapped.wait(timeout=1)
        """,
        says="slow",
        names=("htmap why slow",),
        frames=6,
    ),
    Mistake(
        name="a-map-that-is-removed",
        wants="a result of a map that was removed",
        script="""
            import htmap

            mapped = htmap.map(abs, [-1], tag="gone")
            mapped.remove()
            print(mapped.get(0))
        """,
        says="gone",
        names=("removed", "htmap.map"),
    ),
    Mistake(
        name="which-ones-have-failed",
        wants="to know what went wrong",
        typed=("htmap errors bad",),
        says="bad",
        names=("ZeroDivisionError", "return 1 / x", "x = 0"),
        lines=60,
    ),
    Mistake(
        name="why-has-it-failed",
        wants="to know why a map is not complete",
        typed=("htmap why bad",),
        says="bad",
        names=("htmap errors bad",),
    ),
    Mistake(
        name="all-but-the-one-that-failed",
        wants="the results that are there",
        script="""
            import htmap

            print(list(htmap.load("bad").results(errors="skip")))
        """,
        says="[1.0, 0.25]",
        names=("[1.0, 0.25]",),
        lines=1,
    ),
    Mistake(
        name="a-share-as-a-percentage",
        wants="to go on when 60 of 100 are there",
        script="""
            import htmap

            htmap.load("bad").wait(acceptable=60)
        """,
        says="60",
        names=("0.6",),
    ),
    Mistake(
        name="what-a-component-has-printed",
        wants="to see what the function prints",
        typed=("htmap stdout tide",),
        says="COMPONENT",
        names=("htmap stdout [OPTIONS] TAG COMPONENT",),
        lines=4,
    ),
)
