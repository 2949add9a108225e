"""Results that are used as what they are not."""

from __future__ import annotations

import htmap


def text(number: int) -> str:
    return str(number)


found = htmap.map(text, [1, 2])
print(found[0] + 1)  # wrong: operator | reportOperatorIssue
print(found.get(0).denominator)  # wrong: attr-defined | reportAttributeAccessIssue
print(sum(found))  # wrong: arg-type | reportArgumentType
numbers: list[int] = list(found)  # wrong: arg-type | reportAssignmentType
other: htmap.Map[int] = found  # wrong: assignment | reportAssignmentType
found[0] = "one"  # wrong: index | reportIndexIssue
found["0"]  # wrong: call-overload | reportArgumentType
for each in found.results(errors="return"):
    print(each.upper())  # wrong: union-attr | reportAttributeAccessIssue
found.results(errors="ignore")  # wrong: call-overload | reportArgumentType
for outcome in found.outcomes():
    print(outcome.value + 1)  # wrong: operator | reportOperatorIssue
    print(outcome.error.report())  # wrong: union-attr | reportOptionalMemberAccess
print(found.futures()[0].result() + 1)  # wrong: operator | reportOperatorIssue
found.hold(3)  # wrong: arg-type | reportArgumentType
found.retry()  # wrong: attr-defined | reportAttributeAccessIssue
htmap.mpa(text, [1, 2])  # wrong: attr-defined | reportAttributeAccessIssue
htmap.TransferPath("tide.csv").read_txt()  # wrong: attr-defined | reportAttributeAccessIssue
