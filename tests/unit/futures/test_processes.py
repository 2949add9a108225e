"""Open futures in programs that fork, or end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.futures.conftest import Submitted

WAIT = 180.0

BEGIN = """\
import concurrent.futures, os, threading, multiprocessing
import htmap
from htmap.exceptions import LeftInParent
mapped = htmap.load("tide")
futures = mapped.futures()
"""


def program(code: str, htmap_dir: Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, which must come."""
    return subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", BEGIN + code],
        env={**os.environ, "HTMAP_DIR": str(htmap_dir)},
        capture_output=True,
        text=True,
        timeout=WAIT,
        check=False,
    )


def test_a_program_ends_with_open_futures(submitted: Submitted, htmap_dir: Path) -> None:
    submitted(3)
    found = program("print('over')", htmap_dir)
    assert (found.stdout, found.stderr, found.returncode) == ("over\n", "", 0)


IN_CHILD = """
futures[0].add_done_callback(lambda _: print("called", flush=True))
def child():
    done, left = concurrent.futures.wait(futures, 60)
    print(sorted((type(each.exception()) is LeftInParent, each.exception().tag) for each in done), len(left), flush=True)
    print([each.done() for each in mapped.futures()], flush=True)
"""


def test_a_fork_has_futures_that_are_done_and_may_ask_for_its_own(submitted: Submitted, htmap_dir: Path) -> None:
    tide = submitted(2)
    code = f"""{IN_CHILD}
process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join()
print(process.exitcode, [each.done() for each in futures])
"""
    found = program(code, htmap_dir)
    assert found.stdout.splitlines() == ["[(True, 'tide'), (True, 'tide')] 0", "[False, False]", "0 [False, False]"]
    assert found.stderr == ""
    assert tide.map.futures()[0].done() is False


def test_the_parent_goes_on_after_a_fork(submitted: Submitted, htmap_dir: Path) -> None:
    tide = submitted(2)
    code = f"""
process = multiprocessing.get_context("fork").Process(target=print, args=["child"], kwargs={{"flush": True}})
process.start()
process.join()
open({str(tide.map_dir.events)!r}, "a").write(
    "009 (17.000.000) 2026-11-21 09:00:00 Job was aborted.\\n\\tby hand\\n...\\n"
    "009 (17.001.000) 2026-11-21 09:00:00 Job was aborted.\\n\\tby hand\\n...\\n"
)
print([type(each.exception(60)).__name__ for each in futures])
"""
    found = program(code, htmap_dir)
    assert found.stdout.splitlines() == ["child", str(["MapComponentRemoved"] * 2)]


def test_forks_of_many_threads_hang_in_no_process_while_there_are_news(submitted: Submitted, htmap_dir: Path) -> None:
    tide = submitted(200)
    code = f"""
def fork():
    for _ in range(20):
        if not (pid := os.fork()):
            mapped.component_statuses
            os._exit(len(concurrent.futures.wait(futures, 60).not_done))
        codes.append(os.waitpid(pid, 0)[1])
def tell():
    with open({str(tide.map_dir.events)!r}, "a") as log:
        for row in range(200):
            log.write(f"001 (17.{{row:03}}.000) 2026-11-21 09:00:00 Job executing on host: <192.0.2.1:9618>\\n...\\n")
            log.flush()
            over.wait(0.01)
codes, over = [], threading.Event()
teller = threading.Thread(target=tell)
threads = [threading.Thread(target=fork) for _ in range(3)]
[each.start() for each in [teller, *threads]]
[each.join() for each in threads]
over.set()
print(set(codes), len(codes))
"""
    found = program(code, htmap_dir)
    assert found.stdout == "{0} 60\n", found.stderr


@pytest.mark.parametrize("ends", ["raise SystemExit(3)", "os._exit(3)", "import signal; os.kill(os.getpid(), 9)"])
def test_no_way_to_end_a_program_hangs(submitted: Submitted, htmap_dir: Path, ends: str) -> None:
    submitted(2)
    assert program(ends, htmap_dir).returncode in {3, -9}
