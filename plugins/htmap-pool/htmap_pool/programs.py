"""Running other programs and saying readably how they failed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from htmap_pool.errors import ToolFailed


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Run *command* without a terminal and return what it wrote to its standard output.

    :raises ToolFailed: it is not there, took longer than *timeout* seconds, or ended with an error, which is quoted.
    """
    program = Path(command[0]).name
    try:
        done = subprocess.run(
            [os.fspath(part) for part in command],
            env=None if env is None else dict(env),
            cwd=cwd,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ToolFailed(program, error.strerror or str(error)) from error
    except subprocess.TimeoutExpired as error:
        raise ToolFailed(program, f"no answer within {error.timeout:g} s") from error
    if done.returncode != 0:
        raise ToolFailed(program, last_lines(done.stderr or done.stdout) or f"exit code {done.returncode}")
    return done.stdout


def last_lines(text: str, count: int = 4) -> str:
    """Return the last *count* lines of *text* that are not blank, joined by semicolons."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines[-count:])
