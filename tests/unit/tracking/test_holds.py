"""What to do about holds."""

from __future__ import annotations

import pytest

from htmap_core.components import ComponentHold
from htmap_core.tracking import holds
from tests.golden_files import Golden

REASON = "Transfer input files failure at execution point slot1@wn7 using protocol https. Details: {} ( URL file = https://h/x )"


SAID = [
    "The requested URL returned error: 404",
    "The requested URL returned error: 403",
    "SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)",
    "TLS connect error: wrong version number",
    "Could not resolve host: nowhere",
    "Failed to connect to h port 443 after 0 ms: Could not connect to server",
]


def test_what_curl_says_is_put_into_what_to_do(golden: Golden) -> None:
    advice = [holds.advice(ComponentHold(13, REASON.format(said)), "tide") for said in SAID]
    assert all("`htmap release tide`" in each for each in advice)
    golden("holds/what-curl-says", "\n".join(f"{said}\n  {each}" for said, each in zip(SAID, advice)))


# As dockerd and Apptainer say it.
OF_IMAGES = [
    (
        35,
        0,
        'Cannot pull image h/i:1 Error response from daemon: Get "https://h/v2/": dial tcp: lookup h: no such host',
    ),
    (
        35,
        0,
        'Cannot pull image h/i:1 Error response from daemon: Head "http://h/v2/i/manifests/1": no basic auth credentials',
    ),
    (35, 0, "Cannot pull image i:1 Error response from daemon: pull access denied for i, repository does not exist"),
    (
        35,
        0,
        "Cannot pull image i:9 Error response from daemon: manifest for i:9 not found: manifest unknown: manifest unknown",
    ),
    (35, 0, "Cannot pull image I:latest invalid reference format: repository name must be lowercase"),
    (35, 0, "Cannot pull image i:1 no matching manifest for linux/amd64 in the manifest list entries"),
    (3, 7102, "could not open image /nowhere/i.sif: lstat /nowhere: no such file or directory"),
    (3, 7102, "could not open image /execute/dir_302/scratch/i.sif: image format not recognized"),
    (3, 7102, "something new"),
    (35, 0, "something new"),
]


def test_what_is_said_of_an_image_is_put_into_what_to_do(golden: Golden) -> None:
    said = [(reason, holds.advice(ComponentHold(code, reason, subcode), "tide")) for code, subcode, reason in OF_IMAGES]
    assert all("`htmap release tide`" in advice for _, advice in said)
    golden("holds/what-is-said-of-an-image", "\n".join(f"{reason}\n  {advice}" for reason, advice in said))


def test_numbers_in_the_url_are_no_answers_of_a_server() -> None:
    reason = "Details: TLS connect error ( URL file = https://127.0.0.1:40404/403 )"
    answer = holds.advice(ComponentHold(13, REASON.format("TLS connect error")), "tide")
    assert holds.advice(ComponentHold(13, reason), "tide") == answer


@pytest.mark.parametrize(
    ("hold", "name"),
    [
        (ComponentHold(13, REASON.format("something new")), "transfer"),
        (ComponentHold(13, "No such file: /data/404"), "transfer"),
        (ComponentHold(34, "memory"), "memory"),
        (ComponentHold(99, "?"), "other"),
    ],
)
def test_other_holds_are_told_by_their_code(hold: ComponentHold, name: str, golden: Golden) -> None:
    golden(f"holds/advice-{name}", holds.advice(hold, "tide"))


def test_a_reason_has_nothing_of_other_transfer_plugins() -> None:
    noise = "||FILETRANSFER:1:FILETRANSFER: Failed to execute /x/stash_plugin -classad|FILETRANSFER:1:/x/box_plugin.py"
    assert holds.in_our_words(f"the cause{noise}") == "the cause"


OF_25 = (
    "Transfer output files failure at execution point slot1_2@wn7 while sending files to access point ap. Details: {}"
)
OF_23 = "Error from slot1_2@wn7: STARTER at 10.0.0.7 failed to send file(s) to <10.0.0.1:9618>: {}; SHADOW failed to receive"


@pytest.mark.parametrize("said", [OF_25, OF_23])
def test_a_folder_that_users_do_not_know_explains_nothing(said: str, golden: Golden) -> None:
    reason = said.format("reading from file /e/dir_1/scratch/_htmap_return: (errno 2) No such file or directory")
    golden("holds/nothing-came-back", holds.in_our_words(reason))


def test_a_folder_that_cannot_be_stored_is_still_named() -> None:
    reason = "Details: writing to file /maps/1/outputs/_htmap_return/x: (errno 28) No space left on device"
    assert holds.in_our_words(reason) == reason
