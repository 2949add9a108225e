"""On Windows HTMap says at once where it runs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.golden_files import Golden

IMPORT = "import sys; sys.platform = 'win32'; import {module}"


@pytest.mark.parametrize("module", ["htmap", "htmap_core.__main__", "htmap.exceptions"])
def test_the_import_names_the_subsystem(module: str, golden: Golden) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", IMPORT.format(module=module)], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    golden("windows/import", ran.stderr.splitlines()[-1])
