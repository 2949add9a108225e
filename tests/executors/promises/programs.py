"""How whole programs end that have an executor. They run at the same time, and each test looks at its own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import attrs
import pytest

from htmap_core.testing import eventually
from tests.executors.gate import TIMEOUT

# What each begins with: files that tell that a call was made, and for which calls wait; what is done at the very end,
# since functions that are registered first are called last.
_BEGIN = """
import atexit, os, pathlib, sys
there, gate = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[1] + " gate")
def wait():
    import time
    while not gate.exists():
        time.sleep(0.02)
later = []
atexit.register(lambda: [each() for each in later])
def call_late():
    try:
        executor.submit(there.touch)
    except RuntimeError:
        there.touch()
"""

_PROGRAMS = {
    "forgotten": "executor.submit(there.touch)",
    "not waited for": "executor.submit(there.touch); executor.shutdown(wait=False)",
    "waited for": "executor.submit(there.touch); executor.shutdown(); print(there.exists())",
    "cancelled": """
        busy = [executor.submit(wait) for _ in range(3)]
        futures = [executor.submit(there.touch) for _ in range(20)]
        executor.shutdown(wait=False, cancel_futures=True)
        gate.touch()
        print({each.cancelled() for each in futures}, there.exists())
        """,
    "nothing called": "",
    "at exit": """
        atexit.register(call_late)
        print(executor.submit(abs, -1).result())
        """,
    "after exit": """
        later.append(call_late)
        print(executor.submit(abs, -1).result())
        """,
    "raising": "executor.submit(there.touch); raise LookupError",
    "leaving": "future = executor.submit(there.touch); sys.exit(3)",
    "forked": """
        future = executor.submit(abs, -1)
        child = os.fork()
        if child == 0:
            sys.exit(5)
        print(os.waitpid(child, 0)[1] >> 8, future.result())
        """,
    "forked with nothing open": """
        print(executor.submit(abs, -1).result())
        executor.shutdown()
        child = os.fork()
        if child == 0:
            with new_executor() as another:
                print(another.submit(abs, -2).result(), flush=True)
            sys.exit(0)
        print(os.waitpid(child, 0)[1] >> 8)
        """,
    "in a thread": """
        import threading
        def use():
            print(executor.submit(abs, -1).result())
        thread = threading.Thread(target=use)
        thread.start()
        """,
}


@attrs.frozen
class Ended:
    """How a program has ended.

    :param code: its exit code; None if it did not end.
    :param said: what it has printed.
    :param complained: what is in its standard error.
    :param there: the file that its call makes.
    """

    code: int | None
    said: list[str]
    complained: str
    there: Path


def end(program: subprocess.Popen[str], until: float, there: Path) -> Ended:
    """Wait for the end of a program, and make one when it does not come in time."""
    try:
        said, complained = program.communicate(timeout=max(1.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        program.kill()
        said, complained = program.communicate()
        return Ended(None, said.split(), complained, there)
    return Ended(program.returncode, said.split(), complained, there)


class Programs:
    """Promises of programs; a subclass says in `begin` how they make `executor`, by a function `new_executor`."""

    begin = ""

    @classmethod
    def run(cls, folder: Path, environment: dict[str, str]) -> dict[str, Ended]:
        """Run all programs at the same time to their ends, which none of them may miss."""
        with contextlib.ExitStack() as programs:
            begun = {name: programs.enter_context(cls.started(name, folder, environment)) for name in _PROGRAMS}
            until = time.monotonic() + TIMEOUT
            return {name: end(each, until, folder / name) for name, each in begun.items()}

    @classmethod
    def started(cls, name: str, folder: Path, environment: dict[str, str]) -> subprocess.Popen[str]:
        """Start a program."""
        source = f"{_BEGIN}\n{cls.begin}\nexecutor = new_executor()\n{textwrap.dedent(_PROGRAMS[name])}"
        command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", source, str(folder / name)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env={**os.environ, **environment}, stdout=pipe, stderr=pipe, text=True)

    @pytest.mark.parametrize("name", [each for each in _PROGRAMS if each not in {"raising", "leaving"}])
    def test_a_program_ends_well(self, ended: dict[str, Ended], name: str) -> None:
        assert ended[name].code == 0, ended[name].complained
        assert "Traceback" not in ended[name].complained

    @pytest.mark.parametrize("name", ["forgotten", "not waited for", "waited for", "raising", "leaving"])
    def test_what_was_submitted_is_called_whatever_the_end(self, ended: dict[str, Ended], name: str) -> None:
        eventually(ended[name].there.exists, says="the call is made", within=TIMEOUT)

    def test_who_waits_finds_the_call_made(self, ended: dict[str, Ended]) -> None:
        assert ended["waited for"].said == ["True"]

    def test_queued_calls_are_cancelled_at_the_end(self, ended: dict[str, Ended]) -> None:
        assert ended["cancelled"].said == ["{True}", "False"]

    @pytest.mark.parametrize("name", ["at exit", "after exit"])
    def test_a_call_while_the_interpreter_ends_is_made_or_refused(self, ended: dict[str, Ended], name: str) -> None:
        eventually(ended[name].there.exists, says="the call is made, or was refused", within=TIMEOUT)
        assert ended[name].said == ["1"]

    def test_the_end_of_a_program_is_its_own(self, ended: dict[str, Ended]) -> None:
        assert (ended["raising"].code, ended["leaving"].code) == (1, 3)
        assert "LookupError" in ended["raising"].complained

    def test_a_child_ends_and_its_parent_has_its_results(self, ended: dict[str, Ended]) -> None:
        assert ended["forked"].said == ["5", "1"]

    def test_a_child_has_executors_of_its_own(self, ended: dict[str, Ended]) -> None:
        assert ended["forked with nothing open"].said == ["1", "2", "0"]

    def test_a_thread_may_use_it_while_the_main_thread_ends(self, ended: dict[str, Ended]) -> None:
        assert ended["in a thread"].said == ["1"]
