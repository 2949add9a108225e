from __future__ import annotations

import json
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from htmap_run import formats
from tests.golden_files import Golden

ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TEXTS = st.text(st.characters(exclude_categories=()))  # lone surrogates too: undecodable file names hold them


def written(path: Path, payloads: list[bytes], **index: object) -> list[list[int]]:
    with formats.PackWriter(path) as writer:
        places = [writer.add(payload) for payload in payloads]
        writer.close({"format": formats.FORMAT, **index})
    return places


@ONE_FOLDER
@given(payloads=st.lists(st.binary(max_size=100)), texts=st.dictionaries(TEXTS, TEXTS))
def test_what_is_written_is_read(tmp_path: Path, payloads: list[bytes], texts: dict[str, str]) -> None:
    places = written(tmp_path / "pack", payloads, texts=texts)

    assert formats.read_index(tmp_path / "pack")["texts"] == texts
    with formats.PackReader(tmp_path / "pack") as reader:
        assert reader.index["texts"] == texts
        assert [reader.payload(*place) for place in places] == payloads
    assert [formats.read_payload(tmp_path / "pack", *place) for place in places] == payloads


def test_an_index_longer_than_the_first_read_is_read(tmp_path: Path) -> None:
    written(tmp_path / "pack", [b"payload"], long="x" * 100_000)

    assert formats.read_index(tmp_path / "pack")["long"] == "x" * 100_000
    assert formats.read_payload(tmp_path / "pack", 0, 7) == b"payload"


@ONE_FOLDER
@given(kept=st.integers(0, 10_000))
def test_a_file_cut_off_anywhere_is_called_corrupt(tmp_path: Path, kept: int) -> None:
    written(tmp_path / "pack", [b"payload" * 5], long="x" * 50)
    complete = (tmp_path / "pack").read_bytes()
    (tmp_path / "cut").write_bytes(complete[: kept % len(complete)])

    with pytest.raises(formats.CorruptFile) as caught:
        formats.read_index(tmp_path / "cut")
    assert caught.value.path == str(tmp_path / "cut")


def test_a_file_of_something_else_is_called_corrupt_with_its_path(tmp_path: Path, golden: Golden) -> None:
    (tmp_path / "other").write_bytes(b"PNG and so on, long enough")

    with pytest.raises(formats.CorruptFile) as caught:
        formats.read_index(tmp_path / "other")
    golden("run/a-file-of-something-else-is-called-corrupt", caught.value)

    assert caught.value.path == str(tmp_path / "other")


@pytest.mark.parametrize(
    ("index", "named"),
    [(b"{", "JSON"), (b"\xff\xfe", "JSON"), (b"[1]", "'list'"), (b'{"format": 99}', "99")],
)
def test_an_index_that_cannot_be_understood_is_called_corrupt(tmp_path: Path, index: bytes, named: str) -> None:
    (tmp_path / "pack").write_bytes(index + len(index).to_bytes(8, "big") + formats.MAGIC)

    with pytest.raises(formats.CorruptFile, match=named):
        formats.read_index(tmp_path / "pack")


def test_an_index_longer_than_its_file_is_called_corrupt(tmp_path: Path, golden: Golden) -> None:
    (tmp_path / "pack").write_bytes(b"{}" + (1 << 60).to_bytes(8, "big") + formats.MAGIC)

    with pytest.raises(formats.CorruptFile) as caught:
        formats.read_index(tmp_path / "pack")
    golden("run/an-index-longer-than-its-file-is-called-corrupt", caught.value)


@pytest.mark.parametrize("place", [(0, 8), (-1, 2), (7, 1), (0, -1)])
def test_a_payload_outside_of_the_payloads_is_called_corrupt(
    tmp_path: Path, place: tuple[int, int], golden: Golden
) -> None:
    written(tmp_path / "pack", [b"payload"])

    with pytest.raises(formats.CorruptFile) as caught:
        formats.read_payload(tmp_path / "pack", *place)
    golden("run/a-payload-outside-of-the-payloads", caught.value, hide={re.compile(r"-?\d+ to -?\d+"): "BYTES"})


def test_payloads_are_read_in_any_order(tmp_path: Path) -> None:
    payloads = [bytes([n]) * size for n, size in enumerate([3, 100_000, 7, 0, 70_000, 20_000, 5, 1])]
    with formats.PackWriter(tmp_path / "pack") as writer:
        places = [writer.add(payload) for payload in payloads]
        writer.close({"format": formats.FORMAT})
    with formats.PackReader(tmp_path / "pack") as reader:
        for number in (7, 0, 1, 2, 3, 4, 5, 6, 7, 3, 1, 6, 0, 4):
            assert reader.payload(*places[number]) == payloads[number]


def test_a_missing_file_is_called_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        formats.read_index(tmp_path / "none")


def test_a_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    with formats.PackWriter(tmp_path / "pack") as writer:
        writer.add(b"payload")
        assert not (tmp_path / "pack").exists()
        writer.close({"format": formats.FORMAT})
        assert (tmp_path / "pack").exists()


def test_a_writer_that_is_left_by_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path / "pack", [b"old"])

    def write_half() -> None:
        with formats.PackWriter(tmp_path / "pack") as writer:
            writer.add(b"new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()

    assert [path.name for path in tmp_path.iterdir()] == ["pack"]
    assert formats.read_payload(tmp_path / "pack", 0, 3) == b"old"


def test_an_index_that_is_not_json_leaves_nothing(tmp_path: Path) -> None:
    with formats.PackWriter(tmp_path / "pack") as writer, pytest.raises(TypeError):
        writer.close({"format": object()})

    assert list(tmp_path.iterdir()) == []


def test_a_closed_writer_says_so(tmp_path: Path, golden: Golden) -> None:
    with formats.PackWriter(tmp_path / "pack") as writer:
        writer.close({"format": formats.FORMAT})
        with pytest.raises(ValueError) as caught:
            writer.add(b"late")
        golden("run/a-closed-writer-says-so", caught.value)


def test_the_trailer_is_as_documented(tmp_path: Path) -> None:
    written(tmp_path / "pack", [b"payload"])
    content = (tmp_path / "pack").read_bytes()

    assert content[-8:] == b"HTMAP\x00\x00\x01"
    length = int.from_bytes(content[-16:-8], "big")
    assert json.loads(content[-16 - length : -16]) == {"format": 1}
    assert content[: -16 - length] == b"payload"


def test_the_places_of_inputs_follow_from_their_sizes() -> None:
    places = formats.input_places({"first": 120, "sizes": [3, 0, 5]})

    assert places == {120: [0, 3], 121: [3, 0], 122: [3, 5]}


def test_a_corrupt_file_error_survives_pickling() -> None:
    error = formats.CorruptFile("some/path", "it is cut off")

    again = pickle.loads(pickle.dumps(error))

    assert (again.path, again.problem, str(again)) == (error.path, error.problem, str(error))
