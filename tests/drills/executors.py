"""Programs with an executor that has a tag, in a form that can be killed. Each call notes in a file that it has run."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import htmap

CALLS, DRAWS = 4, 3
TIMEOUT = 300
MENDED = "mended"
_SAID = "said-"


def noting() -> Callable[[str, str], str]:
    def noted(folder: str, name: str) -> str:
        import pathlib

        with open(pathlib.Path(folder, name), "ab", buffering=0) as file:
            file.write(b"ran\n")
        return name

    return noted


def drawing() -> Callable[[str], str]:
    def drawn(folder: str) -> str:
        import pathlib
        import secrets

        with open(pathlib.Path(folder, "drawn"), "ab", buffering=0) as file:
            file.write(b"ran\n")
        return secrets.token_hex(8)

    return drawn


def failing() -> Callable[[str, str], str]:
    def failed(folder: str, name: str) -> str:
        import pathlib

        with open(pathlib.Path(folder, name), "ab", buffering=0) as file:
            file.write(b"ran\n")
        if not pathlib.Path(folder, "mended").exists():
            raise ValueError(name)
        return name

    return failed


def begin(tag: str, folder: str) -> None:
    """Submit calls, and then more; tell in a file what those have drawn that may be equal."""
    with htmap.Executor(tag, chunksize=2) as executor:
        first = [executor.submit(noting(), folder, f"call-{number}") for number in range(CALLS)]
        assert first[0].result(TIMEOUT) == "call-0"
        draws = [executor.submit(drawing(), folder) for _ in range(DRAWS)]
        more = executor.submit(noting(), folder, "last")
        executor.flush()
        for number, draw in enumerate(draws):
            _say(folder, f"{number} {draw.result(TIMEOUT)}")
        assert more.result(TIMEOUT) == "last"
        assert [each.result(TIMEOUT) for each in first] == [f"call-{number}" for number in range(CALLS)]


def go_on(tag: str, folder: str) -> None:
    """Submit calls of which some have failed in an earlier run, and others."""
    with htmap.Executor(tag, chunksize=2) as executor:
        failed = [executor.submit(failing(), folder, f"failed-{number}") for number in range(CALLS)]
        new = executor.submit(noting(), folder, "new")
        executor.flush()
        seen = [each.exception(TIMEOUT) is None for each in failed]
        assert seen == [Path(folder, MENDED).exists()] * CALLS
        assert new.result(TIMEOUT) == "new"


def nothing(_tag: str, _folder: str) -> None:
    """There is no earlier run."""


def fail(tag: str, folder: str) -> None:
    """Have an earlier run whose calls have failed."""
    with htmap.Executor(tag, chunksize=2) as executor:
        calls = [executor.submit(failing(), folder, f"failed-{number}") for number in range(CALLS)]
        assert all(each.exception(TIMEOUT) for each in calls)
    Path(folder, MENDED).touch()


def _say(folder: str, line: str) -> None:
    with open(Path(folder, f"{_SAID}{os.getpid()}"), "a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def check(folder: str, expected: dict[str, int]) -> None:
    """Check how often each call has run, and that all runs of the program got the same for the nth draw."""
    paths = [path for path in Path(folder).iterdir() if path.name != MENDED]
    ran = Counter({path.name: len(path.read_text().splitlines()) for path in paths if not path.name.startswith(_SAID)})
    assert ran == expected, ran
    drawn = defaultdict(set)
    for path in paths:
        if path.name.startswith(_SAID):
            for line in path.read_text().splitlines():
                number, value = line.split()
                drawn[number].add(value)
    assert all(len(values) == 1 for values in drawn.values()), drawn
    assert len({value for values in drawn.values() for value in values}) == len(drawn), drawn


PROGRAMS = {
    "begin": (nothing, begin, {**{f"call-{number}": 1 for number in range(CALLS)}, "drawn": DRAWS, "last": 1}),
    "go on": (fail, go_on, {**{f"failed-{number}": 2 for number in range(CALLS)}, "new": 1}),
}
"""What is there before, the program that is killed, and how often each call has run when it has been run again."""
