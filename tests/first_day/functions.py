"""Mistakes of functions and of what they hold: some are told at once, the others by the report on a component."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

FUNCTIONS = (
    Mistake(
        name="an-error-in-the-function",
        wants="the results, and has divided by zero",
        script="""
            import htmap

            def inverse(x):
                return 1 / x

            mapped = htmap.map(inverse, [1, 0, 4], tag="inverses")
            print(list(mapped))
        """,
        says="ZeroDivisionError",
        names=("return 1 / x", "x = 0", "htmap errors inverses"),
        lines=35,
    ),
    Mistake(
        name="what-holds-an-open-file",
        wants="to write into a log from all components",
        script="""
            import htmap

            log = open("log.txt", "w")

            def double(x):
                print(x, file=log)
                return 2 * x

            htmap.map(double, range(3), tag="cove")
        """,
        says="double",
        names=("inside the function",),
    ),
    Mistake(
        name="a-result-that-cannot-travel",
        wants="a function as the result",
        script="""
            import htmap
            import threading

            mapped = htmap.map(lambda x: threading.Lock(), [1], tag="locks")
            print(mapped.get_err(0).report())
        """,
        says="locks",
        names=("pickle", "Return plain data"),
        lines=60,
    ),
    Mistake(
        name="a-large-closure",
        wants="all components to look at one big table",
        script="""
            import htmap

            table = bytes(20_000_000)

            def row(x):
                return table[x]

            print(htmap.map(row, [3], tag="rows").get(0))
        """,
        says="row",
        names=("table", "19.1 MB", "fixed_input_files"),
    ),
    Mistake(
        name="the-same-large-input-many-times",
        wants="each component to look at one big table",
        script="""
            import htmap

            table = bytes(6_000_000)

            def row(table, x):
                return table[x]

            mapped = htmap.starmap(row, [(table, x) for x in range(4)], tag="shared-rows")
            print(list(mapped))
        """,
        says="table",
        names=("[0, 0, 0, 0]", "sent once"),
    ),
    Mistake(
        name="the-process-ends-in-the-function",
        wants="the result of a program that calls exit",
        script="""
            import htmap
            import os

            mapped = htmap.map(lambda x: os._exit(3), [1], tag="ends")
            print(mapped.get_err(0).report())
        """,
        says="ends",
        names=("exit code 3", "os._exit"),
        lines=60,
    ),
    Mistake(
        name="a-map-within-a-map",
        wants="components that make maps of their own",
        script="""
            import htmap

            def outer(x):
                import htmap

                return list(htmap.map(abs, [x]))

            mapped = htmap.map(outer, [-1], tag="outer")
            print(mapped.get_err(0).report())
        """,
        says="outer",
        names=("submit side",),
        lines=60,
    ),
    Mistake(
        name="a-variable-of-the-environment",
        wants="the variable of the shell in which the script runs",
        script="""
            import os
            import htmap

            def folder(x):
                return os.environ["SEA_DATA"] + x

            mapped = htmap.map(folder, ["a"], tag="folders")
            print(mapped.get_err(0).report())
        """,
        says="folders",
        names=("SEA_DATA", "htmap.MapOptions(environment="),
        lines=60,
    ),
    Mistake(
        name="a-question-in-the-function",
        wants="to be asked while components run",
        script="""
            import htmap

            def ask(x):
                return input("depth? ")

            mapped = htmap.map(ask, ["a"], tag="depths")
            print(mapped.get_err(0).report())
        """,
        says="depths",
        names=("as an argument",),
        lines=60,
    ),
    Mistake(
        name="a-package-that-the-node-lacks",
        wants="numpy, which is not installed where components run",
        script="""
            import htmap

            def mean(x):
                import nompy

                return nompy.mean(x)

            mapped = htmap.map(mean, [[1, 2]], tag="means")
            print(mapped.get_err(0).report())
        """,
        says="means",
        names=("nompy", "Install it there"),
        lines=60,
    ),
)
