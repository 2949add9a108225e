"""Sdists and wheels of all distributions; those of one state of the repository are the same, byte by byte."""

from __future__ import annotations

import datetime
import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from release.distributions import Distribution


class Refused(Exception):
    """No release was made; the text says why, or what a command printed that failed."""


def build(distributions: Sequence[Distribution], into: Path, day: str) -> None:
    """Build an sdist of each distribution, and of that a wheel, with the versions of the builders that are locked here.

    :param day: the time that files in them have.
    :raises Refused: one cannot be built.
    """
    midnight = datetime.datetime.fromisoformat(f"{day}T00:00:00+00:00")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(int(midnight.timestamp()))}
    for each in distributions:
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), str(each.folder)]
        ran = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if ran.returncode != 0:
            raise Refused(f"{each.name} cannot be built: {ran.stdout}")


def sums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a folder."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
