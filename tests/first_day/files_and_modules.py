"""Mistakes with files and modules, which are here and not where components run."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

_TIDES = {"shore.py": "def height(hour):\n    return 3 * hour\n"}

FILES_AND_MODULES = (
    Mistake(
        name="a-module-beside-the-script",
        wants="a function of a module of their own",
        script="""
            import htmap
            import shore

            mapped = htmap.map(shore.height, range(3), tag="heights")
            print(list(mapped))
        """,
        files=_TIDES,
        says="[0, 3, 6]",
        names=("[0, 3, 6]",),
        lines=1,
    ),
    Mistake(
        name="the-report-on-a-missing-module",
        wants="to know why a function of their own package failed",
        script="""
            import htmap
            from coast import shore

            mapped = htmap.map(shore.height, range(3), tag="coasts", quiet=True)
            print(mapped.get_err(0).report())
        """,
        files={"coast/__init__.py": "# ours\n", "coast/shore.py": _TIDES["shore.py"]},
        says="coast",
        names=("htmap.MapOptions(fixed_input_files=", 'coast"'),
        lines=60,
    ),
    Mistake(
        name="a-file-that-is-not-there",
        wants="to send a file along, and mistypes its name",
        script="""
            import htmap

            options = htmap.MapOptions(fixed_input_files=["see.csv"])
            mapped = htmap.map(len, ["abc"], tag="lengths", map_options=options)
        """,
        files={"sea.csv": "1,2\n"},
        says="see.csv",
        names=("htmap release",),
    ),
    Mistake(
        name="a-file-written-where-it-ran",
        wants="a picture from each component, and writes it beside the script",
        script="""
            import htmap

            def plot(hour):
                with open(f"plot-{hour}.svg", "w") as file:
                    file.write(f"<svg>{hour}</svg>")

            mapped = htmap.map(plot, [6, 12], tag="plots")
            mapped.wait()
        """,
        says="plots",
        names=("plot-6.svg", "htmap.transfer_output_files(", "output_files[0]"),
        lines=4,
    ),
    Mistake(
        name="a-file-that-is-only-here",
        wants="to read a file that lies beside the script",
        script="""
            import htmap

            def first_line(name):
                with open(name) as file:
                    return file.readline()

            mapped = htmap.map(first_line, ["sea.csv"], tag="lines")
            print(mapped.get_err(0).report())
        """,
        files={"sea.csv": "1,2\n"},
        says="lines",
        names=("sea.csv", "fixed_input_files"),
        lines=60,
    ),
    Mistake(
        name="less-disk-than-the-files-have",
        wants="to send a large file, and asks for a little disk",
        script="""
            import htmap

            open("sea.bin", "wb").write(bytes(30_000_000))
            options = htmap.MapOptions(fixed_input_files=["sea.bin"], request_disk="10MB", hold=True)
            htmap.map(len, ["abc"], tag="disk", map_options=options)
        """,
        says="request_disk",
        names=("MapOptions(request_disk=",),
    ),
)
