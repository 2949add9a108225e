"""Scripts that run a second time, and components that run again."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

_TWICE = ("python tides.py", "python tides.py")

AGAIN = (
    Mistake(
        name="the-script-runs-a-second-time",
        wants="to run the same script again",
        script="""
            import htmap

            mapped = htmap.map(abs, [-1, -2], tag="twice-run")
            print(list(mapped))
        """,
        typed=_TWICE,
        says="twice-run",
        names=('if_exists="resume"', 'htmap.load("twice-run")', 'htmap.remove("twice-run")'),
    ),
    Mistake(
        name="the-script-has-more-inputs-now",
        wants="to go on with more inputs",
        script="""
            import sys
            import htmap

            inputs = range(int(sys.argv[1]))
            print(list(htmap.map(abs, inputs, tag="grown", if_exists="resume")))
        """,
        typed=("python tides.py 2", "python tides.py 3"),
        says="[0, 1, 2]",
        names=("[0, 1, 2]",),
        lines=1,
    ),
    Mistake(
        name="the-script-has-other-inputs-now",
        wants="to run the script again, and has changed an input",
        script="""
            import sys
            import htmap

            inputs = [1, int(sys.argv[1]), 3]
            print(list(htmap.map(abs, inputs, tag="changed", if_exists="resume")))
        """,
        typed=("python tides.py 2", "python tides.py 5"),
        says="changed",
        names=("component 1", '"replace"'),
    ),
    Mistake(
        name="a-way-to-resume-that-is-none",
        wants="to run the script again",
        script="""
            import htmap

            htmap.map(abs, [-1], tag="wrong-way", if_exists="overwrite")
        """,
        says="overwrite",
        names=("resume", "load", "replace", "error"),
    ),
    Mistake(
        name="the-failed-ones-once-more",
        wants="to run again what has failed",
        script="""
            import htmap

            mapped = htmap.load("bad")
            print(tuple(mapped.failed))
        """,
        says="(1,)",
        names=("(1,)",),
        lines=1,
    ),
    Mistake(
        name="more-memory-for-what-has-failed",
        wants="to run again what has failed, with more memory",
        typed=("htmap edit memory bad 2GB",),
        says="bad",
        names=("map_options=", "htmap.starmap"),
        lines=4,
    ),
    Mistake(
        name="rerun-without-saying-which",
        wants="to run again what has failed",
        typed=("htmap rerun bad",),
        says="bad",
        names=("htmap rerun failed bad", "htmap rerun map bad"),
        lines=4,
    ),
)
