from __future__ import annotations

import contextlib
import os
import pickle
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from htmap_run import frames
from tests.golden_files import Golden
from tests.returned import put_in_place_of

ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TEXTS = st.text(st.characters(exclude_categories=()))  # lone surrogates too: undecodable file names hold them

PIECES = [("first", b"one"), ("second", b""), ("third", bytes(range(256)) * 400), ("fourth", b"two")]


def written(path: Path, index: bool = False) -> bytes:
    """Write a file with a frame for each of the pieces, and return its content."""
    path.unlink(missing_ok=True)
    with frames.Writer(path) as writer:
        for component, (text, payload) in enumerate(PIECES):
            writer.add(frames.RESULT, component, {"text": text}, payload)
        if index:
            found = frames.Reader(path).frames
            writer.add_index(found, len(found))
    return path.read_bytes()


def read(path: Path) -> dict[int, tuple[str, bytes]]:
    """Return the pieces that can be read; those that cannot are corrupt."""
    found = {}
    try:
        reader = frames.Reader(path)
    except frames.CorruptFile:
        return {}
    for frame in reader.frames:
        with contextlib.suppress(frames.CorruptFile):
            found[frame.component] = reader.record(frame)["text"], reader.payload(frame)
        if frame.component not in found:
            with pytest.raises(frames.CorruptFile):
                list(reader.pieces(frame)), reader.record(frame)
    return found


@ONE_FOLDER
@given(pieces=st.lists(st.tuples(st.binary(max_size=100), st.dictionaries(TEXTS, TEXTS))), index=st.booleans())
def test_what_is_written_is_read(tmp_path: Path, pieces: list[tuple[bytes, dict[str, str]]], index: bool) -> None:
    path = tmp_path / "frames"
    path.unlink(missing_ok=True)
    with frames.Writer(path) as writer:
        for number, (payload, record) in enumerate(pieces):
            writer.add(frames.INPUT, number, record, payload)
        if index:
            found = frames.Reader(path).frames
            writer.add_index(found, len(found))

    reader = frames.Reader(path)

    assert [(frame.kind, frame.component) for frame in reader.frames] == [
        (b"I", number) for number in range(len(pieces))
    ]
    assert [(reader.payload(frame), reader.record(frame)) for frame in reader.frames] == pieces
    assert [b"".join(reader.pieces(frame)) for frame in reader.frames] == [payload for payload, _ in pieces]


@pytest.mark.parametrize("index", [False, True])
def test_a_file_that_is_cut_off_anywhere_is_good_up_to_there(tmp_path: Path, index: bool) -> None:
    complete, path = written(tmp_path / "frames", index), tmp_path / "frames"
    ends = [frame.end for frame in frames.Reader(path).frames]

    for kept in {*range(0, len(complete), 997), *range(ends[-1] - 5, len(complete)), *ends}:
        path.write_bytes(complete[:kept])
        assert read(path) == {n: piece for n, piece in enumerate(PIECES) if ends[n] <= kept}


@pytest.mark.parametrize("index", [False, True])
def test_a_flipped_bit_is_noticed_where_it_is_and_nowhere_else(tmp_path: Path, index: bool) -> None:
    complete, path = written(tmp_path / "frames", index), tmp_path / "frames"
    reader = frames.Reader(path)
    ends = [frame.end for frame in reader.frames]
    heads = {at for frame in reader.frames for at in range(frame.offset, frame.payload_at)}
    at_end = range(reader.end, len(complete))
    payloads = random.Random(7).sample(sorted(set(range(len(complete))) - heads - set(at_end)), 400)

    for at in [*heads, *at_end, *payloads]:
        damaged = bytearray(complete)
        damaged[at] ^= 1 << (at % 8)
        path.write_bytes(damaged)
        found = read(path)
        assert all(found[n] == PIECES[n] for n in found)
        before = sum(end <= at for end in ends)
        assert len(found) >= (3 if index or at in payloads else before), f"byte {at}"
        assert len(found) < len(PIECES) or at in at_end


def test_a_file_of_something_else_is_called_corrupt_with_its_path(tmp_path: Path, golden: Golden) -> None:
    (tmp_path / "other").write_bytes(b"PNG and so on, long enough for a header")

    with pytest.raises(frames.CorruptFile) as caught:
        frames.Reader(tmp_path / "other")

    golden("run/a-file-of-something-else-is-called-corrupt", caught.value)
    assert caught.value.path == str(tmp_path / "other")


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_is_called_corrupt(tmp_path: Path, kind: str) -> None:
    written(tmp_path / "elsewhere")
    path = tmp_path / kind
    put_in_place_of(path, kind)

    with pytest.raises(frames.CorruptFile):
        frames.Reader(path)


def test_a_missing_file_is_called_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        frames.Reader(tmp_path / "none")


def test_an_empty_file_has_no_frames(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert frames.Reader(tmp_path / "empty").frames == []


def test_a_file_with_another_frame_is_not_taken_for_one_with_a_single_one(tmp_path: Path) -> None:
    written(tmp_path / "frames")
    with pytest.raises(frames.CorruptFile):
        frames.Reader(tmp_path / "frames").only(frames.FUNCTION)


def test_frames_that_another_process_has_added_are_read_from_where_one_stopped(tmp_path: Path) -> None:
    with frames.Writer(tmp_path / "frames") as writer:
        writer.add(frames.RESULT, 0)
        end = frames.Reader(writer.descriptor).end
        child = os.fork()
        if child == 0:
            writer.add(frames.RESULT, 1, payload=b"child")
            os._exit(0)
        os.waitpid(child, 0)
        writer.add(frames.RESULT, 2)
        reader = frames.Reader(writer.descriptor, end)

    assert [frame.component for frame in reader.frames] == [1, 2]


def test_a_part_of_another_file_can_be_a_payload(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"x" * 10 + b"y" * 3_000_000 + b"z")
    with (tmp_path / "other").open("rb") as other, frames.Writer(tmp_path / "frames") as writer:
        writer.add_from(frames.STDOUT, 3, other.fileno(), 10, 3_000_010)

    reader = frames.Reader(tmp_path / "frames")
    assert reader.payload(reader.frames[0]) == b"".join(reader.pieces(reader.frames[0])) == b"y" * 3_000_000


FULL_DISK = """
import os, resource, sys
sys.path.insert(0, sys.argv[1])
from htmap_run import frames
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
source = os.open(sys.argv[2] + "-source", os.O_RDWR | os.O_CREAT)
os.ftruncate(source, 290_000)
with frames.Writer(sys.argv[2]) as writer:
    writer.add(frames.RESULT, 0, payload=b"whole")
    for write in (
        lambda: writer.add(frames.RESULT, 1, payload=b"x" * 299_000),
        lambda: writer.add(frames.RESULT, 1, payload=b"x" * 299_950),
        lambda: writer.add(frames.RESULT, 1, payload=b"x" * 400_000) ,
        lambda: [writer.add_from(frames.STDOUT, 1, source, 0, 290_000) for _ in range(2)],
    ):
        try:
            write()
        except OSError as error:
            print(error.errno)
    writer.add(frames.RESULT, 2, payload=b"also whole")
"""


def test_nothing_is_left_of_a_frame_for_which_the_disk_has_no_room(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(Path(frames.__file__).parents[2]), str(tmp_path / "frames")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    reader = frames.Reader(tmp_path / "frames")
    whole = {frame.component: reader.payload(frame) for frame in reader.frames}
    assert (whole[0], whole[2]) == (b"whole", b"also whole")
    assert len(done.stdout.split()) == 3
    assert (tmp_path / "frames").stat().st_size == reader.end


def test_threads_that_share_a_reader_get_what_they_ask_for(tmp_path: Path) -> None:
    payloads = {number: bytes([number]) * (number * 3_001) for number in range(60)}
    with frames.Writer(tmp_path / "frames") as writer:
        for number, payload in payloads.items():
            writer.add(frames.RESULT, number, payload=payload)
    reader, wrong = frames.Reader(tmp_path / "frames"), []

    def read_many(seed: int) -> None:
        chosen = random.Random(seed)
        for _ in range(2_000):
            frame = reader.frames[chosen.randrange(60)]
            if reader.payload(frame) != payloads[frame.component]:
                wrong.append(frame)

    threads = [threading.Thread(target=read_many, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_reader_that_nobody_has_any_more_closes_its_file(tmp_path: Path) -> None:
    written(tmp_path / "frames")
    before = set(os.listdir("/proc/self/fd"))
    reader = frames.Reader(tmp_path / "frames")
    del reader
    assert set(os.listdir("/proc/self/fd")) == before


def test_memory_does_not_hold_a_large_payload_twice(tmp_path: Path) -> None:
    with frames.Writer(tmp_path / "frames") as writer:
        writer.add(frames.RESULT, 0, payload=bytes(200_000_000))
    program = (
        f"import sys; sys.path.insert(0, {str(Path(frames.__file__).parents[2])!r})\n"
        f"from htmap_run import frames; reader = frames.Reader({str(tmp_path / 'frames')!r})\n"
        "reader.payload(reader.frames[0]); print([each.split()[1] for each in open('/proc/self/status') if 'VmHWM' in each][0])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300_000  # KiB


def test_the_file_is_as_documented(tmp_path: Path) -> None:
    with frames.Writer(tmp_path / "frames") as writer:
        writer.add(frames.RESULT, 5, {"a": 1}, b"payload")
    content = (tmp_path / "frames").read_bytes()

    assert content[:4] == b"\x93hR\x01"
    assert [int.from_bytes(content[begin:end], "little") for begin, end in ((4, 8), (8, 16), (16, 24))] == [7, 5, 7]
    assert (content[24:31], content[35:42], len(content)) == (b'{"a":1}', b"payload", 46)


def test_a_corrupt_file_error_survives_pickling() -> None:
    error = frames.CorruptFile("some/path", "it is cut off")

    again = pickle.loads(pickle.dumps(error))

    assert (again.path, again.problem, str(again)) == (error.path, error.problem, str(error))
