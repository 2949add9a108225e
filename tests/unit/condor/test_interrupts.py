"""Ctrl-C, where it would do harm."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from htmap_core.condor.interrupts import held_back


@pytest.fixture(autouse=True)
def hearing() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started the tests deaf to it
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def another_thread() -> Iterator[None]:
    """A thread that gets the signals which the main thread has blocked, as notebooks have many."""
    enough = threading.Event()
    thread = threading.Thread(target=enough.wait)
    thread.start()
    yield
    enough.set()
    thread.join()


@pytest.mark.usefixtures("another_thread")
def test_it_waits_for_the_end_of_the_block_also_where_another_thread_gets_it() -> None:
    done = []

    def interrupted() -> None:
        with held_back(), held_back():
            os.kill(os.getpid(), signal.SIGINT)
            for turn in range(20):
                time.sleep(0.01)  # for the other thread to get it
                done.append(turn)

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(done) == 20
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_whoever_ignores_it_is_left_alone() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with held_back():
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
