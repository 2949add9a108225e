"""Mapped functions that are called, and mapped, over what they do not take."""

from __future__ import annotations

import htmap


@htmap.mapped
def text(number: int) -> str:
    return str(number)


@htmap.mapped(map_options=htmap.MapOptions(request_memory="200MB"))
def scaled(number: float, factor: float) -> float:
    return number * factor


text("one")  # wrong: arg-type | reportArgumentType
text()  # wrong: call-arg | reportCallIssue
text(1, 2)  # wrong: call-arg | reportCallIssue
print(text(1) + 1)  # wrong: operator | reportOperatorIssue
text.map(["one"])  # wrong: list-item | reportArgumentType
text.map(3)  # wrong: arg-type | reportArgumentType
text.map([1], "tide", 3)  # wrong: arg-type | reportArgumentType
text.map([1], chunksize="many")  # wrong: arg-type | reportArgumentType
print(text.map([1])[0] + 1)  # wrong: operator | reportOperatorIssue
scaled.map([1.0])  # wrong: misc | reportAttributeAccessIssue
scaled.starmap([1.0])  # wrong: list-item | reportArgumentType
htmap.mapped(3)  # wrong: call-overload | reportArgumentType


@htmap.mapped(3)  # wrong: call-overload | reportArgumentType
def never(number: int) -> int:
    return number


with scaled.build_map() as builder:
    builder(1.0, 2.0)
    builder("one", 2.0)  # wrong: arg-type | reportArgumentType
    builder(1.0)  # wrong: call-arg | reportCallIssue
number: int = scaled.starmap([(1.0, 2.0)])[0]  # wrong: assignment | reportAssignmentType
