"""Progress bars: a widget in notebooks with ipywidgets, text everywhere else."""

from __future__ import annotations

import functools
import warnings
from typing import Any


def progress_bar(*args: Any, **options: Any) -> Any:
    """Return a progress bar; the arguments are those of ``tqdm.tqdm``.

    In a notebook without ipywidgets, tqdm warns and then writes text. The text is enough, so the warning is suppressed.
    Since 0.7. ::

        for chunk in progress_bar(chunks, desc="downloading", unit="chunk"):
            file.write(chunk)
    """
    return _tqdm()(*args, **options)


@functools.lru_cache(maxsize=1)  # once: the block would disturb the warnings of other threads
def _tqdm() -> Any:
    from tqdm import TqdmWarning  # 30 ms

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # tqdm warns when the module is first imported
        from tqdm.auto import tqdm
    return tqdm
