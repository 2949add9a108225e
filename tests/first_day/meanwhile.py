"""What is seen while a map runs, and trials before it does: Ctrl-C, redirected output, notebooks, this machine."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

# Ctrl-C comes as from the keyboard, when the script waits for what takes ten minutes.
_CTRL_C = """
    import os
    import signal
    import threading
    import time
    import htmap

    mapped = htmap.map(time.sleep, [600], tag="{tag}")
    threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    {waits}
"""

# What a notebook shows, cell by cell: the outputs of a kernel, without colours.
_NOTEBOOK = """
    import re
    import nbclient
    import nbformat

    cells = [nbformat.v4.new_code_cell(each) for each in open("tides.py").read().split("# %%")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, allow_errors=True).execute()
    for cell in notebook.cells:
        for output in cell.outputs:
            text = "\\n".join(output.get("traceback", ())) or output.get("text", "")
            print(re.sub(r"\\x1b\\[[0-9;]*m", "", text))
"""

MEANWHILE = (
    Mistake(
        name="ctrl-c-while-it-waits",
        wants="to go home",
        script=_CTRL_C.format(tag="long", waits="mapped.wait()"),
        says="long",
        names=("htmap.load('long')", "htmap remove long"),
        promise="progress: Ctrl-C says that the map goes on",
    ),
    Mistake(
        name="ctrl-c-in-a-list",
        wants="to go home",
        script=_CTRL_C.format(tag="longer", waits="print(list(mapped))"),
        says="longer",
        names=("htmap.load('longer')", "htmap remove longer"),
        promise="progress: Ctrl-C says that the map goes on",
    ),
    Mistake(
        name="redirected-output",
        wants="a log of a script that shows a progress bar",
        script="""
            import htmap

            mapped = htmap.map(abs, range(50), tag="logged", chunksize=10)
            mapped.wait(show_progress_bar=True)
        """,
        typed=("python tides.py > log.txt 2>&1; cat log.txt",),
        says="logged",
        names=("50",),
        lacks=("\r",),
        lines=12,
        promise="progress: a line now and then in a log file",
    ),
    Mistake(
        name="wait-in-a-pipe",
        wants="a log of a command that waits",
        typed=("htmap wait tide | cat",),
        says="tide",
        names=("tide",),
        lacks=("\r",),
        lines=3,
    ),
    Mistake(
        name="a-trial-on-this-machine",
        wants="to see whether the function works, before 10,000 jobs do",
        script="""
            import htmap

            def inverse(x):
                return 1 / x

            mapped = htmap.map(inverse, [1, 4], tag="trial", where="here")
            print(list(mapped))
        """,
        says="[1.0, 0.25]",
        names=("[1.0, 0.25]",),
        lines=5,
        promise='here: where="here"',
    ),
    Mistake(
        name="a-trial-without-a-pool",
        wants="to see whether the function works, and has no HTCondor",
        script="""
            import htmap

            print(list(htmap.map(abs, [-1], tag="trial-too", where="here")))
        """,
        says="[1]",
        names=("[1]",),
        lines=3,
        has_pool=False,
        promise='here: where="here"',
    ),
    Mistake(
        name="a-place-that-is-none",
        wants="to try the function on this machine",
        script="""
            import htmap

            htmap.map(abs, [-1], tag="trial-elsewhere", where="local")
        """,
        says="local",
        names=("here", "pool"),
        promise="here: wrong values are refused",
    ),
    Mistake(
        name="the-debugger-without-a-terminal",
        wants="to look at the variables where a component failed",
        typed=("htmap debug bad 1",),
        says="bad",
        names=("terminal", "htmap errors bad"),
        lines=3,
        promise="here: htmap debug",
    ),
    Mistake(
        name="an-error-in-a-notebook",
        wants="the results, in a notebook, and has divided by zero",
        script="""
            import htmap

            def inverse(x):
                return 1 / x

            mapped = htmap.map(inverse, [0], tag="cell", quiet=True)
            # %%
            mapped.get(0)
        """,
        files={"notebook.py": _NOTEBOOK},
        typed=("python notebook.py",),
        says="ZeroDivisionError",
        names=("return 1 / x", "htmap errors cell"),
        promise="progress: the first thing seen is the user's exception",
    ),
    Mistake(
        name="a-map-in-a-notebook",
        wants="to look at a map in a notebook",
        script="""
            import htmap

            print(htmap.load("tide")._repr_html_())
        """,
        says="<",
        names=("tide", "COMPLETED"),
        lines=60,
        promise="notebook: a map shows itself",
    ),
)
