"""The process of a client: ``python -m peers.client WAY CALLS SECONDS BATCH SLOTS``, with the Python of its environment.

It tells `cells` in lines of JSON how far it is, and waits for a line before it begins, and for the end of its input before it
stops what it has started. So both can be measured from outside, also of one that is cut off.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

_PAUSE = 0.2  # seconds between two lines


def main() -> None:
    """Run the calls that the command line names."""
    lines = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print is no line of ours
    way, calls, seconds, batch, slots = sys.argv[1:]
    results = importlib.import_module(f".ways.with_{way}", __package__).results
    lines.write(json.dumps({"done": 0}) + "\n")
    sys.stdin.readline()
    begin = told = time.perf_counter()
    done = total = 0
    first = None
    coming = results(int(calls), float(seconds), batch, int(slots))
    for some in coming:
        now = time.perf_counter()
        first = now - begin if first is None else first
        done += len(some)
        total += sum(some)
        if done == int(calls) or now - told > _PAUSE:
            told = now
            lines.write(json.dumps({"done": done, "seconds": now - begin, "first": first}) + "\n")
        if done == int(calls):
            break
    assert total == int(calls) * (int(calls) - 1), "wrong results"
    sys.stdin.readline()
    coming.close()


if __name__ == "__main__":
    main()
