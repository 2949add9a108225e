"""Why an idle job does not run; with HTCondor's own ads, which need no pool."""

from __future__ import annotations

import re
from typing import Any

import classad2
import pytest

from htmap_core.condor.matchmaking import IdleJob, Slots
from htmap_core.diagnosis.fair_share import InFront, Priority, Rejection, Share, Standing
from htmap_core.diagnosis.idle import Claims, Verdict, why_idle
from htmap_core.diagnosis.starts import Starts
from tests.golden_files import Golden


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


UNKNOWN = Standing()


def why(ad: Any, slots: list[Any], standing: Standing = UNKNOWN) -> Verdict:
    return why_idle("tide", IdleJob(ad), Slots(slots), standing)


def counted(verdict: Verdict) -> dict[str, int]:
    return {clause.text: clause.slots for clause in verdict.clauses}


def test_what_no_slot_satisfies_is_named_and_each_part_is_counted(golden: Golden) -> None:
    verdict = why(job(Requirements='(TARGET.OpSys == "WINDOWS") && (TARGET.Memory >= 1)'), [slot(), slot(memory=8192)])
    golden("idle/what-no-slot-satisfies-is-named-and-each-part", verdict.text)
    assert counted(verdict)["TARGET.Memory >= 1"] == 2


def test_a_request_that_is_too_large_says_what_the_largest_slot_has(golden: Golden) -> None:
    verdict = why(job(RequestMemory="9000"), [slot(), slot(memory=8192)])
    golden("idle/a-request-that-is-too-large-says-what-the-largest-1", verdict.text)
    golden("idle/a-request-that-is-too-large-says-what-the-largest-2", verdict.advice)


def test_parts_that_no_slot_satisfies_together_are_said_to_be(golden: Golden) -> None:
    verdict = why(job(RequestMemory="8000"), [slot(), slot(memory=8192, system="WINDOWS")])
    golden("idle/parts-that-no-slot-satisfies-together-are-said", verdict.text)
    assert counted(verdict) == {
        'TARGET.OpSys == "LINUX"': 1,
        "request_cpus = 1": 2,
        "request_memory = 7.8 GB": 1,
        "request_disk = 1.0 MB": 2,
    }


def test_slots_of_another_architecture_alone_are_counted_with_what_lets_jobs_go_there(golden: Golden) -> None:
    arm = slot()
    arm["Arch"] = "aarch64"
    verdict = why(job(Requirements='(TARGET.Arch == "X86_64") && (TARGET.OpSys == "LINUX")'), [arm, slot()])
    golden("idle/slots-of-another-architecture", f"{verdict.text}\n{verdict.advice}")
    assert counted(verdict)['TARGET.Arch == "X86_64"'] == 0


def test_busy_slots_are_told_from_slots_that_never_will(golden: Golden) -> None:
    golden("idle/busy-slots-are-told-from-slots-that-never-will-1", why(job(), [slot(free=0)]).text)
    golden("idle/busy-slots-are-told-from-slots-that-never-will-2", why(job(), [slot(), slot(free=0)]).text)


def test_slots_that_refuse_the_job_are_told_from_those_that_it_refuses(golden: Golden) -> None:
    golden("idle/slots-that-refuse-the-job-are-told-from-those", why(job(), [slot(start="false")]).text)


@pytest.mark.parametrize("request_", ['"lots"', "lots", "true", "1/0"])
def test_a_request_that_is_not_a_number_is_named(request_: str, golden: Golden) -> None:
    verdict = why(job(RequestMemory=request_), [slot()])
    golden("idle/a-request-that-is-no-number-is-named", verdict.text, hide={re.compile("(?<== ).*(?= is)"): "VALUE"})


@pytest.mark.parametrize("broken", ["nonsense", '1 + "a" > 2'])
def test_requirements_that_are_undefined_or_an_error_are_satisfied_by_no_slot(broken: str, golden: Golden) -> None:
    verdict = why(job(Requirements=broken), [slot()])
    golden("idle/requirements-that-are-undefined-or-an-error", verdict.text, hide={broken: "REQUIREMENTS"})


def test_a_pool_without_slots_is_said_to_be_one(golden: Golden) -> None:
    golden("idle/a-pool-without-slots-is-said-to-be-one", why(job(), []).text)


def test_the_ads_of_slots_are_afterwards_what_they_were() -> None:
    busy = slot(free=0)
    before = str(busy)
    why(job(), [busy])
    assert str(busy) == before


def test_who_has_the_slots_is_counted_in_cpus_of_those_that_suit(golden: Golden) -> None:
    shared = classad2.ClassAd(
        """[SlotType = "Partitionable"; OpSys = "LINUX"; Memory = 0; TotalSlotMemory = 4096; Cpus = 0; TotalSlotCpus = 9;
        ChildRemoteUser = {"me@here", "you@here", "me@here", undefined}; ChildCpus = {1, 4, 2, 1};
        Requirements = true]"""
    )
    claimed = 'Memory = 4096; Cpus = 8; State = "Claimed"; RemoteUser = "they@here"; Requirements = true'
    static = classad2.ClassAd(f'[OpSys = "LINUX"; {claimed}]')
    other = classad2.ClassAd(f'[OpSys = "WINDOWS"; {claimed}]')
    verdict = why(job(User='"me@here"'), [shared, static, other])
    assert verdict.claims == Claims(mine=3, others=12, users=2)
    golden("idle/who-has-the-slots-is-counted-in-cpus-of-those", verdict.notes[2])
    assert why(job(), [slot()]).notes[2:] == ()


def test_what_the_negotiator_said_is_told_in_words_and_in_its_own(golden: Golden) -> None:
    said = why(job(), [slot()], Standing(Rejection("no match found", 61))).notes
    golden("idle/what-the-negotiator-said-is-told-in-words-1", "\n".join(said))
    golden("idle/what-the-negotiator-said-is-told-in-words-2", "\n".join(why(job(), []).notes))


def test_room_is_no_promise_where_a_limit_is_reached(golden: Golden) -> None:
    full = Share("jobs that the schedd runs at a time", 2, 2)
    limited = Standing(Rejection("concurrency limit lic reached", 1))
    golden("idle/room-is-no-promise-where-a-share-is-used-up", why(job(), [slot()], Standing(shares=(full,))).text)
    golden("idle/room-is-no-promise-where-a-limit-is-reached", why(job(), [slot()], limited).text)


def test_jobs_in_front_that_fit_no_slot_are_in_the_way_only_if_they_are_all_that_is_offered(golden: Golden) -> None:
    stuck = why(job(), [slot()], Standing(in_front=InFront(20, ("tide", "ebb"))))
    golden("idle/jobs-in-front-that-fit-no-slot", f"{stuck.text}\n{stuck.advice}")
    few = Standing(in_front=InFront(19, ("tide",)))
    assert why(job(), [slot()], few).text == why(job(), [slot()]).text


def test_a_quota_that_may_be_exceeded_is_told_and_is_no_obstacle(golden: Golden) -> None:
    quota = Share("the quota of accounting group physics", 3, 1, is_hard=False)
    verdict = why(job(), [slot()], Standing(shares=(quota,)))
    golden("idle/a-quota-that-may-be-exceeded-is-told-and-is-no-1", verdict.text)
    golden("idle/a-quota-that-may-be-exceeded-is-told-and-is-no-2", "\n".join(verdict.notes))


def test_priority_is_of_interest_only_where_a_slot_could_be_had() -> None:
    standing = Standing(priority=Priority(500.5, others=3, ahead=1))
    told = "your priority is 500.5 (smaller is better); others waiting: 3, ahead of you: 1"
    assert told in why(job(), [slot(free=0)], standing).notes
    assert told not in why(job(Requirements="false"), [slot()], standing).notes


def test_how_often_it_was_started_is_told() -> None:
    assert any(note.endswith(", after 1 start") for note in why(job(NumJobStarts="1"), [slot()]).notes)


VACATED = {"NumShadowStarts": "44", "NumVacates": "43", "VacateReason": '"no credd"', "VacateReasonCode": "1007"}


def test_a_job_that_does_not_start_where_it_could_is_not_said_to_start_soon(golden: Golden) -> None:
    verdict = why(job(JobCurrentStartDate="7", **VACATED), [slot()])
    assert verdict.starts == Starts(44, 0, 43, "no credd", 1007, is_failing=True)
    golden("idle/a-job-that-does-not-start", "\n".join([verdict.text, verdict.advice, *verdict.notes]))


def test_a_job_that_ran_and_was_evicted_waits_for_its_turn() -> None:
    ran = {"NumJobStarts": "44", "JobCurrentStartDate": "7", "JobCurrentStartExecutingDate": "8", **VACATED}
    verdict, fresh = why(job(**ran), [slot()]), why(job(), [slot()])
    assert verdict.starts == Starts(44, 44, 43, "no credd", 1007, is_failing=False)
    assert (verdict.text, verdict.advice) == (fresh.text, fresh.advice)
    assert str(verdict.starts) in verdict.notes
    assert not str(fresh.starts)


def test_a_job_that_will_be_held_is_not_said_to_find_no_slot() -> None:
    verdict = why(
        job(HTMapStartsInVain="NumShadowStarts > 9", Requirements="HTMapStartsInVain =!= true", **VACATED), [slot()]
    )
    assert (verdict.starts.tried, verdict.clauses) == (44, ())
    assert verdict.advice


def test_the_part_of_the_requirements_that_is_htmap_s_own_is_not_shown() -> None:
    verdict = why(job(HTMapStartsInVain="false", Requirements="HTMapStartsInVain =!= true && true"), [slot()])
    assert "true" in counted(verdict)
    assert not any("HTMap" in text for text in counted(verdict))
