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


TOLD = {  # HTCondor's own words, by the command that they are about
    "accounting_group": "Submit:-1:Invalid accounting_group: a b",
    "max_retries": "Submit:-1:max_retries=often is invalid, must eval to an integer.",
    "environment": "Submit:-1:Unterminated double-quote. The environment you specified was: '\"a'",
    "concurrency_limits": "Submit:-1:Invalid concurrency limit '!!'",
    "notification": "Submit:-1:Notification must be 'Never', 'Always', 'Complete', 'Start', or 'Error'",
    "universe": "Submit:-1:I don't know about the 'moon' universe.",
    "accounting_group_user": "Submit:-1:Invalid accounting_group_user: a b",
}


@pytest.mark.parametrize("command", TOLD)
def test_whom_a_complaint_of_htcondor_is_about_is_known(command: str) -> None:
    authors = Authors()
    with authors.writing(SITE):
        for name in TOLD:
            authors.note(name)
        authors.note("MY.Group")
    values = {**dict.fromkeys([*TOLD, "MY.Group"], ""), "universe": "moon"}
    assert authors.of_what_is_told(TOLD[command], values) == (command, SITE)


def test_a_complaint_is_about_a_value_where_it_has_no_name_and_about_nobody_who_is_not_meant() -> None:
    authors = Authors()
    authors.note("rank")
    with authors.writing(SITE):
        authors.note("MY.Colour")
        authors.note("priority")
    values = {"MY.Colour": "light blue", "priority": "1", "rank": "Memory"}
    assert authors.of_what_is_told("Nobody knows 'light blue'", values) == ("my.colour", SITE)
    assert authors.of_what_is_told("1 failure: Memory is no rank", values) is None
