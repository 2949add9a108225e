"""Daemons are asked by a plain socket whether they answer, as nothing else runs while the bindings wait for them."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator

import attrs
import pytest

from htmap_core.condor.daemons import knocking


@attrs.define
class Clock:
    """The clock of the machine, which a test puts forward."""

    monotonic_offset: float = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.monotonic_offset


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocking, "PATIENCE", 0.2)
    monkeypatch.setattr(knocking, "_LATER", 0.1)
    monkeypatch.setattr(knocking, "_TOLD_AFTER", 0.01)
    monkeypatch.setattr(knocking, "_SLICE", 0.05)
    monkeypatch.setattr(knocking, "_silences", {})
    monkeypatch.setattr(knocking, "_told", set())


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def address_of(daemon: socket.socket, parameters: str = "") -> str:
    return f"<127.0.0.1:{daemon.getsockname()[1]}{parameters}>"


def reading(daemon: socket.socket) -> tuple[threading.Thread, bytearray]:
    """Have a daemon read what comes next and end the connection; return the thread, and what it reads."""
    read = bytearray()

    def serve() -> None:
        connection, _ = daemon.accept()
        with connection:
            read.extend(connection.recv(1000))

    thread = threading.Thread(target=serve)
    thread.start()
    return thread, read


def packets(read: bytes) -> list[bytes]:
    found = []
    while read:
        is_last, length = struct.unpack(">?I", read[:5])
        assert is_last
        found.append(read[5 : 5 + length])
        read = read[5 + length :]
    return found


def test_one_that_reads_what_it_is_told_answers(daemon: socket.socket) -> None:
    thread, read = reading(daemon)
    assert knocking.why_silent(address_of(daemon, "?addrs=127.0.0.1-9618&alias=ap1"), "the schedd") is None
    thread.join()
    assert packets(bytes(read)) == [struct.pack(">q", 60011)]


def test_one_behind_another_that_has_the_port_is_named_to_that(daemon: socket.socket) -> None:
    thread, read = reading(daemon)
    assert knocking.why_silent(address_of(daemon, "?noUDP&sock=schedd_17_ab"), "the schedd") is None
    thread.join()
    to_port, nothing = packets(bytes(read))
    assert to_port.startswith(struct.pack(">q", 75) + b"schedd_17_ab\0")
    assert nothing == struct.pack(">q", 60011)


def test_one_that_says_nothing_is_told_once_and_waited_for_shortly_when_it_is_asked_again(
    daemon: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    address = address_of(daemon)
    assert address in (knocking.why_silent(address, "the schedd") or "")
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert knocking._silences[address].patience(knocking.PATIENCE) == knocking._LATER
    assert knocking.why_silent(address, "the schedd") is not None
    assert capsys.readouterr().err == ""
    for _ in range(2):  # the two that it has not taken yet
        daemon.accept()[0].close()
    thread, _ = reading(daemon)
    assert knocking.why_silent(address, "the schedd") is None
    thread.join()
    assert address not in knocking._silences


def test_a_program_that_ends_is_less_patient(daemon: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Thread()  # as the main thread is when Python calls what is registered with atexit
    monkeypatch.setattr(threading, "main_thread", lambda: ended)
    assert knocking.why_silent(address_of(daemon), "the schedd", 3600.0) is not None


def test_who_waits_for_longer_does_so_where_another_has_just_waited_for_less(daemon: socket.socket) -> None:
    address = address_of(daemon)
    assert knocking.why_silent(address, "the schedd") is not None
    assert knocking._silences[address].patience(3600.0) == 3600.0


def test_threads_that_wait_for_one_daemon_tell_it_once(
    daemon: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = [threading.Thread(target=knocking.why_silent, args=(address_of(daemon), "the schedd")) for _ in range(4)]
    daemon.listen(len(threads))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_one_that_takes_a_while_for_each_word_is_heard_again_in_the_end(
    daemon: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, clock = address_of(daemon), Clock()
    monkeypatch.setattr(knocking, "time", clock)
    assert knocking.why_silent(address, "the schedd") is not None
    patience = []
    for _ in range(4):  # who asks again and again, as one that waits for a map does
        clock.monotonic_offset += knocking._LONG_AGO / 3
        patience.append(knocking._silences[address].patience(knocking.PATIENCE))
        assert knocking.why_silent(address, "the schedd") is not None
    assert patience == [knocking._LATER, knocking._LATER, knocking.PATIENCE, knocking._LATER]


def test_one_with_several_addresses_is_left_to_the_bindings_where_the_first_says_nothing(daemon: socket.socket) -> None:
    port = daemon.getsockname()[1]
    with socket.socket() as waiting:  # the one place in the queue of the daemon is taken
        daemon.listen(0)
        waiting.connect(daemon.getsockname())
        several = address_of(daemon, f"?addrs=127.0.0.1-{port}+[--1]-{port}&alias=ap1")
        assert knocking.why_silent(several, "the schedd") is None
        assert knocking.why_silent(address_of(daemon), "the schedd") is not None


def test_what_was_silent_long_ago_is_waited_for_as_any_other(
    daemon: socket.socket, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of(daemon)
    monkeypatch.setattr(knocking, "_LATER", 0.0)
    long_ago = time.monotonic() - 2 * knocking._LONG_AGO
    knocking._silences[address] = knocking._Silence(long_ago - 1000, long_ago, long_ago, knocking.PATIENCE)
    assert "for 0 s now" in (knocking.why_silent(address, "the schedd") or "")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_where_packets_are_dropped_is_told_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []

    def dropped(_: object, seconds: float) -> None:
        waits.append(seconds)
        raise socket.timeout

    monkeypatch.setattr(knocking, "_TOLD_AFTER", 0.0)
    monkeypatch.setattr(socket, "create_connection", dropped)
    assert knocking.why_silent("<127.0.0.1:9618>", "the schedd") is not None
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert len(waits) == 2
    assert sum(waits) <= knocking.PATIENCE


@pytest.mark.parametrize(
    ("addresses", "is_left"), [("127.0.0.1-9618", False), ("127.0.0.1-9618+[--1]-9618&alias=ap1", True)]
)
def test_one_with_other_addresses_is_left_to_the_bindings_where_the_first_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, addresses: str, is_left: bool
) -> None:
    def dropped(*_: object) -> None:
        raise socket.timeout

    monkeypatch.setattr(socket, "create_connection", dropped)
    assert (knocking.why_silent(f"<127.0.0.1:9618?addrs={addresses}>", "the schedd") is None) == is_left


@pytest.mark.parametrize("parameters", ["?CCBID=127.0.0.1:9618%3faddrs%3d127.0.0.1-9618#17", "?PrivNet=inside"])
def test_one_that_only_the_bindings_know_how_to_reach_is_left_to_them(daemon: socket.socket, parameters: str) -> None:
    assert knocking.why_silent(address_of(daemon, parameters), "the schedd") is None


@pytest.mark.parametrize(
    "address",
    ["<127.0.0.1:1>", "127.0.0.1:1", "nowhere.invalid:9618", "", "a:1, b:2", "None", "a..b:9618", f"{'a' * 70}:9618"],
)
def test_what_cannot_be_reached_is_left_to_the_bindings(address: str) -> None:
    assert knocking.why_silent(address, "the schedd") is None
