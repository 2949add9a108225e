"""Maps that run on this machine, to try them: they need no HTCondor, and are like any other map afterwards."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core import names
from htmap_core.components import ComponentStatus
from htmap_core.storage.tags import find_map
from htmap_core.testing import run_htmap
from htmap_core.testing.own_settings import settings_with
from tests.golden_files import Golden

COMPLETED, ERRORED, REMOVED = (ComponentStatus(name) for name in ("COMPLETED", "ERRORED", "REMOVED"))


@pytest.fixture(autouse=True)
def in_own_htmap_dir(htmap_dir: Path) -> None:
    """No pool is there."""


@pytest.fixture(params=["here", "processes"])
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_results_errors_and_output_are_those_of_any_map(where: str) -> None:
    def share(people: int) -> float:
        print("a piece each")
        return 12 / people

    cake = htmap.map(share, [3, 0], where=where)
    assert cake.component_statuses == [COMPLETED, ERRORED]
    assert cake[0] == 4
    assert "a piece each" in cake.stdout[1]
    error = cake.get_err(1)
    assert isinstance(error.exception, ZeroDivisionError)
    assert [frame.line for frame in error.stack_summary] == ["return 12 / people"]
    assert "ZeroDivisionError" in cake.stderr[1]
    assert min(cake.memory_usage) > 0


@pytest.mark.parametrize(("where", "told"), [("processes", [htmap.exceptions.RequestsDiffer]), ("here", [])])
def test_what_was_used_is_compared_with_what_the_options_ask_for(where: str, told: list[type[Warning]]) -> None:
    large = 150 << 20  # slots have 128 MB for a request of 1 MB

    cake = htmap.map(
        lambda size: len(b"x" * size),
        [large if where == "processes" else 1],
        where=where,
        map_options=htmap.MapOptions(request_memory="1MB"),
    )
    memory = cake.advise().quantities[0]
    assert (memory.option, memory.asked) == ("request_memory", 1)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        cake.wait()
    assert [
        each.category for each in found
    ] == told  # in the user's process, what was measured is all that this has used


def test_it_needs_no_htcondor_and_another_process_reads_it(tmp_path: Path, where: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "for name in ('htcondor2', 'classad2', 'htcondor', 'classad'):\n"
        "    sys.modules[name] = None\n"
        "import htmap\n"
        f"tide = htmap.map(lambda x: 2 * x, range(3), tag='tide', where={where!r})\n"
        "assert list(tide) == [0, 2, 4]\n"
        "print(tide.status(), tide.why())\n"
    )
    subprocess.run([sys.executable, script], check=True, timeout=60)
    assert list(htmap.load("tide")) == [0, 2, 4]
    assert {status for status, of in htmap.load("tide").components_by_status().items() if of} == {COMPLETED}


def test_a_function_finds_what_a_job_finds_and_nothing_of_it_stays(where: str) -> None:
    def look(_: int) -> dict[str, str]:
        import tempfile

        os.environ["SEA"] = "salty"
        os.makedirs("deep")
        os.chdir("deep")
        keys = ("HTMAP_ON_EXECUTE", "HTMAP_COMPONENT", "TMPDIR", "_CONDOR_SCRATCH_DIR", "TITLE")
        return {
            **{key: os.environ[key] for key in keys},
            "cwd": os.path.dirname(os.getcwd()),
            "temporary": tempfile.gettempdir(),
        }

    folder, variables, path = os.getcwd(), dict(os.environ), [*sys.path]
    found, other = htmap.map(look, range(2), htmap.MapOptions(environment={"TITLE": "high tide"}), where=where)
    assert (os.getcwd(), dict(os.environ), sys.path) == (folder, variables, path)
    scratch = found["cwd"]
    assert scratch not in {folder, other["cwd"]}
    assert not os.path.exists(scratch)
    assert [found[key] for key in ("TMPDIR", "_CONDOR_SCRATCH_DIR", "temporary")] == [scratch] * 3
    assert (found["HTMAP_ON_EXECUTE"], found["TITLE"]) == ("1", "high tide")
    assert [found["HTMAP_COMPONENT"], other["HTMAP_COMPONENT"]] == ["0", "1"]


def test_files_come_and_go_as_with_a_pool(tmp_path: Path, where: str) -> None:
    (tmp_path / "in").mkdir()
    for name, text in {"tide.txt": "high", "in/ebb.txt": "low", "tides_of_here.py": "SEA = 'salty'"}.items():
        (tmp_path / name).write_text(text)

    def carry(path: Path, folder: Path) -> Any:
        import tides_of_here  # type: ignore[import-not-found]  # it comes with the job

        Path("out.txt").write_text(path.read_text() + (folder / "ebb.txt").read_text())
        Path("sent.txt").write_text("away")
        htmap.transfer_output_files("out.txt", "sent.txt")
        return str(path), tides_of_here.SEA

    given = htmap.TransferPath(tmp_path / "tide.txt"), htmap.TransferPath(tmp_path / "in")
    options = htmap.MapOptions(
        fixed_input_files=[tmp_path / "tides_of_here.py"], output_remaps={"sent.txt": tmp_path / "sent to $(component)"}
    )
    carried = htmap.starmap(carry, [given], map_options=options, where=where)
    sys.modules.pop("tides_of_here", None)
    path, sea = carried[0]
    assert (os.path.basename(path), sea) == ("tide.txt", "salty")
    assert path != str(tmp_path / "tide.txt")
    assert (carried.output_files[0] / "out.txt").read_text() == "highlow"
    assert (tmp_path / "sent to 0").read_text() == "away"


def test_a_file_that_is_gone_ends_its_component_alone(tmp_path: Path, where: str) -> None:
    (tmp_path / "tide.txt").write_text("high")
    inputs = [htmap.TransferPath(tmp_path / name) for name in ("tide.txt", "gone.txt")]
    with pytest.warns(htmap.exceptions.UnreadableInputFiles):
        tide = htmap.map(lambda path: path.read_text(), inputs, where=where)
    assert tide.component_statuses == [COMPLETED, ERRORED]
    assert "gone.txt" in tide.get_err(1).report()


def test_a_protocol_of_htcondor_alone_is_refused_before_there_is_a_map() -> None:
    with pytest.raises(htmap.exceptions.CannotTransfer):
        htmap.map(str, [htmap.TransferPath("osdf:///tide.txt")], tag="tide", where="here")
    assert htmap.get_tags() == ()


def test_components_can_share_a_job(where: str) -> None:
    tide = htmap.map(lambda x: (x, os.getcwd()), range(5), chunksize=2, where=where)
    assert [number for number, _ in tide] == [*range(5)]
    assert len({folder for _, folder in tide}) == 3


def test_here_is_this_process_with_what_it_has() -> None:
    told: list[int] = []
    htmap.map(lambda x: sys.modules["__main__"].__dict__.setdefault("_told", told).append(x), range(3), where="here")
    assert vars(sys.modules["__main__"]).pop("_told") == [0, 1, 2]


def test_what_is_printed_here_is_shown_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    def speak(component: int) -> None:
        print("out", component)
        print("aloud", component, file=sys.stderr)
        sys.stdout.writelines(["at ", "once\n"])

    spoken = htmap.map(speak, range(2), where="here")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("out 0\nat once\nout 1\nat once\n", "aloud 0\naloud 1\n")
    assert spoken.stderr[1].endswith("aloud 1\n")


def test_a_component_can_checkpoint(where: str) -> None:
    def count(limit: int) -> tuple[int, int]:
        state = Path("state.txt")
        begun = int(state.read_text()) if state.exists() else 0
        for number in range(begun, limit):
            state.write_text(str(number + 1))
            htmap.checkpoint(state)
        return begun, limit

    options = htmap.MapOptions(checkpoint="exit", checkpoint_interval=0)
    # A process ends at each checkpoint and begins anew; this one cannot.
    assert list(htmap.map(count, [2], options, where=where)) == [(2 if where == "processes" else 0, 2)]


def test_what_ends_a_process_ends_one_component_in_processes() -> None:
    def leave(code: int) -> None:
        if code:
            os._exit(code)

    assert htmap.map(leave, [0, 3, 0], where="processes").component_statuses == [COMPLETED, ERRORED, COMPLETED]


def test_the_death_of_a_whole_job_is_that_of_its_components_alone() -> None:
    def murder(victim: bool) -> None:
        if victim:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(10)

    assert htmap.map(murder, [False, True], where="processes").component_statuses == [COMPLETED, ERRORED]


def test_the_modules_of_inputs_travel_as_to_a_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    name = f"seas_beside_{where}"  # no test finds the module of another one
    (tmp_path / f"{name}.py").write_text("class Sea:\n    depth = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    sea = importlib.import_module(name).Sea()
    assert list(htmap.map(lambda sea: sea.depth, [sea], where=where)) == [3]


def test_advice_has_what_was_asked_for_and_not_what_was_used() -> None:
    tide = htmap.map(str, [1], htmap.MapOptions(request_memory="7777MB"), where="here")
    assert [each.asked for each in tide.advise().quantities if each.option == "request_memory"] == [7777]


def test_no_more_processes_run_at_a_time_than_the_setting_says(tmp_path: Path) -> None:
    htmap.settings["PROCESSES"] = 1

    def alone(_: int) -> int:
        mark = tmp_path / "mark"
        mark.touch(exist_ok=False)
        time.sleep(0.3)  # others would come meanwhile
        mark.unlink()
        return os.getpid()

    assert len(set(htmap.map(alone, range(3), where="processes"))) == 3


# --- where it is said


def test_the_setting_says_where_maps_run_and_the_argument_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTMAP_WHERE", "here")
    assert list(htmap.map(lambda _: os.getpid(), range(2))) == [os.getpid()] * 2
    assert htmap.map(lambda _: os.getpid(), range(1), where="processes")[0] != os.getpid()


def test_all_that_make_maps_take_it() -> None:
    pid = htmap.mapped(lambda *_: os.getpid())
    with htmap.build_map(lambda *_: os.getpid(), where="here") as of_function:
        of_function(1)
    with pid.build_map(where="here") as of_mapped:
        of_mapped(1)
    made = [pid.map([1], where="here"), pid.starmap([(1,)], where="here"), of_function.map, of_mapped.map]
    assert [each[0] for each in made] == [os.getpid()] * 4


@pytest.mark.parametrize("wrong", ["there", "", 3])
def test_another_place_is_refused(wrong: Any) -> None:
    with pytest.raises(htmap.exceptions.InvalidOption):
        htmap.map(str, range(2), where=wrong)


def test_another_place_is_refused_in_the_settings() -> None:
    htmap.settings["WHERE"] = "there"
    with pytest.raises(htmap.exceptions.InvalidSetting):
        htmap.map(str, range(2))


# --- a map like any other


def test_it_can_be_tagged_anew_and_removed(where: str) -> None:
    tide = htmap.map(str, range(2), tag="tide", where=where)
    tide.retag("ebb")
    assert htmap.get_tags() == ("ebb",)
    tide.remove()
    assert (htmap.get_tags(), tide.exists) == ((), False)


def test_components_run_again_on_this_machine(tmp_path: Path, where: str) -> None:
    def need(name: str) -> str:
        return (tmp_path / name).read_text()

    (tmp_path / "a").write_text("first")
    needs = htmap.map(need, ["a", "b"], where=where)
    assert needs.component_statuses == [COMPLETED, ERRORED]
    (tmp_path / "b").write_text("second")
    needs.rerun([1])
    assert list(needs) == ["first", "second"]


def test_the_command_says_how_what_ran_again_has_ended(tmp_path: Path, where: str, golden: Golden) -> None:
    htmap.map(lambda name: (tmp_path / name).read_text(), ["a", "b"], tag="tide", where=where)
    (tmp_path / "b").touch()
    golden("cli/rerun-of-a-map-here", run_htmap("rerun", "failed", "tide").stdout)
    assert [str(each) for each in htmap.load("tide").component_statuses] == ["ERRORED", "COMPLETED"]


def test_files_that_a_function_has_not_handed_over_are_told_after_the_wait(where: str) -> None:
    def plot(hour: int) -> None:
        Path(f"plot-{hour}.svg").touch()

    made = htmap.map(plot, [6, 12], where=where)
    with pytest.warns(htmap.exceptions.FilesNotHandedOver) as warned:
        made.wait()
    assert [getattr(each.message, "files", None) for each in warned] == [("plot-6.svg",)]
    with settings_with({"TELL_MISTAKES": False}):
        htmap.map(plot, [6], where=where).wait()


def test_temporary_folders_of_libraries_are_not_told(where: str, recwarn: pytest.WarningsRecorder) -> None:
    def works(_: int) -> None:
        for prefix in ("tmp", "pymp-", "matplotlib-"):
            Path(tempfile.mkdtemp(prefix=prefix)).joinpath("cache").touch()

    htmap.map(works, [1], where=where).wait()
    assert not [each for each in recwarn if isinstance(each.message, htmap.exceptions.FilesNotHandedOver)]


@pytest.mark.parametrize("name", ["sea.txt", "sea,deep.txt"])  # the second one travels under another name
def test_an_input_file_is_not_taken_for_one_that_the_function_has_written(
    tmp_path: Path, where: str, name: str, recwarn: pytest.WarningsRecorder
) -> None:
    (tmp_path / name).touch()
    made = htmap.map(lambda path: Path(path).chmod(0o600), [htmap.TransferPath(tmp_path / name)], where=where)
    made.wait()
    assert made[0] is None
    assert not [each for each in recwarn if isinstance(each.message, htmap.exceptions.FilesNotHandedOver)]


def test_a_trial_tells_of_a_package_that_jobs_will_not_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "coast_of_here").mkdir()
    (tmp_path / "coast_of_here" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    def needs(x: int) -> Any:
        import coast_of_here  # type: ignore[import-not-found]

        return coast_of_here.__name__

    with pytest.warns(htmap.exceptions.UnsentModules) as warned:
        assert list(htmap.map(needs, [1], where="here")) == ["coast_of_here"]
    assert [getattr(each.message, "places", None) for each in warned] == [
        {"coast_of_here": str(tmp_path / "coast_of_here")}
    ]


def test_acts_on_a_queue_say_that_there_is_none() -> None:
    tide = htmap.map(str, range(2), where="here")
    acts: list[Callable[[], object]] = [tide.hold, tide.release, tide.pause, tide.resume, tide.vacate]
    acts.append(lambda: tide.set_memory("2GB"))
    for act in acts:
        with pytest.warns(htmap.exceptions.NoQueue):
            act()
    with pytest.raises(htmap.exceptions.JobNotFound):
        tide.job_ad(0)
    assert tide.is_done


def test_why_and_doctor_say_where_it_ran() -> None:
    tide = htmap.map(lambda x: 1 // x, [0, 1], tag="tide", where="here")
    reason = find_map("tide").record.delivery_reason
    assert os.uname().nodename in reason
    assert {(each.components, each.status) for each in tide.why()} == {((0,), ERRORED), ((1,), COMPLETED)}
    assert all(reason in each.text for each in tide.why())
    assert tide.plan().pool == names.THIS_MACHINE
    checked = run_htmap("doctor").stdout
    assert any("tide" in line for line in checked.splitlines())


def test_why_speaks_of_several_components_as_of_several() -> None:
    tide = htmap.map(str, range(3), tag="tide", where="here")
    (several,), (one,) = tide.why(), tide.why([0])
    assert len(several.components) == 3
    assert several.text != one.text


def test_the_commands_read_it(where: str) -> None:
    htmap.map(lambda x: 1 // x, [1, 0], tag="tide", where=where)
    ran = {command: run_htmap(*command.split()) for command in ("status", "errors tide", "stdout tide 0", "why tide 1")}
    assert {each.exit_code for each in ran.values()} == {0}
    assert "ZeroDivisionError" in ran["errors tide"].stdout
    assert run_htmap("components", "tide").stdout.split() == ["0", "COMPLETED", "1", "ERRORED"]


def test_a_submit_file_for_one_component_has_its_own_files_and_options(tmp_path: Path) -> None:
    (tmp_path / "tide.txt").write_text("high")
    options = htmap.MapOptions(request_memory=["1GB", "2GB"])
    inputs = [htmap.TransferPath(tmp_path / "tide.txt"), "none"]
    lines = [htmap.map(str, inputs, options, where="here").submit_file(number).splitlines() for number in range(2)]
    assert f"htmap_files = {tmp_path / 'tide.txt'}" in lines[0]
    assert [next(line for line in each if line.startswith("htmap_option")).split(" = ")[1] for each in lines] == [
        "1GB",
        "2GB",
    ]


def test_a_module_that_only_an_argument_needs_travels_as_to_the_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (tmp_path / "shore_of_here.py").write_text("class Place:\n    name = 'Dover'\n")
    monkeypatch.syspath_prepend(tmp_path)
    place = importlib.import_module("shore_of_here").Place()
    named = htmap.map(lambda place: place.name, [place], where=where)
    sys.modules.pop("shore_of_here")
    assert named[0] == "Dover"


def test_a_function_that_runs_in_this_process_sees_the_settings_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def seen(value: str) -> object:
        os.environ["HTMAP_DELIVERY_METHOD"] = value
        return htmap.settings["DELIVERY_METHOD"]

    monkeypatch.setenv("HTMAP_DELIVERY_METHOD", "before")
    assert list(htmap.map(seen, ["boat", "raft"], where="here")) == ["boat", "raft"]


OPTIONS: dict[str, Callable[[Path], list[Any]]] = {
    "request_memory": lambda _: ["1MB", "2MB"],
    "input_files": lambda folder: [folder / "a", folder / "a"],
    "output_remaps": lambda folder: [{"a": folder / "b"}, {}],
}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize(
    ("inputs", "is_lazy", "told"),
    [(3, False, (2, 3)), (1, False, (2, 1)), (3, True, (2, None)), (1, True, (None, 1))],
)
def test_options_and_inputs_that_are_not_as_many_are_told_with_their_numbers(
    option: str, inputs: int, is_lazy: bool, told: tuple[Any, Any], tmp_path: Path
) -> None:
    (tmp_path / "a").touch()
    values: Any = OPTIONS[option](tmp_path)
    options = htmap.MapOptions(**{option: iter(values) if is_lazy else values})
    with pytest.raises(htmap.exceptions.MisalignedInputData) as caught:
        htmap.map(abs, (each for each in range(inputs)) if is_lazy else range(inputs), options, where="here")
    assert (caught.value.option, caught.value.option_length, caught.value.inputs) == (option, *told)
