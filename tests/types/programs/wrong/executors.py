"""Calls that cannot work."""

from __future__ import annotations

import htmap


def scaled(number: int, factor: float = 2.0) -> float:
    return number * factor


executor = htmap.Executor(where="here")
executor.submit(scaled, "tide")  # wrong: arg-type | reportArgumentType
executor.submit(scaled, 1, faktor=2.0)  # wrong: call-arg | reportCallIssue
result: str = executor.submit(scaled, 1).result()  # wrong: assignment | reportAssignmentType
