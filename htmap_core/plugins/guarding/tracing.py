"""What plugins do, told on standard error where the user wants to know: HTMAP_TRACE_PLUGINS=1."""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from htmap_core.contract.submit import SubmitDescription
from htmap_core.display.short import short
from htmap_core.plugins.guarding.answers import name_of
from htmap_core.plugins.guarding.printing import programs_to_stderr, tell
from htmap_core.plugins.record import PluginRecord

T = TypeVar("T")


def is_traced() -> bool:
    """Return whether the user wants to know what plugins do."""
    return os.environ.get("HTMAP_TRACE_PLUGINS", "") not in {"", "0"}


def trace(record: PluginRecord, what: str, begin: float, outcome: Callable[[], str]) -> None:
    """Tell, if the user wants to know, what a plugin did since *begin*, a time of ``perf_counter``."""
    if is_traced():
        took = 1000 * (time.perf_counter() - begin)
        tell(f"plugin {record.name!r}: {what}, {took:.1f} ms: {outcome()}")


def trace_failure(record: PluginRecord, what: str, error: BaseException) -> None:
    """Show, if the user wants to know, where in a plugin something failed."""
    if is_traced():
        shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        tell(f"plugin {record.name!r}: {what} raised\n{shown.rstrip()}")


def traced(record: PluginRecord, call: Callable[..., Any], run: Callable[[], T], /, *given: Any) -> T:
    """Run a call of a plugin's code. With HTMAP_TRACE_PLUGINS=1 tell on standard error what it did, and how long it took."""
    submit = next((each for each in given if isinstance(each, SubmitDescription)), None)
    before, begin = None if submit is None else _everything(submit), time.perf_counter()
    try:
        with (
            programs_to_stderr(),
            contextlib.nullcontext() if submit is None else submit.authors.writing(record.author),
        ):
            returned = run()
    except BaseException:
        trace(record, name_of(call), begin, lambda: f"raised\n{traceback.format_exc().rstrip()}")
        raise
    trace(record, name_of(call), begin, lambda: short(returned) if before is None else _changes(before, submit))
    return returned


def _everything(submit: SubmitDescription) -> dict[str, str]:
    besides = {"universe": submit.universe, "executable": submit.executable}
    files = {f"transfer_input_files {path}": "added" for path in submit.input_files}
    plugins = {f"transfer_plugins {scheme}": path for scheme, path in submit.transfer_plugins.items()}
    return {**besides, **files, **plugins, **submit.commands()}


def _changes(before: Mapping[str, str], submit: SubmitDescription | None) -> str:
    after = {} if submit is None else _everything(submit)
    told = [f"{name} = {text}" for name, text in after.items() if before.get(name) != text]
    gone = [f"without {name}" for name in before if name not in after]
    return "; ".join([*told, *gone]) or "nothing changed"
