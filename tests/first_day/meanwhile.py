"""What is seen while a map runs, and trials before it does: Ctrl-C, redirected output, notebooks, this machine."""

from __future__ import annotations

from tests.first_day.mistake import Mistake

# What a notebook shows of errors, cell by cell: the outputs of a kernel, without colours, and without the bars of those who wait.
_NOTEBOOK = """
    import re
    import nbclient
    import nbformat

    cells = [nbformat.v4.new_code_cell(each) for each in open("tides.py").read().split("# %%")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, allow_errors=True).execute()
    for cell in notebook.cells:
        for output in cell.outputs:
            if output.output_type == "error":
                print(re.sub(r"\\x1b\\[[0-9;]*m", "", "\\n".join(output.traceback)))
"""

MEANWHILE = (
    Mistake(
        name="ctrl-c-while-it-waits",
        wants="to go home",
        script="""
            import os
            import signal
            import threading
            import time
            import htmap

            mapped = htmap.map(time.sleep, [600], tag="long")
            threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()  # as from the keyboard
            mapped.wait()
        """,
        says="long",
        names=("htmap.load('long')", "htmap remove long"),
    ),
    Mistake(
        name="ctrl-c-in-a-trial",
        wants="to go home",
        script="""
            import os
            import signal
            import time
            import htmap

            def rest(seconds):
                os.kill(os.getpid(), signal.SIGINT)  # as from the keyboard
                time.sleep(seconds)

            mapped = htmap.map(rest, [600], tag="trial", where="here")
        """,
        says="trial",
        names=("htmap rerun components trial --status removed",),
    ),
    Mistake(
        name="redirected-output",
        wants="a log of a script that shows a progress bar",
        script="""
            import time
            import htmap

            mapped = htmap.map(time.sleep, [0, 2], tag="logged")
            mapped.wait(show_progress_bar=True)
        """,
        typed=("python tides.py > log.txt 2>&1; tail -n 1 log.txt",),
        says="logged",
        names=("2 of 2",),
        lacks=("\r",),
        lines=1,
        measured="after .*",
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
    ),
    Mistake(
        name="the-debugger-without-a-terminal",
        wants="to look at the variables where a component failed",
        typed=("htmap debug bad 1",),
        says="bad",
        names=("terminal", "htmap errors bad"),
        lines=3,
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
        typed=("python notebook.py 2> /dev/null",),  # where the kernel warns of its own
        says="ZeroDivisionError",
        names=("return 1 / x", "htmap errors cell"),
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
        lines=10,
        measured=r"\d+\.\d+ (MB|s)",
    ),
)
