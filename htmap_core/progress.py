"""Progress bars: a widget in notebooks with ipywidgets, text everywhere else."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from htmap_core.terminal import beneath


def progress_bar(*args: Any, **options: Any) -> Any:
    """Return a progress bar; the arguments are those of ``tqdm.tqdm``.

    In a notebook without ipywidgets, tqdm warns and then writes text. The text is enough, so the warning is suppressed.
    Since 0.7. ::

        for chunk in progress_bar(chunks, desc="downloading", unit="chunk"):
            file.write(chunk)
    """
    from tqdm import TqdmWarning  # 30 ms

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # tqdm warns when the module is first imported
        from tqdm.auto import tqdm
    if beneath(sys.stderr) is not sys.stderr:  # only on the command line: in a notebook tqdm chooses the stream
        options = {
            "file": beneath(sys.stderr),
            "dynamic_ncols": True,
            **options,
        }  # of no other file tqdm asks the width
    return tqdm(*args, **options)
