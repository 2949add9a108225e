"""Settings for a while, after which they are what they were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from htmap_core.settings.chain import Settings, settings


def using_htmap_dir(htmap_dir: Path) -> contextlib.AbstractContextManager[None]:
    """Use an HTMAP_DIR for a while, whatever the settings say.

    Fixtures that live longer than a test need it::

        with using_htmap_dir(class_pool):
            mapped = htmap.map(abs, [-1], tag="shared")

    Since 0.7.
    """
    return settings_with({"HTMAP_DIR": htmap_dir})


@contextlib.contextmanager
def settings_with(table: dict[str, Any]) -> Iterator[None]:
    """Put a table before all settings for a while; what is set meanwhile goes into it."""
    before = Settings.from_settings({})
    before.replace(settings)
    settings.prepend(table)
    try:
        yield
    finally:
        settings.replace(before)
