"""An executor on a personal pool, for programs that take one; these live in an environment of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import htmap


@pytest.fixture
def executor(personal_pool: Path) -> Iterator[htmap.Executor]:
    with htmap.Executor() as executor:
        yield executor
