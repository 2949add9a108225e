"""What to do about holds."""

from __future__ import annotations

import pytest

from htmap_core.components import ComponentHold
from htmap_core.tracking import holds

REASON = "Transfer input files failure at execution point slot1@wn7 using protocol https. Details: {} ( URL file = https://h/x )"


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("The requested URL returned error: 404", "has no such file"),
        ("The requested URL returned error: 403", "does not accept the keys"),
        ("SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)", "does not trust"),
        ("TLS connect error: wrong version number", "does not trust the server, or it speaks no TLS"),
        ("Could not resolve host: nowhere", "no server of that name"),
        ("Failed to connect to h port 443 after 0 ms: Could not connect to server", "does not answer"),
    ],
)
def test_what_curl_says_is_put_into_what_to_do(said: str, cause: str) -> None:
    advice = holds.advice(ComponentHold(13, REASON.format(said)), "tide")
    assert cause in advice
    assert advice.endswith("Put that right, then `htmap release tide`")


def test_numbers_in_the_url_are_no_answers_of_a_server() -> None:
    reason = "Details: TLS connect error ( URL file = https://127.0.0.1:40404/403 )"
    assert "does not trust the server" in holds.advice(ComponentHold(13, reason), "tide")


@pytest.mark.parametrize(
    ("hold", "advice"),
    [
        (ComponentHold(13, REASON.format("something new")), "What it needs could not be sent"),
        (ComponentHold(13, "No such file: /data/404"), "What it needs could not be sent"),
        (ComponentHold(34, "memory"), "`htmap edit memory tide MB`"),
        (ComponentHold(99, "?"), "`htmap stderr tide N` may tell more"),
    ],
)
def test_other_holds_are_told_by_their_code(hold: ComponentHold, advice: str) -> None:
    assert advice in holds.advice(hold, "tide")


def test_a_reason_has_nothing_of_other_transfer_plugins() -> None:
    noise = "||FILETRANSFER:1:FILETRANSFER: Failed to execute /x/stash_plugin -classad|FILETRANSFER:1:/x/box_plugin.py"
    assert holds.shortened(f"the cause{noise}") == "the cause"
