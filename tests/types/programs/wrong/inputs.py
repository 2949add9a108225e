"""Inputs that the function does not take."""

from __future__ import annotations

from pathlib import Path

import htmap


def text(number: int) -> str:
    return str(number)


def scaled(number: float, factor: float) -> float:
    return number * factor


def size(path: Path) -> int:
    return path.stat().st_size


htmap.map(text, ["one", "two"])  # wrong: arg-type | reportArgumentType
htmap.map(text, "12")  # wrong: arg-type | reportArgumentType
htmap.map(text, [1, None])  # wrong: arg-type | reportArgumentType
htmap.map(text, 3)  # wrong: arg-type | reportArgumentType
htmap.map(scaled, [1.0, 2.0])  # wrong: arg-type | reportArgumentType
htmap.map(size, ["/data"])  # wrong: arg-type | reportArgumentType
htmap.map(3, [1, 2])  # wrong: arg-type | reportArgumentType
htmap.map(len, [1, 2])  # wrong: arg-type | reportArgumentType
htmap.map(text)  # wrong: call-arg | reportCallIssue
htmap.map(text, [1], request_memory="1GB")  # wrong: call-arg | reportCallIssue
htmap.map(text, [1], {"request_memory": "1GB"})  # wrong: arg-type | reportArgumentType
htmap.map(text, [1], tag=3)  # wrong: arg-type | reportArgumentType
htmap.map(text, [1], chunksize="many")  # wrong: arg-type | reportArgumentType
htmap.plan(text, ["one", "two"])  # wrong: arg-type | reportArgumentType
htmap.plan(text, 3)  # wrong: call-overload | reportArgumentType
htmap.plan(scaled, [1.0, 2.0])  # wrong: arg-type | reportArgumentType
htmap.plan(scaled, [1.0, 2.0], starmap=True)  # wrong: list-item | reportArgumentType
htmap.starmap(scaled, [1.0, 2.0])  # wrong: list-item | reportArgumentType
htmap.starmap(scaled, kwargs=[("factor", 2)])  # wrong: list-item | reportArgumentType

with htmap.build_map(scaled) as builder:
    builder(1.0, 2.0)
    builder(1.0)  # wrong: call-arg | reportCallIssue
    builder("one", 2.0)  # wrong: arg-type | reportArgumentType
    builder(1.0, factr=2.0)  # wrong: call-arg | reportCallIssue
