"""Why an idle job does not run; with HTCondor's own ads, which need no pool."""

from __future__ import annotations

from typing import Any

import classad2
import pytest

from htmap_core.analysis import Verdict, why_idle


def job(**attributes: object) -> Any:
    expressions = {
        "Requirements": '(TARGET.OpSys == "LINUX") && (TARGET.Memory >= RequestMemory)',
        "RequestCpus": "1",
        "RequestMemory": "1024",
        "RequestDisk": "1024",
        **attributes,
    }
    return classad2.ClassAd("[" + "; ".join(f"{name} = {text}" for name, text in expressions.items()) + "]")


def slot(memory: int = 4096, free: int = 4096, start: str = "true", system: str = "LINUX") -> Any:
    return classad2.ClassAd(
        f'[SlotType = "Partitionable"; State = "Unclaimed"; OpSys = "{system}"; Memory = {free}; TotalSlotMemory = {memory};'
        f"Cpus = 4; TotalSlotCpus = 4; Disk = 99999; TotalSlotDisk = 99999.0;"
        f"Start = {start}; Requirements = Start && TARGET.RequestMemory <= MY.Memory]"
    )


def counted(verdict: Verdict) -> dict[str, int]:
    return {clause.text: clause.slots for clause in verdict.clauses}


def test_what_no_slot_satisfies_is_named_and_each_part_is_counted() -> None:
    verdict = why_idle(
        job(Requirements='(TARGET.OpSys == "WINDOWS") && (TARGET.Memory >= 1)'), [slot(), slot(memory=8192)]
    )
    assert verdict.text == 'no slot of 2 satisfies TARGET.OpSys == "WINDOWS"'
    assert counted(verdict)["TARGET.Memory >= 1"] == 2


def test_a_request_that_is_too_large_says_what_the_largest_slot_has() -> None:
    verdict = why_idle(job(RequestMemory="9000"), [slot(), slot(memory=8192)])
    assert verdict.text == "no slot of 2 satisfies request_memory = 8.8 GB (the largest has 8.0 GB)"
    assert verdict.advice == "Ask for less: `htmap edit memory {tag} MB`"


def test_parts_that_no_slot_satisfies_together_are_said_to_be() -> None:
    verdict = why_idle(job(RequestMemory="8000"), [slot(), slot(memory=8192, system="WINDOWS")])
    assert "all that it requires at once" in verdict.text
    assert counted(verdict) == {
        'TARGET.OpSys == "LINUX"': 1,
        "request_cpus = 1": 2,
        "request_memory = 7.8 GB": 1,
        "request_disk = 1.0 MB": 2,
    }


def test_busy_slots_are_told_from_slots_that_never_will() -> None:
    assert (
        why_idle(job(), [slot(free=0)]).text
        == "1 of 1 slots can run it, and all of them are busy now: it waits its turn"
    )
    assert "1 of 2 slots have room for it now" in why_idle(job(), [slot(), slot(free=0)]).text


def test_slots_that_refuse_the_job_are_told_from_those_that_it_refuses() -> None:
    assert "their own policy (START) refuses" in why_idle(job(), [slot(start="false")]).text


@pytest.mark.parametrize("request_", ['"lots"', "lots", "true", "1/0"])
def test_a_request_that_is_no_number_is_named(request_: str) -> None:
    assert "is no number" in why_idle(job(RequestMemory=request_), [slot()]).text


@pytest.mark.parametrize("broken", ["nonsense", '1 + "a" > 2'])
def test_requirements_that_are_undefined_or_an_error_are_satisfied_by_no_slot(broken: str) -> None:
    verdict = why_idle(job(Requirements=broken), [slot()])
    assert verdict.text == f"no slot of 1 satisfies {broken}"


def test_a_pool_without_slots_is_said_to_be_one() -> None:
    assert why_idle(job(), []).text == "the pool has no slots just now"


def test_what_the_negotiator_said_is_told() -> None:
    assert any(
        note.endswith("ago: no match found") for note in why_idle(job(LastRejMatchReason='"no match found"'), []).notes
    )
    assert "the negotiator has not come to it yet" in why_idle(job(), []).notes
