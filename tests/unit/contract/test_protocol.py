"""Transfer protocols."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from htmap_core.contract.protocol import InputFile, TransferProtocol
from tests.golden_files import Golden


def test_a_scheme_is_in_lower_case() -> None:
    assert TransferProtocol("HTTPS").scheme == "https"


@pytest.mark.parametrize(
    "scheme", ["", "1http", "ht tp", "http://", "a=b", "a;b", "a,b", "é", "a\n", "-a", "svn+ssh", "x-y", "x.y"]
)
def test_text_that_is_not_a_scheme_is_refused(scheme: str, golden: Golden) -> None:
    with pytest.raises(ValueError) as caught:
        TransferProtocol(scheme)
    golden("transfer/what-is-no-scheme-is-refused", caught.value, hide={repr(scheme): "SCHEME"})


@pytest.mark.parametrize("scheme", ["s3", "root"])
def test_a_scheme_has_letters_and_digits(scheme: str) -> None:
    assert TransferProtocol(scheme).scheme == scheme


def test_a_protocol_goes_both_ways_and_needs_no_script_unless_it_says_so() -> None:
    protocol = TransferProtocol("http")
    assert (protocol.inputs, protocol.outputs, protocol.script) == (True, True, None)


def test_a_script_may_be_given_as_text() -> None:
    assert TransferProtocol("root", script="/sea/xrdcp_plugin.py").script == Path("/sea/xrdcp_plugin.py")


@pytest.mark.parametrize("what", [{"script": "xrdcp_plugin.py"}, {"options": "key_file"}, {"sender": "send"}])
def test_what_could_not_be_used_is_refused_at_once(what: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        TransferProtocol("root", **what)


# --- input files that sites replace


@pytest.mark.parametrize(
    "url", ["osdf:///chtc/tide.csv", "root://eosuser.cern.ch//eos/a/50%25?x=1", "token+https://sea/~a"]
)
def test_a_file_is_replaced_by_a_url(url: str) -> None:
    file = InputFile(Path("/sea/tide.csv"))
    file.fetch_from(url)
    file.fetch_from(url)
    assert file.url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/sea/a",
        "sea",
        "http://",
        "http://sea/a b",
        "http://sea/a,b",
        "http://sea/a\n",
        "http://sea/$$(a)",
        "http://é",
    ],
)
def test_what_a_list_of_files_cannot_hold_is_refused(url: str) -> None:
    file = InputFile(Path("/sea/tide.csv"))
    with pytest.raises(ValueError):
        file.fetch_from(url)
    assert file.url is None


def test_a_file_that_is_replaced_is_not_replaced_by_another() -> None:
    file = InputFile(Path("/sea/tide.csv"))
    file.fetch_from("osdf:///a")
    with pytest.raises(ValueError):
        file.fetch_from("osdf:///b")


def test_the_contents_of_a_folder_are_not_replaced() -> None:
    with pytest.raises(ValueError):
        InputFile(Path("/sea"), is_folder=True, is_contents=True).fetch_from("osdf:///sea")
