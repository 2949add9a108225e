"""The fixture of drills, and the table at the end of a run."""

from __future__ import annotations

from collections.abc import Generator

import attrs
import pytest

from tests.drills.frame import PROPERTY, Drill, Row, table


@pytest.fixture
def drill(request: pytest.FixtureRequest) -> Drill:
    """Give a test the count of what it tries. The test fails in the end where something did not hold."""
    return Drill.of(request.node.nodeid)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """After a drill, keep its row of the table, and have it fail where something did not hold."""
    drill = pyfuncitem.funcargs.get("drill")
    if not isinstance(drill, Drill):
        return (yield)
    try:
        result = yield
    finally:
        pyfuncitem.user_properties.append((PROPERTY, attrs.asdict(Row.of(drill))))
    drill.check()
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what all drills have tried."""
    reports = [each for some in terminalreporter.stats.values() for each in some if getattr(each, "when", "") == "call"]
    rows = [Row(**row) for each in reports for name, row in each.user_properties if name == PROPERTY]
    if rows:
        terminalreporter.section("drills")
        for line in table(rows):
            terminalreporter.write_line(line)
