"""Mistakes in the call of ``htmap.map``: what is wrong there is told before anything runs."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

WRITING = (
    Mistake(
        name="the-function-is-called",
        wants="to map double, and calls it in the call of map",
        script="""
            import htmap

            def double(x):
                return 2 * x

            htmap.map(double(2), range(3), tag="stream")
        """,
        says="4",
        names=("htmap.map(function, inputs)",),
    ),
    Mistake(
        name="one-number-instead-of-many",
        wants="ten components, as range(10) gives them",
        script="""
            import htmap

            htmap.map(lambda x: 2 * x, 10, tag="brook")
        """,
        says="10",
        names=("htmap.map(function, inputs)", "range(10)"),
    ),
    Mistake(
        name="one-text-instead-of-many",
        wants="a component for one file",
        script="""
            import htmap

            mapped = htmap.map(len, "sea.csv", tag="files")
            print(len(mapped))
        """,
        says="str",
        names=("7 characters", "['sea.csv']"),
        lines=4,
    ),
    Mistake(
        name="a-function-with-yield",
        wants="several results from each component",
        script="""
            import htmap

            def tides(day):
                for hour in (0, 6, 12, 18):
                    yield day + hour / 24

            mapped = htmap.map(tides, range(3), tag="tides")
            print(list(mapped))
        """,
        says="tides",
        names=("`yield`", "return list(tides(x))"),
    ),
    Mistake(
        name="no-inputs-at-all",
        wants="to map over the files of a folder, and is in another folder",
        script="""
            import glob
            import htmap

            htmap.map(len, glob.glob("*.csv"), tag="tables")
        """,
        says="no inputs",
        names=("at least one",),
    ),
    Mistake(
        name="two-arguments-for-map",
        wants="to call a function of two arguments with pairs",
        script="""
            import htmap

            def power(base, exponent):
                return base**exponent

            mapped = htmap.map(power, [(2, 3), (3, 2)], tag="powers")
            print(list(mapped))
        """,
        says="power",
        names=("htmap.starmap",),
    ),
    Mistake(
        name="plain-values-for-starmap",
        wants="to call a function with one argument, and has read of starmap",
        script="""
            import htmap

            htmap.starmap(abs, [-1, -2], tag="ebb")
        """,
        says="-1",
        names=("tuple", "htmap.map"),
    ),
    Mistake(
        name="an-option-as-an-argument",
        wants="two gigabytes of memory",
        script="""
            import htmap

            htmap.map(abs, [-1], tag="flow", request_memory="2GB")
        """,
        says="request_memory",
        names=("map_options=htmap.MapOptions(request_memory='2GB')",),
    ),
    Mistake(
        name="a-misspelt-option",
        wants="two gigabytes of memory",
        script="""
            import htmap

            options = htmap.MapOptions(request_memmory="2GB")
            htmap.map(abs, [-1], tag="spring", map_options=options)
        """,
        says="request_memmory",
        names=("did you mean 'request_memory'",),
    ),
    Mistake(
        name="an-amount-that-is-none",
        wants="two gigabytes of memory",
        script="""
            import htmap

            options = htmap.MapOptions(request_memory="2 gigs")
            htmap.map(abs, [-1], tag="surge", map_options=options)
        """,
        says="2 gigs",
        names=("request_memory='2GB'",),
    ),
    Mistake(
        name="a-number-in-words",
        wants="two processors for each component",
        script="""
            import htmap

            options = htmap.MapOptions(request_cpus="two")
            htmap.map(abs, [-1], tag="tideway", map_options=options)
        """,
        says="two",
        names=("request_cpus", "a number, such as 2"),
    ),
    Mistake(
        name="fewer-values-than-inputs",
        wants="more memory for some components",
        script="""
            import htmap

            options = htmap.MapOptions(request_memory=["1GB", "2GB"])
            htmap.map(abs, [-1, -2, -3], tag="swell", map_options=options)
        """,
        says="request_memory",
        names=("2 values", "one for each input"),
    ),
    Mistake(
        name="a-time-that-is-none",
        wants="five hours for each component",
        script="""
            import htmap

            htmap.map(abs, [-1], tag="wave", map_options=htmap.MapOptions(walltime="5 houres"))
        """,
        says="5 houres",
        names=("walltime", "'2h'"),
    ),
    Mistake(
        name="a-tag-of-two-words",
        wants="a tag that can be read",
        script="""
            import htmap

            htmap.map(abs, [-1], tag="first try")
        """,
        says="first try",
        names=("first-try",),
    ),
    Mistake(
        name="a-builder-is-asked-too-early",
        wants="the results of the calls that a builder has collected",
        script="""
            import htmap

            with htmap.build_map(pow, tag="built") as builder:
                builder(2, 3)
                print(list(builder.map))
        """,
        says="the map",
        names=("`with` block",),
    ),
    Mistake(
        name="a-method-is-mapped",
        wants="to map a method of a class",
        script="""
            import htmap

            class Harbour:
                depth = 3

                @htmap.mapped
                def clearance(self, height):
                    return height - self.depth

            print(list(Harbour().clearance.map([4, 5], tag="clearances")))
        """,
        says="clearance",
        names=("@htmap.mapped", "htmap.map"),
    ),
    Mistake(
        name="a-job-for-each-of-many",
        wants="to be sure that components share nothing",
        script="""
            import htmap

            options = htmap.MapOptions(hold=True)
            mapped = htmap.map(abs, range(400), tag="many", chunksize=1, map_options=options)
            mapped.remove()
        """,
        says="chunksize",
        names=("leave out chunksize", "expected_runtime"),
    ),
)
