"""What executors with a tag keep: by what their calls are found again, and who has one open."""

from __future__ import annotations

import contextlib
import itertools
import json
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from htmap_core import names
from htmap_core.contract.pools import PoolAddress
from htmap_core.exceptions import CorruptMap, ExecutorInUse, MadeByNewerHTMap
from htmap_core.files.holders import this_process
from htmap_core.files.locks import locked
from htmap_core.files.ownership import make_folder
from htmap_core.files.sealed import seal
from htmap_core.storage.creation import Creation
from htmap_core.storage.executors import opened
from htmap_core.storage.executors.keys import CallKey
from htmap_core.storage.executors.known_calls import KnownCalls
from htmap_core.storage.executors.opened import OpenTag, clear_left, kept_closed
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.record import MapRecord
from htmap_core.storage.root import make_htmap_dir
from htmap_core.submission.submit import submit_growth, submit_map
from htmap_core.testing import eventually

SINE, COSINE, RANDOM = (letter * 32 for letter in "abc")
COMMANDS = {"universe": "vanilla"}


def queue(cluster: int) -> Any:
    return SimpleNamespace(submit=lambda _: SimpleNamespace(cluster=cluster), remove=lambda *_: None)


def made(*keys: CallKey) -> MapDir:
    """Have an executor's map of calls."""
    with Creation("study", sizes=itertools.repeat(1)) as creation:
        for key in keys:
            creation.add_input(b"call", key=key)
        creation.finish()
        pool = PoolAddress("personal", configuration=creation.map_dir.root / "condor_config")
        record = MapRecord(len(keys), 1, "assume", pool, {}, {}, created=1.5, executor=True)
        submit_map(creation, record, COMMANDS, queue(17))
    return MapDir(creation.map_dir.path)


def grown(map_dir: MapDir, *keys: CallKey | None) -> None:
    """Add calls to it."""
    map_dir.refresh()
    first = map_dir.placement.components
    with Growth(map_dir, "study", first) as growth:
        for key in keys:
            growth.add_input(b"call", key=key)
        growth.finish()
        submit_growth(growth, Added(first, growth.runs, {}), COMMANDS, queue(18))
    map_dir.refresh()


def known(map_dir: MapDir) -> KnownCalls:
    fresh = MapDir(map_dir.path)
    fresh.refresh()
    return KnownCalls.of(fresh)


def taken(calls: KnownCalls, text: str) -> int | None:
    return calls.take(bytes.fromhex(text))


class TestCallsAreFoundByTheirKeys:
    def test_the_nth_equal_call_is_the_nth_that_was_stored(self, htmap_dir: Path) -> None:
        map_dir = made(CallKey(RANDOM), CallKey(SINE), CallKey(RANDOM))
        grown(map_dir, CallKey(RANDOM), CallKey(COSINE))
        calls = known(map_dir)
        assert len(calls) == 5
        assert [taken(calls, RANDOM) for _ in range(4)] == [0, 2, 3, None]
        assert (taken(calls, COSINE), taken(calls, SINE), taken(calls, SINE)) == (4, 1, None)
        assert len(calls) == 0

    def test_one_that_is_put_back_is_the_next(self, htmap_dir: Path) -> None:
        calls = known(made(CallKey(RANDOM), CallKey(RANDOM), CallKey(SINE)))
        assert taken(calls, RANDOM) == 0
        calls.put_back(bytes.fromhex(RANDOM), 0)
        assert [taken(calls, RANDOM) for _ in range(3)] == [0, 1, None]

    def test_what_equals_nothing_is_not_found(self, htmap_dir: Path) -> None:
        calls = known(made(CallKey(None), CallKey(SINE)))
        assert len(calls) == 1
        assert taken(calls, SINE) == 1

    def test_a_call_that_takes_the_place_of_another_is_found_for_it(self, htmap_dir: Path) -> None:
        map_dir = made(CallKey(SINE), CallKey(SINE))
        grown(map_dir, CallKey(SINE, instead_of=0))
        grown(map_dir, CallKey(SINE, instead_of=2), CallKey(COSINE))
        calls = known(map_dir)
        assert {taken(calls, SINE) for _ in range(2)} == {1, 3}
        assert (taken(calls, SINE), taken(calls, COSINE)) == (None, 4)

    def test_what_came_into_the_map_without_keys_is_passed_over(self, htmap_dir: Path) -> None:
        map_dir = made(CallKey(SINE))
        grown(map_dir, None, None)
        grown(map_dir, CallKey(COSINE))
        calls = known(map_dir)
        assert (taken(calls, SINE), taken(calls, COSINE), len(calls)) == (0, 3, 0)

    def test_keys_do_not_travel(self, htmap_dir: Path) -> None:
        map_dir = made(CallKey(SINE))
        blocks = [path for path in (map_dir.path / names.INPUTS).rglob("*") if path.is_file()]
        assert blocks
        assert not any(SINE.encode() in path.read_bytes() for path in blocks)


class TestDamagedKeys:
    @pytest.mark.parametrize(
        "content",
        [
            {"keys": ["zz" * 16]},
            {"keys": ["ab"]},
            {"keys": [7]},
            {"keys": []},
            {"keys": {SINE: 0}},
            {"keys": [SINE], "instead": {"0": 0}},
            {"keys": [SINE], "instead": {"1": 0}},
            {"keys": [SINE], "instead": {"x": 0}},
            {"keys": [SINE], "instead": {"0": "0"}},
        ],
    )
    def test_they_are_told_with_the_file(self, htmap_dir: Path, content: dict[str, Any]) -> None:
        map_dir = made(CallKey(SINE))
        (map_dir.path / names.KEYS).write_text(seal(content))
        for find in (known, MapDir.check):
            with pytest.raises(CorruptMap) as caught:
                find(map_dir)
            assert caught.value.path == map_dir.path / names.KEYS

    def test_a_flipped_bit_is_noticed(self, htmap_dir: Path) -> None:
        map_dir = made(CallKey(SINE))
        path = map_dir.path / names.KEYS
        path.write_text(path.read_text().replace("a", "b", 1))
        with pytest.raises(CorruptMap):
            known(map_dir)

    def test_without_the_file_the_calls_are_not_found(self, htmap_dir: Path) -> None:
        map_dir = made(CallKey(SINE))
        (map_dir.path / names.KEYS).unlink()
        assert len(known(map_dir)) == 0

    def test_those_of_a_newer_version_are_left_to_it(self, htmap_dir: Path) -> None:
        map_dir = made(CallKey(SINE))
        (map_dir.path / names.KEYS).write_text(seal({"needs": 99, "of": "tomorrow"}))
        with pytest.raises(MadeByNewerHTMap):
            known(map_dir)


def test_a_map_says_that_it_is_an_executors(htmap_dir: Path) -> None:
    map_dir = made(CallKey(SINE))
    assert map_dir.record.executor
    assert json.loads((map_dir.path / names.MAP).read_text())["executor"] is True


def _hold(root: Path, told: Any) -> None:
    held = OpenTag(root, "study")
    told.send(os.getpid())
    signal.pause()
    held.close()


def _live_on(root: Path, told: Any) -> None:
    """Hold a tag in this process, and fork one that lives on."""
    held = OpenTag(root, "study")
    child = os.fork()
    if not child:
        signal.pause()
    told.send(child)
    signal.pause()
    held.close()


def _started(deed: Any, root: Path) -> tuple[Any, int]:
    """Start a process that holds a tag, and return it with what it tells."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=deed, args=(root, theirs), daemon=True)
    process.start()
    assert ours.poll(180)
    return process, ours.recv()


class TestAnOpenExecutor:
    @pytest.fixture
    def root(self, htmap_dir: Path) -> Path:
        return make_htmap_dir()

    def test_one_process_may_have_several_and_lets_the_tag_go_with_the_last(self, root: Path) -> None:
        first, second = OpenTag(root, "study"), OpenTag(root, "study")
        first.close()
        first.close()
        assert not _is_free(root)
        second.close()
        assert list((root / names.EXECUTORS).iterdir()) == []
        assert _is_free(root)

    def test_that_of_another_process_holds_until_it_is_killed(self, root: Path) -> None:
        process, pid = _started(_hold, root)
        with pytest.raises(ExecutorInUse) as caught:
            OpenTag(root, "study")
        assert (caught.value.tag, caught.value.pid) == ("study", pid)
        process.kill()
        process.join(180)
        OpenTag(root, "study").close()

    def test_what_a_killed_process_had_forked_does_not_hold_it(self, root: Path) -> None:
        process, child = _started(_live_on, root)
        try:
            with pytest.raises(ExecutorInUse):
                OpenTag(root, "study")
            process.kill()
            eventually(
                lambda: process.exitcode is not None, says="it has ended"
            )  # a join would wait for the child, too
            os.kill(child, 0)
            OpenTag(root, "study").close()
        finally:
            os.kill(child, signal.SIGKILL)

    def test_the_end_of_a_forked_process_does_not_let_it_go(self, root: Path) -> None:
        held = OpenTag(root, "study")
        child = os.fork()
        if not child:
            held.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert not _is_free(root)
        held.close()

    def test_a_forked_process_is_another_one(self, root: Path) -> None:
        held = OpenTag(root, "study")
        child = os.fork()
        if not child:
            try:
                OpenTag(root, "study")
            except ExecutorInUse as error:
                os._exit(0 if error.pid == os.getppid() else 1)
            os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        held.close()

    def test_what_a_killed_process_has_left_is_deleted_and_no_more(self, root: Path) -> None:
        process, _ = _started(_hold, root)
        own = OpenTag(root, "own")
        clear_left(root)
        assert {each.name for each in (root / names.EXECUTORS).iterdir()} == {"study", "own"}
        process.kill()
        process.join(180)
        (root / names.EXECUTORS / "broken").write_text("not what it should be")
        (root / names.EXECUTORS / "folder").mkdir()
        clear_left(root)
        assert {each.name for each in (root / names.EXECUTORS).iterdir()} == {"own", "folder"}
        own.close()

    def test_one_on_another_host_counts_for_a_day(self, root: Path) -> None:
        make_folder(root / names.EXECUTORS)
        holder = {**attrs.asdict(this_process()), "boot": "another", "host": "elsewhere"}
        for name, age in (("young", 3600), ("old", 2 * 24 * 3600)):
            text = seal({"holder": holder, "at": time.time() - age})
            (root / names.EXECUTORS / name).write_text(text)
        clear_left(root)
        assert [each.name for each in (root / names.EXECUTORS).iterdir()] == ["young"]

    def test_none_is_opened_while_it_is_kept_closed(self, root: Path) -> None:
        with kept_closed(root, "study", "thesis", "study"):
            for tag in ("study", "thesis"):
                with pytest.raises(ExecutorInUse):
                    OpenTag(root, tag)
        OpenTag(root, "study").close()
        assert list((root / names.EXECUTORS).iterdir()) == []

    def test_who_opens_one_waits_for_whoever_only_looks_whether_it_was_left(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(opened, "_PAUSES", (0.02,) * 5000)
        process, _ = _started(_hold, root)
        process.kill()
        process.join(180)
        with contextlib.ExitStack() as stack:
            stack.enter_context(locked(root / names.EXECUTORS / "study"))
            timer = threading.Timer(0.05, stack.close)
            timer.start()
            OpenTag(root, "study").close()
            timer.join()

    def test_who_has_not_yet_written_his_name_holds_it_all_the_same(self, root: Path) -> None:
        process, _ = _started(_hold, root)
        (root / names.EXECUTORS / "study").write_text("")
        with pytest.raises(ExecutorInUse) as caught:
            OpenTag(root, "study")
        assert caught.value.pid is None
        process.kill()


def _is_free(root: Path) -> bool:
    """Return whether another process could open the executor now."""
    try:
        with locked(root / names.EXECUTORS / "study", wait=False, create=False):
            return True
    except FileNotFoundError:
        return True
    except BlockingIOError:
        return False
