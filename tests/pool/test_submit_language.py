"""What is written for HTCondor arrives as it is: as ``condor_submit`` reads it, in the queue, and as the names of files."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import htmap
from htmap import MapOptions
from htmap.exceptions import InvalidOption, InvalidSetting
from htmap_core import names
from htmap_core.language.literals import is_writable, literal
from htmap_core.language.submit_text import render, why_unusable
from htmap_core.plugins.pools import find_pool

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180
PRINTABLE = [chr(code) for code in range(33, 127) if chr(code) != "/"] + ["é", "漢", "\u3000"]
WORDS = ["$", "(", ")", "DOLLAR", "dollar", "ENV", "Fnx", "[", ":", "_", " ", "é"]
MACROS = [
    "$ENV(HOME)",
    "$(X)",
    "$(DOLLAR)",
    "$(Cluster)",
    "$Fnx(ab.c)",
    "$INT(3)",
    "$$",
    "a$$b",
    "$$(Memory)",
    "$$([1 + 1])",
]
TOGETHER = [
    "".join(words) for length in (1, 2, 3, 4) for words in itertools.product(WORDS, repeat=length) if "$" in words
]


@pytest.fixture
def program(personal_pool: Path) -> Path:
    found = personal_pool / "pool" / "htcondor" / "usr" / "bin" / "condor_submit"
    if not found.exists():
        pytest.skip("the pool has no condor_submit of its own")
    return found


def read_by(program: Path, folder: Path, description: str) -> list[str]:
    """Return the batch name of each job, as ``condor_submit`` understands a description."""
    (folder / "description").write_text(description)
    ads = folder / "ads"
    environment = {**os.environ, "CONDOR_CONFIG": os.fspath(find_pool()[1].address.configuration or "")}
    command = [os.fspath(program), "-dry-run", os.fspath(ads), os.fspath(folder / "description")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    jobs = [text for text in re.split(r"\n\n", ads.read_text()) if "ProcId=" in text]
    found, present = [], ""
    for text in jobs:
        written = re.search(r'^JobBatchName="(.*)"$', text, re.MULTILINE)
        present = written[1] if written else present  # what is as before is not repeated
        found.append(present)
    return found


def queued(texts: Iterable[str], items: Path) -> str:
    items.write_text("".join(f"a{names.ITEM_SEPARATOR}{literal('text', text)}\n" for text in texts))
    commands = {"executable": "/bin/true", "transfer_executable": "false", "JobBatchName": "$(htmap_name)"}
    return render(commands, ["htmap_first", "htmap_name"], items)


def test_condor_submit_reads_every_text_as_it_is(program: Path, tmp_path: Path) -> None:
    texts = [text for text in [*PRINTABLE, *MACROS, *TOGETHER] if is_writable(text) and text == text.strip()]
    texts = [text for text in texts if text not in {'"', "\\"}]  # a quote alone is none; a backslash joins lines
    assert len(texts) > 1000
    assert read_by(program, tmp_path, queued(texts, tmp_path / "items")) == texts


@settings(
    max_examples=3, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=5, max_size=9).map("".join), min_size=300, max_size=300))
def test_condor_submit_reads_longer_texts_as_they_are(program: Path, tmp_path: Path, texts: list[str]) -> None:
    sent = [text for text in texts if is_writable(text) and text == text.strip()]
    assert read_by(program, tmp_path, queued(sent, tmp_path / "items")) == sent


@pytest.mark.parametrize("text", ["$(DOLLAR)", "x$(dollar)", "$( DOLLAR )", "$(DOLLAR:none)", "$$(Memory)", "$$([1])"])
def test_what_cannot_be_written_is_refused(text: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        literal("probe", text)
    assert (caught.value.name, caught.value.value) == ("probe", text)


@pytest.mark.parametrize("place", ["{}a", "a{}", "a{}b"])
def test_items_in_a_folder_of_any_name_are_read_or_the_folder_is_refused(
    place: str, program: Path, tmp_path: Path
) -> None:
    folders = [tmp_path / place.format(text) for text in [*PRINTABLE, " ", *MACROS]]
    refused = {folder.name for folder in folders if why_unusable(folder) is not None}
    for folder in folders:
        if folder.name not in refused:
            folder.mkdir()
            assert read_by(program, tmp_path, queued(["one", "two"], folder / "items")) == ["one", "two"], folder
    bad = {"|", "$(DOLLAR)", "$$(Memory)", "$$([1 + 1])", *({"\\"} if place != "a{}b" else ())}
    bad |= {" "} if place == "a{}" else set()
    assert refused == {place.format(text) for text in bad}


@pytest.mark.parametrize("name", ["a|", "$(DOLLAR)", "\\a", "a\\", "a\\\\b"])
def test_a_folder_of_which_htcondor_cannot_be_told_is_refused_before_anything_is_written(
    name: str, tmp_path: Path, personal_pool: Path
) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "pool").symlink_to(personal_pool / "pool")
    htmap.settings["HTMAP_DIR"] = folder
    try:
        with pytest.raises(InvalidSetting) as caught:
            htmap.map(str, [1])
    finally:
        htmap.settings["HTMAP_DIR"] = personal_pool
    assert (caught.value.name, caught.value.value) == ("HTMAP_DIR", os.fspath(folder))
    assert os.listdir(folder) == ["pool"]


def test_outputs_arrive_at_a_destination_of_any_name_or_it_is_refused(tmp_path: Path) -> None:
    def write(text: str) -> None:
        import htmap

        with open("out", "w") as file:
            file.write(text)
        htmap.transfer_output_files("out")

    folder = tmp_path / "arrived"
    folder.mkdir()
    tried = [place.format(each) for each in [*PRINTABLE, " ", "\t"] for place in ("{}a", "a{}", "a{}b")]
    tried += [*MACROS, "x" * 255, "é" * 127, "x;y;z", "a;;", "$(dollar)"]
    accepted, refused = [], set()
    for name in tried:
        try:
            htmap.plan(write, [""], map_options=MapOptions(output_remaps={"out": folder / name}))
            accepted.append(name)
        except InvalidOption:
            refused.add(name)
    mapped = htmap.map(
        write,
        map(ascii, accepted),
        map_options=MapOptions(output_remaps=[{"out": folder / name} for name in accepted]),
        chunksize=80,
    )
    mapped.wait(TIMEOUT)
    assert {path.name: path.read_text() for path in folder.iterdir()} == {name: ascii(name) for name in accepted}
    outer = {"a ", "a\t", "\ta", "a\tb", "a\u3000", "a\\", "a;", "a;;"}
    assert refused == {*outer, "$(DOLLAR)", "$(dollar)", "$$(Memory)", "$$([1 + 1])"}


@pytest.mark.parametrize("name", ["x" * 256, "é" * 128, "a\ud800b", "a\0b", "y/" * 3000 + "z" * 256])
def test_a_name_that_no_file_can_have_is_refused_everywhere(name: str) -> None:
    for options in (
        {"output_remaps": {"out": f"/tmp/{name}"}},
        {"output_remaps": {name: "/tmp/out"}},
        {"fixed_input_files": [name]},
        {"input_files": [[name]]},
    ):
        with pytest.raises(InvalidOption):
            htmap.plan(str, [1], map_options=MapOptions(**options))
    with pytest.raises(InvalidOption):
        htmap.plan(str, [htmap.TransferPath(name)])


def batch_names(mapped: htmap.Map) -> set[Any]:
    ads = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["JobBatchName"])
    return {ad["JobBatchName"] for ad in ads}


@pytest.mark.parametrize(
    ("tag", "shown"),
    [("$ENV(HOME)", "$ENV(HOME)"), ("$(X)é", "$(X)é"), ("a$$b", "a$$b"), ("$$(Memory)", "__(Memory)"),
     ("$(DOLLAR)", "_(DOLLAR)"), ("'a'b'", "'a'b'"), ("#漢", "#漢"), ("{a}&`b`;c=d,e", "{a}&`b`;c=d,e")],
)  # fmt: skip
def test_a_tag_is_the_name_of_the_batch_also_after_it_has_changed_and_components_run_again(
    tag: str, shown: str
) -> None:
    mapped = htmap.map(str, [1], tag=tag, map_options=MapOptions(hold=True))
    assert batch_names(mapped) == {shown}
    mapped.retag("another")
    mapped.retag(tag)
    assert batch_names(mapped) == {shown}
    mapped.remove()
