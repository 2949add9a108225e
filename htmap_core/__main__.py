"""``htmap`` begins here; ``python -m htmap_core`` is the same, also where something else has overwritten ``htmap``."""

from __future__ import annotations

import sys
from typing import NoReturn


def start() -> NoReturn:
    """Run the command line; Ctrl-C while it is still being imported ends it as quietly as later."""
    try:
        from htmap_core.cli import main
    except KeyboardInterrupt:
        sys.exit(130)  # INTERRUPTED of the module that could not be imported
    main()


if __name__ == "__main__":
    start()
