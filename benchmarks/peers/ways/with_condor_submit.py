"""Calls as plain jobs: a script, a submit description, and a look at the event log. It is the floor of all that submits jobs."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_LOOK = 0.01  # seconds
_ENDED = re.compile(rb"^005 \(\d+\.(\d+)\.", re.MULTILINE)


def results(calls: int, seconds: float, _: str, __: int) -> Iterator[list[int]]:
    """Yield the results as they come."""
    script, log = Path("double.py").absolute(), Path("log").absolute()
    script.write_text(f"#!{sys.executable}\nimport sys, time\ntime.sleep({seconds})\nprint(2 * int(sys.argv[1]))\n")
    script.chmod(0o755)
    description = {
        "executable": script,
        "arguments": "$(Process)",
        "output": "out.$(Process)",
        "should_transfer_files": "YES",
        "log": log,
        "request_cpus": 1,
        "request_memory": "128MB",
        "request_disk": "1GB",
    }
    submit = Path("jobs.submit")
    submit.write_text("".join(f"{name} = {value}\n" for name, value in description.items()) + f"queue {calls}\n")
    subprocess.run(["condor_submit", "-terse", submit], check=True, stdout=subprocess.DEVNULL)
    read = done = 0
    while done < calls:
        with log.open("rb") as events:
            events.seek(read)
            new = events.read()
        whole = new[: new.rfind(b"\n") + 1]
        read += len(whole)
        for job in _ENDED.findall(whole):
            done += 1
            yield [int(Path(f"out.{int(job)}").read_text())]
        time.sleep(_LOOK)
