"""Change settings in a ``with`` block, after which they are as before."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from htmap_core.settings.chain import Settings, settings


def using_htmap_dir(htmap_dir: Path) -> contextlib.AbstractContextManager[None]:
    """Use another HTMAP_DIR in a ``with`` block.

    It is for fixtures that live longer than a test. Since 0.7. ::

        with using_htmap_dir(class_pool):
            mapped = htmap.map(abs, [-1], tag="shared")
    """
    return settings_with({"HTMAP_DIR": htmap_dir})


@contextlib.contextmanager
def settings_with(table: dict[str, Any]) -> Iterator[None]:
    """Put a table before all settings in a ``with`` block; settings made meanwhile go into it."""
    before = Settings.from_settings({})
    before.replace(settings)
    settings.prepend(table)
    try:
        yield
    finally:
        settings.replace(before)
