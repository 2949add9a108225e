"""What the daemons of a module's tests say, for the report of a test that fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

EVIDENCE = pytest.StashKey[Callable[[], str]]()
"""In the stash of a module: what returns the ends of the daemons' logs."""
