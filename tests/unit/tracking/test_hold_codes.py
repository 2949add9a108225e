"""The table of hold codes has all that HTCondor has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import htcondor2
import pytest

from htmap_core.components import ComponentHold
from htmap_core.tracking import hold_codes, holds
from htmap_core.tracking.hold_codes import HOLD_CODES, HoldCode
from tests.golden_files import Golden

REFERENCE = Path(__file__).parents[3] / "docs/reference/holds.md"
FIRST_OF_VACATES = 1000  # HTCondor keeps the reasons of vacates in the same list, from here on

# HTCondor's libraries have the names and numbers of an enumeration as text.
ALL = re.compile(rb"Unspecified = 0,UserRequest = 1,[^\0]*")
OF_RESOURCES = re.compile(rb"\0Memory = \d+,[^\0]*")


def libraries() -> Iterator[Path]:
    yield from Path(htcondor2.__file__).parents[1].glob("htcondor.libs/libcondor_utils*")


def listed(library: Path, pattern: re.Pattern[bytes]) -> dict[int, str]:
    """Return the names of an enumeration in a library of HTCondor, by number."""
    found = pattern.search(library.read_bytes())
    assert found is not None, f"{library} has no such list"
    entries = (entry.split(" = ") for entry in found[0].strip(b"\0").decode().rstrip(",").split(","))
    return {int(number): name for name, number in entries}


def compare(library: Path) -> None:
    ours = {each.code: each.name for each in HOLD_CODES}
    theirs = {code: name for code, name in listed(library, ALL).items() if code < FIRST_OF_VACATES}
    assert {code: ours.get(code) for code in theirs} == theirs


def test_it_has_all_codes_of_the_installed_bindings_under_their_names() -> None:
    (library,) = libraries()
    compare(library)


def test_it_has_the_subcodes_for_resources_of_the_installed_bindings() -> None:
    (library,) = libraries()
    ours = {each.subcode for each in HOLD_CODES if each.name == "JobOutOfResources"} - {None}
    assert ours == set(listed(library, OF_RESOURCES)) == {hold_codes.MEMORY, hold_codes.DISK}


@pytest.mark.pool
def test_it_has_all_codes_of_the_installed_daemons(installed_htcondor: Path) -> None:
    found = list((installed_htcondor / "pool" / "htcondor").resolve().rglob("libcondor_utils*.so"))
    assert found
    for library in found:
        compare(library)


def test_each_code_has_a_row_for_all_its_subcodes() -> None:
    pairs = [(each.code, each.subcode) for each in HOLD_CODES]
    assert len(set(pairs)) == len(pairs)
    assert {code for code, subcode in pairs if subcode is None} == {code for code, _ in pairs}


@pytest.mark.parametrize("row", HOLD_CODES, ids=lambda row: f"{row.code}-{row.subcode}")
def test_each_row_makes_a_text(row: HoldCode) -> None:
    hold = ComponentHold(row.code, "why", row.subcode or 0)
    assert row.meaning in holds.explained(hold)
    assert holds.advice(hold, "tide") == row.advice.format(tag="tide")


def test_a_subcode_that_is_not_in_the_table_gets_what_is_known_of_the_code() -> None:
    found = hold_codes.known(21, 4711)
    assert found is not None
    assert (found.code, found.subcode) == (21, None)


def test_a_code_of_a_newer_htcondor_keeps_its_words(golden: Golden) -> None:
    hold = ComponentHold(99, "something new", 3)
    golden("holds/unknown-code", f"{holds.explained(hold)}\n{holds.advice(hold, 'tide')}")


def test_the_reference_has_the_table(golden: Golden) -> None:
    rows = [("code", "HTCondor's name", "what has happened", "does a release help?", "what to do"), ("---",) * 5]
    for each in HOLD_CODES:
        code = str(each.code) if each.subcode is None else f"{each.code}/{each.subcode}"
        rows.append((code, f"`{each.name}`", each.meaning, each.release.value, each.advice.format(tag="TAG")))
    golden.section(REFERENCE, "hold codes", "".join(f"| {' | '.join(row)} |\n" for row in rows))
