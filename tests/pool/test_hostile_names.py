"""Whatever files are called and options say, the job receives what was sent, and nothing else changes."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import htmap
from htmap import MapOptions, TransferPath
from htmap_core.exceptions import InvalidOption
from htmap_core.language.literals import literal
from htmap_core.language.submit_text import option_text
from htmap_core.plugins.pools import find_pool

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("personal_pool")]

TIMEOUT = 180

# Many names and values in each of few examples: a job takes its time.
few = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # to make a failing example smaller would take hours
    suppress_health_check=list(HealthCheck),
)

# What has a meaning somewhere between here and the execute node, mixed with any other text.
FRAGMENTS = st.sampled_from([
    "queue", "\nqueue 2\n", "$(Cluster)", "$(x)", "$(DOLLAR)", "(",
    "$$(Name)", "$ENV(HOME)", "$RANDOM_INTEGER(1,2)", "$", ";", ",", "=", '"', "'",
    "\\", " ", "\t", "\r", "\x1f", "%", "%20", "#", "&", "|", "*", "~", ":", "://", "-", ".", "é", "漢", "\u2028", "\udcff",
])  # fmt: skip
TEXTS = st.lists(
    FRAGMENTS | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=6), max_size=6
).map("".join)
NAMES = TEXTS.map(lambda text: text.replace("/", "")).filter(
    lambda name: name not in {"", ".", ".."} and len(os.fsencode(name)) < 200
)


def folder_with(names: list[str]) -> TransferPath:
    folder = Path(tempfile.mkdtemp())
    for number, name in enumerate(names):
        (folder / name).write_text(str(number))
    return TransferPath(folder)


@few
@given(st.lists(NAMES, min_size=30, max_size=40, unique=True))
def test_files_arrive_under_their_names_with_their_contents(names: list[str]) -> None:
    def look(paths: list[Any], names: list[str]) -> list[tuple[str, str, str]]:
        return [(path.name, path.read_text(), open(name).read()) for path, name in zip(paths, names)]

    folder = folder_with(names)
    try:
        options = MapOptions(
            fixed_input_files=[folder / name for name in names[::2]], input_files=[[folder / name for name in names]]
        )
        looked = htmap.starmap(look, [([folder / name for name in names], names)], map_options=options)
        assert looked.get(0, TIMEOUT) == [(name, str(number), str(number)) for number, name in enumerate(names)]
    finally:
        shutil.rmtree(folder)


@few
@given(NAMES, NAMES)
def test_folders_of_any_name_may_be_above_and_below(outer: str, inner: str) -> None:
    def look(above: Any, below: Any) -> tuple[str, str, str]:
        return above.read_text(), below.name, (below / "file").read_text()

    folder = folder_with([])
    try:
        (folder / outer / inner).mkdir(parents=True)
        (folder / outer / "above").write_text("1")
        (folder / outer / inner / "file").write_text("2")
        looked = htmap.starmap(look, [(folder / outer / "above", folder / outer / inner)])
        assert looked.get(0, TIMEOUT) == ("1", inner, "2")
    finally:
        shutil.rmtree(folder)


def as_string(text: str) -> str:
    """Return *text* as a string of the old ClassAd language, as a submit description holds it."""
    return '"{}"'.format(literal("probe", text.replace('"', '\\"')))


def ads(mapped: htmap.Map, *attributes: str) -> list[dict[str, Any]]:
    found = find_pool()[1].query_jobs(mapped._map_dir.own_jobs, ["ProcId", *attributes])
    return sorted(found, key=lambda ad: ad["ProcId"])


def is_acceptable(text: str) -> bool:
    if '\\"' in text or text.endswith("\\"):  # HTCondor has no way to write these two
        return False
    try:
        option_text("x", as_string(text))
    except InvalidOption:
        return False
    return True


@few
@given(st.lists(TEXTS, min_size=40, max_size=60, unique=True))
def test_values_of_options_are_in_the_job_as_they_were_given_or_refused(texts: list[str]) -> None:
    sent = [text for text in texts if is_acceptable(text)]
    names = [f"Probe{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(len(sent))]
    fixed = {name: as_string(text) for name, text in zip(names, sent)}
    mapped = htmap.map(str, sent, map_options=MapOptions(
        custom_options={**fixed, "Own": map(as_string, sent)}, requirements="false", request_cpus=1,
    ))  # fmt: skip
    found = ads(mapped, "Own", "RequestCpus", *names)
    assert [ad["Own"] for ad in found] == sent
    assert [{name: ad[name] for name in names} for ad in found] == [dict(zip(names, sent))] * len(sent)
    assert {ad["RequestCpus"] for ad in found} == {1}
    mapped.remove()


@pytest.mark.parametrize("text", ["a\nqueue 5", "a\r\nrequirements = true", "a\x1fb", "a\x00", "a\u2028b", "\udcff"])
def test_values_that_would_break_out_of_their_line_are_refused(text: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        MapOptions(custom_options={"Probe": as_string(text)})
    assert "Probe" in caught.value.name
    with pytest.raises(InvalidOption):
        htmap.map(str, [1], map_options=MapOptions(custom_options={"Probe": [as_string(text)]}))
