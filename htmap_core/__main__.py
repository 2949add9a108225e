"""The start of the ``htmap`` command. ``python -m htmap_core`` works even if another package has overwritten ``htmap``."""

from __future__ import annotations

import sys
from typing import Any, NoReturn


def start() -> NoReturn:
    """Run the command line. Ctrl-C during the import ends it as quietly as later, and no plugin that hangs delays its end."""
    try:
        from htmap_core.cli import main
    except KeyboardInterrupt:
        sys.exit(130)  # the exit code INTERRUPTED of htmap_core.cli, which is not imported yet
    try:
        main()
    except SystemExit as end:
        given_up: Any = sys.modules.get("htmap_core.plugins.guarding.given_up")  # most commands call no plugin
        if given_up is not None:
            given_up.end_process_if_any(end.code)
        raise


if __name__ == "__main__":
    start()
