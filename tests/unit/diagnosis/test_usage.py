"""What is told of what a map has asked for and used, and what follows from it for the next one."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest

import htmap
from htmap.exceptions import NothingMeasured, RequestsDiffer
from htmap_core.diagnosis.usage import measured, notes
from htmap_core.maps.map import engine_of
from htmap_core.storage.mapdir import MapDir
from htmap_core.submission.chunking.reason import Reason
from htmap_core.submission.known_commands import is_known_here
from htmap_core.testing import run_htmap
from htmap_run import frames
from tests.answers import answer
from tests.golden_files import Golden
from tests.returned import HOST, RUNTIME
from tests.unit.conftest import MakeMap

CLUSTER = 17
TABLE = """\tPartitionable Resources :    Usage  Request Allocated
\t   Cpus                 :     0.12        1         1
\t   Disk (KB)            : {disk} {asked_disk:8}   1050000
\t   GPUs                 :                           0
\t   Memory (MB)          : {memory} {asked_memory:8}       128
\t   TimeExecute (s)      :       12
"""


@attrs.frozen
class Job:
    """A job that has ended, as HTCondor and the runner have measured it; None for what HTCondor has not."""

    memory: int | None = 20
    asked_memory: int = 128
    disk: int | None = 50
    asked_disk: int = 1048576
    calls: Sequence[float] = (1.5,)
    peak: int = 7
    status: int = 0
    hold: str = ""


def events(row: int, job: Job) -> str:
    head = f"({CLUSTER:03}.{row:03}.000) 2026-11-21 09:00:00"
    table = TABLE.format(
        disk="" if job.disk is None else f"{job.disk:8}",
        asked_disk=job.asked_disk,
        memory="" if job.memory is None else f"{job.memory:8}",
        asked_memory=job.asked_memory,
    )
    runs = f"000 {head} Job submitted from host: <127.0.0.1:9618>\n...\n001 {head} Job executing on host: <127.0.0.1:9618>\n...\n"
    if job.hold:
        return f"{runs}012 {head} Job was held.\n\tit rains\n\t{job.hold}\n...\n"
    return f"{runs}005 {head} Job terminated.\n\t(1) Normal termination (return value {job.status})\n{table}...\n"


Ran = Callable[..., htmap.Map]


@pytest.fixture
def ran(make_map: MakeMap) -> Ran:
    """Return what loads a map of jobs that have ended; all have as many calls as the first one."""

    def ran(*jobs: Job, tag: str = "tide", chunking: Any = None, **options: str) -> htmap.Map:
        size = len(jobs[0].calls)
        map_dir = make_map(tag, size * len(jobs))
        record = attrs.evolve(map_dir.record, chunksize=size, options=options, chunking=chunking)
        map_dir.write_record(record)
        map_dir.submissions.taken(map_dir.submissions.intend(len(jobs), late=False), CLUSTER)
        map_dir.events.write_text("".join(events(row, job) for row, job in enumerate(jobs)))
        for row, job in enumerate(jobs):
            if not job.hold:
                returned(map_dir, row, job)
        return htmap.load(tag)

    return ran


def returned(map_dir: MapDir, row: int, job: Job) -> None:
    path = map_dir.path / "outputs" / f"0/0/{row}.result"
    path.parent.mkdir(parents=True, exist_ok=True)
    with frames.Writer(path) as writer:
        writer.add(frames.RUN, record={"job": {}, "host": HOST, "runtime": RUNTIME})
        for number, seconds in enumerate(job.calls, row * len(job.calls)):
            record = {"start": 1.0, "end": 1.0 + seconds, "memory_mb": job.peak, "by_value": False}
            writer.add(frames.RESULT, number, record, pickle.dumps(number))


def looked_at(tide: htmap.Map, most_jobs: int = 100, most_calls: int = 10) -> measured.Measured:
    engine = engine_of(tide)
    engine.poll()
    return measured.measured(engine, most_jobs=most_jobs, most_calls=most_calls)


# --- what was measured


@pytest.mark.parametrize(
    ("job", "memory"),
    [
        (Job(memory=69, peak=40), (69, 128)),
        (Job(memory=69, peak=425), (425, 128)),  # HTCondor looks seldom
        (Job(memory=None, peak=425), (425, None)),
        (Job(memory=0, peak=7, asked_memory=256), (7, 256)),
    ],
)
def test_the_larger_figure_of_the_two_counts(ran: Ran, job: Job, memory: tuple[int, int | None]) -> None:
    (used,) = looked_at(ran(job)).memory
    assert (used.used, used.asked) == memory


def test_what_the_log_does_not_tell_was_asked_for_by_the_options(ran: Ran) -> None:
    options = {"request_memory": "2GB", "request_disk": "(one for each component)"}
    found = looked_at(ran(Job(memory=None, disk=None), **options))
    assert [each.asked for each in found.memory] == [2048]
    assert found.disk == []


@pytest.mark.parametrize("request_memory", ["ifThenElse(true, 1, 2)", "(one for each component)", "$(column)"])
def test_what_is_no_amount_is_not_known(ran: Ran, request_memory: str) -> None:
    (used,) = looked_at(ran(Job(memory=None), request_memory=request_memory)).memory
    assert used.asked is None


def test_a_figure_that_nobody_can_have_measured_does_no_harm(ran: Ran) -> None:
    tide = ran(Job(memory=None, peak=10**400))
    assert told(tide) is None
    assert tide.advise().options["request_memory"]


def test_the_first_call_of_several_in_a_job_has_loaded_what_the_others_use(ran: Ran) -> None:
    found = looked_at(ran(Job(calls=(60, 1, 2))))
    assert [(each.component, round(each.used, 3)) for each in found.calls] == [(1, 1), (2, 2)]


def test_of_many_jobs_some_are_looked_at_evenly(ran: Ran) -> None:
    found = looked_at(ran(*[Job(peak=row, memory=None) for row in range(40)]), most_jobs=10)
    assert (found.jobs, found.of_jobs) == (10, 40)
    assert [each.component for each in found.memory] == list(
        range(4, 40, 4)
    )  # the first has used nothing that is known


def test_the_time_of_a_failed_call_says_nothing(ran: Ran) -> None:
    assert looked_at(ran(Job(status=90))).calls == []


def test_a_job_that_is_run_again_counts_with_its_latest_run(ran: Ran) -> None:
    tide = ran(Job(), Job())
    map_dir = engine_of(tide).map_dir
    row = ["1", "1", "_htmap_inputs_0", "1/0/0"]
    map_dir.write_items(1, [row])
    map_dir.submissions.taken(map_dir.submissions.intend(1, late=False), CLUSTER + 1)
    with map_dir.events.open("a") as log:
        log.write(events(0, Job(memory=99)).replace(f"({CLUSTER:03}", f"({CLUSTER + 1:03}"))
    assert [each.used for each in looked_at(tide).memory] == [20, 99]


# --- what is told after a wait


def told(tide: htmap.Map) -> RequestsDiffer | None:
    engine = engine_of(tide)
    engine.poll()
    return notes.difference(engine, looked_at(tide))


@pytest.mark.parametrize(
    ("jobs", "exceeded", "options"),
    [
        ([Job(), Job(memory=425)], {"memory": ("128.0 MB", "425.0 MB")}, {"request_memory": "512MB"}),
        ([Job(disk=3 << 20)], {"disk space": ("1.0 GB", "3.0 GB")}, {"request_disk": "4700MB"}),
        ([Job(memory=127, disk=1048575)], {}, {}),
        ([Job(memory=120, asked_memory=10)], {}, {}),  # slots have memory in steps of 128 MB
    ],
)
def test_what_was_used_beyond_what_was_asked_for_is_told(
    ran: Ran, jobs: list[Job], exceeded: dict[str, tuple[str, str]], options: dict[str, str]
) -> None:
    found = told(ran(*jobs))
    assert (found.exceeded if found else {}) == exceeded
    assert (found.options if found else {}) == options


@pytest.mark.parametrize("option", ["retry_request_memory", "retry_request_memory_increase"])
def test_no_pool_holds_what_gets_more_memory(ran: Ran, option: str) -> None:
    assert told(ran(Job(memory=425), **{option: "1GB"})) is None


@pytest.mark.parametrize(
    ("job", "options", "unused"),
    [
        (Job(memory=500, asked_memory=8192), {}, {"memory"}),
        (Job(memory=500, asked_memory=8192), {"request_memory": "8GB"}, {"memory"}),
        (Job(memory=500, asked_memory=8192), {"request_memory": "128MB"}, set()),  # the site has asked
        (Job(disk=1 << 20, asked_disk=40 << 20), {"request_disk": "1GB"}, set()),
        (Job(memory=200, asked_memory=900), {}, set()),  # less than a GB is not worth a word
        (Job(memory=3000, asked_memory=8192), {}, set()),
        (Job(disk=1 << 20, asked_disk=40 << 20), {}, {"disk space"}),
        (Job(calls=(600,)), {"walltime": "8h"}, {"time"}),
        (Job(calls=(6000,)), {"walltime": "8h"}, set()),
        (Job(calls=(1,)), {"walltime": "10 min"}, set()),
        (Job(calls=(1,)), {"walltime": "(one for each component)"}, set()),
    ],
)
def test_what_was_asked_for_and_hardly_used_is_told(
    ran: Ran, job: Job, options: dict[str, str], unused: set[str]
) -> None:
    found = told(ran(job, **options))
    assert set(found.unused if found else ()) == unused


def test_it_is_told_once_for_each_map_after_it_was_waited_for(ran: Ran) -> None:
    tide = ran(Job(memory=425), tag="ebb")
    with pytest.warns(RequestsDiffer) as caught:
        tide.wait(60)
    assert caught[0].filename == __file__
    tide.wait(60)  # warnings are errors


# --- advice


MORE_MEMORY = pytest.mark.skipif(not is_known_here("retry_request_memory"), reason="HTCondor 25 brought it")
USUAL = [Job(memory=100 + row % 20, calls=(1.0 + row,)) for row in range(40)]


@pytest.mark.parametrize(
    ("jobs", "options"),
    [
        (
            [Job(memory=425, calls=(90.0,))],
            {
                "request_memory": "512MB",
                "request_disk": "100MB",
                "walltime": "10 min",
                "expected_runtime": "1 min 30 s",
            },
        ),
        pytest.param(
            [*USUAL, Job(memory=1400, calls=(1.0,))],
            {
                "request_memory": "192MB",
                "retry_request_memory": "1792MB",
                "request_disk": "100MB",
                "walltime": "10 min",
                "expected_runtime": 20,
                "chunksize": 1,
            },
            marks=MORE_MEMORY,
        ),
    ],
)
def test_options_follow_from_what_was_measured(ran: Ran, jobs: list[Job], options: dict[str, Any]) -> None:
    advice = ran(*jobs).advise()
    assert dict(advice.options) == options
    assert eval(advice.line, {"htmap": htmap}) == advice.options


@pytest.mark.parametrize(
    ("calls", "chunking", "chunksize"),
    [
        ((0.1, 0.1), None, "auto"),  # hardly more than the start of a job
        ((50.0, 50.0), None, "auto"),  # worth a job each
        ((10.0, 10.0), None, 2),
        ((0.1, 0.1), attrs.asdict(Reason(8)), None),  # HTMap has chosen
    ],
)
def test_the_number_of_components_in_a_job_is_left_to_htmap_where_it_does_not_suit_them(
    ran: Ran, calls: tuple[float, ...], chunking: Any, chunksize: int | str | None
) -> None:
    assert ran(Job(calls=calls), Job(calls=calls), chunking=chunking).advise().options.get("chunksize") == chunksize


@MORE_MEMORY
def test_the_advice_on_a_map(ran: Ran, golden: Golden) -> None:
    advice = ran(*USUAL, Job(memory=1400, calls=(1.0,)), Job(hold="Code 34 Subcode 102")).advise()
    golden("reports/advice", str(advice))
    assert run_htmap("advise", "tide").stdout == str(advice) + "\n"


def test_programs_get_the_advice_as_json(ran: Ran) -> None:
    ran(Job(memory=425), request_memory="128MB")
    told = answer("advise", run_htmap("advise", "--json", "tide").stdout)
    assert told["options"]["request_memory"] == "512MB"
    (memory,) = [each for each in told["quantities"] if each["option"] == "request_memory"]
    assert (memory["asked"], memory["largest"], memory["unit"]) == (128, 425, "MB")


@pytest.mark.parametrize(
    ("options", "proposed"),
    [
        ({"request_memory": "150MB"}, "320MB"),  # its slot had 256 MB
        ({"request_memory": "150MB", "retry_request_memory": "1GB, 2GB"}, "2560MB"),
        ({"request_memory": "(one for each component)"}, "128MB"),  # nothing is known
    ],
)
@pytest.mark.parametrize("code", [21, 34])
def test_a_job_that_is_held_for_memory_needs_more_than_its_slot_gave(
    ran: Ran, options: dict[str, str], proposed: str, code: int
) -> None:
    held = Job(hold=f"Code {code} Subcode 102")
    assert ran(Job(), held, **options).advise().options["request_memory"] == proposed


def test_what_was_measured_of_a_job_that_is_held_for_memory_counts(ran: Ran) -> None:
    seen = f"006 ({CLUSTER:03}.000.000) 2026-11-21 09:00:00 Image size of job updated: 1\n\t900  -  MemoryUsage of job\n...\n"
    tide = ran(Job(hold="Code 34 Subcode 102"), request_memory="150MB")
    log = engine_of(tide).map_dir.events
    log.write_text(log.read_text().replace("012 (", f"{seen}012 (", 1))
    advice = tide.advise()
    assert (advice.jobs, dict(advice.options)) == (0, {"request_memory": "1280MB"})


def test_jobs_that_are_held_for_something_else_tell_nothing(ran: Ran) -> None:
    with pytest.raises(NothingMeasured):
        ran(Job(hold="Code 21 Subcode 104"), request_memory="150MB").advise()


def test_advice_shows_itself_as_tables_in_notebooks_and_as_one_line_elsewhere(ran: Ran) -> None:
    advice = ran(Job()).advise()
    assert "<table>" in advice._repr_html_()
    assert len(repr(advice)) < 200


def test_there_is_no_advice_before_something_was_measured(make_map: MakeMap) -> None:
    make_map("tide")
    with pytest.raises(NothingMeasured) as caught:
        htmap.load("tide").advise()
    assert caught.value.tag == "tide"
    assert run_htmap("advise", "tide").exit_code == 1
