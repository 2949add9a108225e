"""Who has set what in a submit description."""

from __future__ import annotations

import pytest

from htmap_core.contract.authors import HTMAP, OPTIONS, Authors
from htmap_core.contract.submit import SubmitDescription

SITE = Authors.named("site")


@pytest.fixture
def submit() -> SubmitDescription:
    """Return a description that the user, a site and HTMap have written."""
    submit = SubmitDescription()
    submit.set("max_retries", 3)
    with submit.authors.writing(OPTIONS):
        submit.set("requirements", "Cpus > 1 && Memory > 1")
        submit.set("Environment", '"SEA=deep"')
    with submit.authors.writing(SITE):
        submit.require("HasSea")
        submit.set("+Project", '"tides"')
        submit.add_environment("TITLE", "sea")
        submit.add_input_file("/sea/chart")
        submit.add_input_file("/sea/chart")
    return submit


@pytest.mark.parametrize(
    ("command", "authors"),
    [
        ("max_retries", HTMAP),
        ("requirements", f"{OPTIONS}, {SITE}"),
        ("environment", f"{OPTIONS}, {SITE}"),
        ("transfer_input_files", f"{HTMAP}, {SITE}"),
        ("MY.Project", SITE),
        ("log", HTMAP),
    ],
)
def test_a_command_has_all_its_authors(submit: SubmitDescription, command: str, authors: str) -> None:
    assert submit.authors.of_command(command, submit.commands().get(command, "")) == authors
