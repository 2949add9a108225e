"""Who offers the protocol of a URL, and what a map is told before it is submitted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from htmap_core.contract.options import MapOptions
from htmap_core.contract.pools import PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.exceptions import CannotTransfer, InvalidOption, PoolUnavailable
from htmap_core.submission.files.protocols import Protocols, submit_side_file
from htmap_core.user_warnings import NoSlotTransfers, UnknownWhetherSlotsTransfer
from tests.golden_files import Golden

Offer = Callable[..., None]


class Slots:
    """A pool whose slots have some file transfer plugins."""

    def __init__(self, *methods: str) -> None:
        self._methods = methods

    def count(self, expression: str) -> tuple[int, int]:
        return (7 if expression.split('"')[1] in self._methods else 0), 214


def slots(*methods: str) -> PoolView:
    return cast(PoolView, Slots(*methods))


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "id").write_text("AKIA\n")
    (tmp_path / "secret").write_text("hush\n")
    return {
        "aws_access_key_id_file": str(tmp_path / "id"),
        "aws_secret_access_key_file": str(tmp_path / "secret"),
    }


def test_a_scheme_that_nobody_offers_is_refused_with_the_known_ones(htmap_dir: Path) -> None:
    with pytest.raises(CannotTransfer) as caught:
        Protocols(MapOptions()).fetch("gopher://hole/x")
    assert "'gopher'" in caught.value.reason
    assert {"data,", "https,", "`htmap"} <= set(caught.value.advice.split())


def test_a_scheme_of_a_plugin_of_ours_names_its_distribution(htmap_dir: Path, golden: Golden) -> None:
    program = """
from htmap_core import MapOptions
from htmap_core.submission.files import protocols
try: protocols.Protocols(MapOptions()).send("root://eospublic.cern.ch//eos/x")
except protocols.CannotTransfer as error: print(error)
"""
    alone = {**os.environ, "HTMAP_PLUGINS": ""}
    ran = subprocess.run([sys.executable, "-c", program], env=alone, capture_output=True, text=True, check=True)
    golden("protocols/a-scheme-of-a-plugin-of-ours-names", ran.stdout)


def test_case_does_not_matter_and_paths_need_no_protocol(htmap_dir: Path) -> None:
    protocols = Protocols(MapOptions())
    protocols.fetch("/etc/passwd")
    protocols.fetch("HTTPS://example.org/x")
    assert list(protocols.warnings(slots("https"))) == []


def test_a_token_before_the_scheme_is_no_part_of_it(htmap_dir: Path) -> None:
    protocols = Protocols(MapOptions())
    protocols.fetch("my-token+https://example.org/x")
    assert list(protocols.warnings(slots("https"))) == []


def test_what_is_for_inputs_only_cannot_be_sent_to(htmap_dir: Path, golden: Golden) -> None:
    with pytest.raises(CannotTransfer) as caught:
        Protocols(MapOptions()).send("ftp://example.org/x")
    golden("protocols/what-is-for-inputs-only-cannot-be-sent", caught.value)


def test_a_scheme_that_no_slot_has_is_doubtful_with_numbers(htmap_dir: Path) -> None:
    protocols = Protocols(MapOptions())
    protocols.fetch("osdf:///a")
    assert protocols.send("https://example.org/x") == "https://example.org/x"
    doubts = list(protocols.warnings(slots("https")))
    assert [(type(doubt), doubt.args) for doubt in doubts] == [(NoSlotTransfers, ("osdf", 214))]


def test_a_collector_that_does_not_answer_leaves_a_doubt(htmap_dir: Path) -> None:
    def count(_: str) -> tuple[int, int]:
        raise PoolUnavailable("machine", "no answer")

    protocols, pool = Protocols(MapOptions()), cast(PoolView, SimpleNamespace(count=count))
    protocols.fetch("https://example.org/x")
    (doubt,) = protocols.warnings(pool)
    assert isinstance(doubt, UnknownWhetherSlotsTransfer)
    assert doubt.scheme == "https"
    assert doubt.reason


def test_jobs_run_where_their_outputs_can_be_sent_from(htmap_dir: Path) -> None:
    protocols, submit = Protocols(MapOptions()), SubmitDescription()
    protocols.fetch("http://example.org/x")
    protocols.send("davs://example.org/x")
    protocols.describe(submit)
    assert submit.requirements == 'stringListIMember("davs", TARGET.HasFileTransferPluginMethods)'


@pytest.mark.parametrize("act", [Protocols.fetch, Protocols.send])
def test_buckets_need_keys(htmap_dir: Path, act: Offer) -> None:
    with pytest.raises(CannotTransfer) as caught:
        act(Protocols(MapOptions(request_cpus=2)), "s3://s3.example.org/bucket/x")
    assert all(name in caught.value.advice for name in ("aws_access_key_id_file", "aws_secret_access_key_file"))


def test_an_output_to_a_bucket_is_signed_here_and_sent_by_https(htmap_dir: Path, keys: dict[str, Any]) -> None:
    protocols, submit = Protocols(MapOptions(**keys)), SubmitDescription()
    url = protocols.send("s3://s3.example.org/bucket/x")
    protocols.describe(submit)
    assert url.startswith("https://s3.example.org/bucket/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F")
    assert "hush" not in url
    assert "https" in (submit.requirements or "")
    assert list(protocols.warnings(slots("https"))) == []


def test_a_url_that_names_no_object_is_refused(htmap_dir: Path, keys: dict[str, Any], golden: Golden) -> None:
    with pytest.raises(CannotTransfer) as caught:
        Protocols(MapOptions(**keys)).send("s3://s3.example.org/bucket")
    assert caught.value.url == "s3://s3.example.org/bucket"
    golden("protocols/a-url-that-names-no-object-is-refused", caught.value)


def test_keys_that_cannot_be_read_are_named(htmap_dir: Path, keys: dict[str, Any]) -> None:
    options = MapOptions(**{**keys, "aws_secret_access_key_file": "/nowhere/key"})
    with pytest.raises(InvalidOption) as caught:
        Protocols(options).send("s3://s3.example.org/bucket/x")
    assert (caught.value.name, caught.value.value) == ("aws_secret_access_key_file", "/nowhere/key")
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_keys_are_the_same_for_all_components(htmap_dir: Path, keys: dict[str, Any]) -> None:
    options = MapOptions(**{**keys, "aws_access_key_id_file": ["a", "b"]})
    with pytest.raises(InvalidOption) as caught:
        Protocols(options).send("s3://s3.example.org/bucket/x")
    assert caught.value.name == "aws_access_key_id_file"


def test_a_key_file_is_found_from_here_and_not_from_the_map(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert submit_side_file("aws_access_key_id_file", "key") == str(tmp_path / "key")
    assert submit_side_file("request_memory", "1GB") == "1GB"
