"""The start of the ``htmap`` command. ``python -m htmap_core`` works even if another package has overwritten ``htmap``."""

from __future__ import annotations

import sys
from typing import NoReturn


def start() -> NoReturn:
    """Run the command line. Ctrl-C during the import ends it as quietly as later."""
    try:
        from htmap_core.cli import main
    except KeyboardInterrupt:
        sys.exit(130)  # the exit code INTERRUPTED of htmap_core.cli, which is not imported yet
    main()


if __name__ == "__main__":
    start()
