"""Progress bars: a widget in a notebook that can show one, and text everywhere else."""

from __future__ import annotations

import warnings
from typing import Any


def progress_bar(*args: Any, **options: Any) -> Any:
    """Return a bar that shows how far something is; the arguments are those of ``tqdm.tqdm``.

    In a notebook without ipywidgets tqdm warns and then writes text. The text is all that the user needs, so nothing is said.
    """
    from tqdm import TqdmWarning  # 30 ms

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # given when the module is first imported
        from tqdm.auto import tqdm
    return tqdm(*args, **options)
