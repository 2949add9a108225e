"""The one lock: with `flock`, and where the file system refuses that."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from htmap_core import locked
from htmap_core.files import holders
from htmap_core.files.holders import Holder, this_process
from htmap_core.files.sealed import seal
from htmap_core.testing import eventually
from tests.refused_calls import without

COUNT_UP = """
import sys
from pathlib import Path
from htmap_core import locked, write_atomically
path = Path(sys.argv[1])
for _ in range(200):
    with locked(path) as file:
        write_atomically(path, str(int(file.read() or 0) + 1))
"""
HOLD = """
import sys, time
from pathlib import Path
from htmap_core import locked
with locked(Path(sys.argv[1])):
    print("has it", flush=True)
    time.sleep(600)
"""
NOT_REFUSED: tuple[str, ...] = ()

Within = Callable[[Callable[[], object]], object]


@pytest.fixture(params=[NOT_REFUSED, ("flock",)], ids=["flock", "no flock"])
def within(request: pytest.FixtureRequest) -> Within:
    """Run something where the file system has `flock`, and where it has none."""
    return lambda do: without(request.param, do)


def try_to_lock(path: Path) -> bool:
    try:
        with locked(path, wait=False):
            return True
    except BlockingIOError:
        return False


def test_a_file_that_is_replaced_while_it_is_locked_loses_no_change(tmp_path: Path, within: Within) -> None:
    path = tmp_path / "count"

    def count() -> list[int]:
        counting = [subprocess.Popen([sys.executable, "-c", COUNT_UP, path]) for _ in range(3)]
        return [each.wait(60) for each in counting]

    assert within(count) == [0, 0, 0]
    assert path.read_text() == "600"
    assert list(tmp_path.iterdir()) == [path]


def test_who_waits_is_told_and_then_gets_the_lock(tmp_path: Path, within: Within) -> None:
    order: list[str] = []

    def second() -> None:
        with locked(tmp_path / "lock", on_wait=lambda: order.append("waits")):
            order.append("second")

    def first() -> None:
        thread = threading.Thread(target=second)  # it inherits what is refused to this thread
        with locked(tmp_path / "lock"):
            thread.start()
            eventually(lambda: "waits" in order, says="the second one waits")
            order.append("first")
        thread.join()

    within(first)
    assert list(dict.fromkeys(order)) == ["waits", "first", "second"]


def test_a_lock_that_another_has_is_not_waited_for_where_that_is_asked(tmp_path: Path, within: Within) -> None:
    def twice() -> bool:
        with locked(tmp_path / "lock"):
            return try_to_lock(tmp_path / "lock")

    assert within(twice) is False


def test_a_lock_is_free_again_after_an_error(tmp_path: Path, within: Within) -> None:
    def fail_then_try() -> bool:
        with pytest.raises(ZeroDivisionError), locked(tmp_path / "lock"):
            raise ZeroDivisionError
        return try_to_lock(tmp_path / "lock")

    assert within(fail_then_try) is True


def test_no_file_is_made_where_that_is_asked(tmp_path: Path, within: Within) -> None:
    def try_without() -> None:
        with pytest.raises(FileNotFoundError), locked(tmp_path / "lock", create=False):
            pass

    within(try_without)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_ends_with_a_process_that_is_killed(tmp_path: Path, within: Within) -> None:
    path = tmp_path / "lock"

    def kill_the_holder() -> list[bool]:
        with subprocess.Popen([sys.executable, "-c", HOLD, path], stdout=subprocess.PIPE) as holding:
            try:
                assert holding.stdout
                holding.stdout.readline()
                before = try_to_lock(path)
            finally:
                holding.send_signal(signal.SIGKILL)
        return [before, try_to_lock(path)]

    assert within(kill_the_holder) == [False, True]


def test_of_many_that_find_a_lock_left_only_one_has_it_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    leave(path, attrs.evolve(this_process(), pid=2**22 + 1), since=time.time())

    def count() -> list[int]:
        counting = [subprocess.Popen([sys.executable, "-c", COUNT_UP, path]) for _ in range(4)]
        return [each.wait(60) for each in counting]

    assert without(("flock",), count) == [0, 0, 0, 0]
    assert path.read_text() == "800"


def leave(path: Path, holder: Holder, since: float) -> None:
    """Leave a lock behind that a process would make where there is no `flock`."""
    said = seal({**attrs.asdict(holder), "since": since, "token": "of another"})
    path.with_name(f".{path.name}.lock").symlink_to(said)


@pytest.mark.parametrize(
    ("other", "age", "is_free"),
    [
        ({}, 0.0, False),  # this very process
        ({"born": 1}, 0.0, True),  # its id was given again
        ({"pid": 2**22 + 1}, 0.0, True),
        ({"host": "elsewhere.example.org", "boot": "another"}, 3600.0, False),
        ({"host": "elsewhere.example.org", "boot": "another"}, 25 * 3600.0, True),
        ({"container": "pid:[1]"}, 0.0, False),  # another container of this host
        ({"boot": "another"}, 0.0, False),  # a container elsewhere with the same host name
        ({"boot": "another"}, 10 * 365 * 86400.0, True),  # this host before it was started again
    ],
)
def test_a_lock_that_was_left_is_free_as_soon_as_its_holder_cannot_be_alive(
    tmp_path: Path, other: dict[str, str | int], age: float, is_free: bool
) -> None:
    leave(tmp_path / "lock", attrs.evolve(this_process(), **other), time.time() - age)  # type: ignore[arg-type]
    assert without(("flock",), lambda: try_to_lock(tmp_path / "lock")) is is_free


def test_a_host_that_was_started_again_is_not_waited_for() -> None:
    before = attrs.evolve(this_process(), boot="the one before")
    since = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) - 60
    assert before.host == socket.gethostname()
    assert not before.may_be_alive(since)
    assert before.may_be_alive(time.time())


def test_a_child_is_another_process_than_its_parent() -> None:
    mine, read, write = this_process(), *os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, str(this_process().pid).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    assert int(os.read(read, 20)) == pid != mine.pid


def test_a_file_system_with_neither_locks_nor_symbolic_links_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        without(("flock", "symlink"), lambda: try_to_lock(tmp_path / "lock"))
    assert caught.value.filename == str(tmp_path)


@pytest.fixture
def hidden_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide /proc, and forget afterwards what was learnt without it."""
    with monkeypatch.context() as hiding:
        hiding.setattr(holders, "_PROC", tmp_path)
        holders._process.cache_clear()
        yield
    holders._process.cache_clear()


@pytest.mark.usefixtures("hidden_proc")
def test_where_proc_is_hidden_nobody_is_taken_for_gone() -> None:
    here = this_process()
    assert here.may_be_alive(time.time())
    assert here.boot, "it must not be that of another host where it is hidden, too"
