"""The output of running components, through HTCondor alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import htmap

pytestmark = pytest.mark.pool

TIMEOUT = 180


def test_output_is_shown_while_the_component_runs_and_to_its_end(personal_pool: Path) -> None:
    def talk(path: str) -> None:
        import pathlib
        import time

        print("beginning: é")
        while not pathlib.Path(path).exists():
            time.sleep(0.1)
        print("end")

    mapped = htmap.map(talk, [str(personal_pool / "go on")], tag="talking")
    shown = mapped.stdout.follow(0, TIMEOUT)
    assert next(shown) == "beginning: é\n"
    assert str(mapped.component_statuses[0]) == "RUNNING"
    (personal_pool / "go on").touch()
    assert "".join(shown) == "end\n"
    assert mapped.is_done
    assert "".join(mapped.stdout.follow(0)) == "beginning: é\nend\n"


def test_a_component_that_is_run_again_is_shown_from_its_beginning(personal_pool: Path) -> None:
    def talk(path: str) -> None:
        import pathlib
        import time

        print("begun")
        while not pathlib.Path(path).exists():
            time.sleep(0.1)

    mapped = htmap.map(talk, [str(personal_pool / "run once more")])
    shown = mapped.stdout.follow(0, TIMEOUT)
    assert next(shown) == "begun\n"
    mapped.vacate()
    assert next(shown) == "begun\n"
    (personal_pool / "run once more").touch()
    assert "".join(shown) == ""


def test_a_run_that_condor_tail_does_not_see_the_end_of_is_left_for_the_next_one(personal_pool: Path) -> None:
    def talk(path: str) -> None:
        import pathlib
        import time

        print("begun")
        while not pathlib.Path(path).exists():
            time.sleep(0.1)

    mapped = htmap.map(talk, [str(personal_pool / "run after all")])
    shown = mapped.stdout.follow(0, TIMEOUT)
    assert next(shown) == "begun\n"
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    (tail,) = [child for child in children if Path(f"/proc/{child}/comm").read_text() == "condor_tail\n"]
    os.kill(int(tail), signal.SIGSTOP)  # as good as waiting for daemons that are not there any more
    mapped.vacate()
    assert next(shown) == "begun\n"
    (personal_pool / "run after all").touch()
    assert "".join(shown) == ""


def test_components_of_one_job_are_shown_together(personal_pool: Path) -> None:
    def talk(x: int) -> None:
        import time

        print("component", x)
        time.sleep(1)

    mapped = htmap.map(talk, range(3), chunksize=3)
    assert "".join(mapped.stdout.follow(1, TIMEOUT)) == "component 0\ncomponent 1\ncomponent 2\n"


def test_ctrl_c_ends_the_view_and_leaves_the_component_alone(personal_pool: Path) -> None:
    def talk(path: str) -> None:
        import pathlib
        import time

        print("begun")
        while not pathlib.Path(path).exists():
            time.sleep(0.1)

    mapped = htmap.map(talk, [str(personal_pool / "done")], tag="talking")
    command = [sys.executable, "-m", "htmap", "stdout", "--follow", "talking", "0"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have started the tests deaf to it
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)
    signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, b"Traceback" in said) == (130, False)
    (personal_pool / "done").touch()
    mapped.wait(TIMEOUT)


def test_a_component_that_dies_is_not_held_for_what_showed_its_output(personal_pool: Path) -> None:
    def die(_: int) -> None:
        import os

        print("last words", flush=True)
        first = int(Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(first, 19)  # it would tell what has become of the other one
        os.kill(os.getppid(), 9)  # the runner itself, which cannot tidy up any more
        os.kill(first, 9)
        os._exit(1)

    mapped = htmap.map(die, [0], map_options=htmap.MapOptions(max_retries=0))
    with pytest.raises(htmap.exceptions.MapComponentHeld, match="signal 9"):
        mapped.get(0, TIMEOUT)
    assert "".join(mapped.stdout.follow(0)) == "last words\n"


def test_what_a_job_writes_is_shown_once_although_it_ends_between_components_to_save_results(
    personal_pool: Path,
) -> None:
    def talk(component: int, path: str) -> None:
        import pathlib
        import time

        print("component", component)
        time.sleep(0.7)
        while component == 4 and not pathlib.Path(path).exists():
            time.sleep(0.1)
        print("has ended", component)

    options = htmap.MapOptions(results_interval=0)
    go_on = personal_pool / "go on with it"
    calls = [(component, str(go_on)) for component in range(5)]
    mapped = htmap.starmap(talk, calls, map_options=options, chunksize=5)
    shown, text = mapped.stdout.follow(4, TIMEOUT), ""
    while "component 4\n" not in text:
        text += next(shown)
    go_on.touch()
    text += "".join(shown)
    assert text == "".join(f"component {n}\nhas ended {n}\n" for n in range(5))
