"""A full disk for a process that has it to itself: whatever it does there fails with what to do, and nothing is lost.

Run as a program, in a mount namespace of its own with a small file system, it tries the cases that it reads, and prints what it
has seen.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ACTS = ("retag", "rerun", "map", "remove", "clean", "settle", "status", "wait", "plan", "results", "doctor")
ACTS_IN_A_POOL = ("create", "retag", "rerun", "grow", "replace", "edit", "remove")
PAGE = 4096
SIZE = 6  # MiB


def cases(chance: random.Random, acts: Sequence[str] = ACTS) -> Iterator[str]:
    """Give an act, and what is left of the disk then: so many pages, or so many files. Nothing is left first."""
    yield from (f"{act} with 0 {of} left" for act in acts for of in ("pages", "files"))
    while True:
        left, of = chance.choice([(int(80 * chance.random() ** 3), "pages"), (chance.randrange(12), "files")])
        yield f"{chance.choice(acts)} with {left} {of} left"


def seen(folder: Path, tried: list[str]) -> dict[str, str]:
    """Return what was seen of each case that did not hold, from a process with a disk of its own."""
    mounted = 'mount -t tmpfs -o size="$1"m,nr_inodes=2000 tmpfs "$2" && shift 2 && exec "$@"'
    program = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        mounted,
        "sh",
        str(SIZE),
        str(folder),
        sys.executable,
        "-m",
        "tests.drills.full_disks",
    ]
    ran = subprocess.run(
        [*program, str(folder)], input=json.dumps(tried), capture_output=True, text=True, timeout=3000, check=False
    )
    if ran.returncode:
        raise AssertionError(ran.stderr[-3000:])
    found: dict[str, str] = json.loads(ran.stdout.splitlines()[-1])
    return found


def _main(folder: Path) -> dict[str, str]:
    found = {}
    for number, case in enumerate(json.loads(sys.stdin.read())):
        root = folder / str(number)
        try:
            _try(root, case)
        except BaseException as error:
            found[case] = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        shutil.rmtree(root, ignore_errors=True)
    return found


def _try(root: Path, case: str) -> None:
    import htmap
    from htmap_core.diagnosis import doctor
    from htmap_core.exceptions import HTMapException
    from htmap_core.maps import recovery
    from htmap_core.testing import using_htmap_dir

    act, _, left, of, _ = case.split()
    with using_htmap_dir(root), _quiet():
        for tag in ("tide", None):
            htmap.map(lambda number: 2 * number, [1, 2, 3], tag=tag, where="here", quiet=True)
        tide = htmap.load("tide")
        acts: dict[str, Callable[[], object]] = {
            "map": lambda: htmap.map(lambda number: -number, [1, 2], tag="wave", where="here", quiet=True),
            "rerun": lambda: tide.rerun([1]),
            "retag": lambda: tide.retag("ebb"),
            "remove": tide.remove,
            "clean": htmap.clean,
            "settle": recovery.settle,
            "status": lambda: (htmap.status(), tide.status()),
            "wait": tide.wait,
            "plan": lambda: str(htmap.plan(abs, [1], where="here")),
            "results": lambda: list(tide),
            "doctor": lambda: list(doctor._files()),
        }
        before = htmap.get_tags()
        filling = fill(root.parent / "filling", int(left), of)
        failed = False
        try:
            acts[act]()
        except HTMapException as error:
            failed = bool(str(error))
        finally:
            shutil.rmtree(filling)
        recovery.settle()
        _check(act, failed, before)


def _check(act: str, failed: bool, before: tuple[str, ...]) -> None:
    """Check what there is once there is room again."""
    import htmap

    after = htmap.get_tags()
    gone, new = {*before} - {*after}, {*after} - {*before}
    may_go = {"remove": {"tide"}, "retag": {"tide"}, "clean": {*before} - {"tide"}}.get(act, set())
    assert gone <= may_go, f"{gone} is gone"
    assert new <= {"map": {"wave"}, "retag": {"ebb"}}.get(act, set()), f"{new} is new"
    if failed:
        assert act in {"remove", "clean"} or after == before, f"it failed, and there are {after}"
    for tag in after:
        mapped = htmap.load(tag)
        if act == "rerun" and not mapped.is_done:
            mapped.rerun(mapped.failed)
        expected = [-1, -2] if tag == "wave" else [2, 4, 6]
        if not mapped.is_done:
            raise AssertionError(f"{tag}: {mapped.status()}")
        assert list(mapped) == expected, f"{tag} has {list(mapped)}"


def fill(filling: Path, left: int, of: str) -> Path:
    """Fill the disk but for so many pages, or files; return the folder that does it."""
    filling.mkdir()
    with contextlib.suppress(OSError):
        for number in range(100_000):
            if of == "pages":
                with (filling / "all").open("ab", buffering=0) as file:
                    while True:
                        file.write(bytes(PAGE))
            (filling / str(number)).touch()
    if of == "pages":
        size = (filling / "all").stat().st_size
        os.truncate(filling / "all", max(0, size - left * PAGE))
    else:
        for path in list(filling.iterdir())[:left]:
            path.unlink()
    return filling


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        warnings.simplefilter("ignore")
        with contextlib.redirect_stderr(nowhere):
            yield


if __name__ == "__main__":
    print("\n" + json.dumps(_main(Path(sys.argv[1]))))
