"""Makes the archives beside it: maps as htmap-core 0.7.0 left them on disk, finished and half-way.

It runs with the HTMap of that version, and starts and stops a personal pool for it::

    git worktree add --detach /tmp/htmap-old-maps/checkout b83527c
    cd /tmp/htmap-old-maps/checkout && make .venv/.runtime
    .venv/bin/python <this file> ~/.cache/htmap-tests

The argument is an HTMAP_DIR in which HTCondor is installed, such as the one of the tests. Everything else is made below
``/tmp/htmap-old-maps``, so that no folder of the machine's gets into the archives; in a UTS namespace of its own (``unshare
--uts``) the host's name does not either. Delete the folder afterwards.

Each case is one HTMAP_DIR, made by a process of its own, which may kill itself half-way. Paths and the like in texts are replaced
by placeholders, which ``unpacking`` fills in. The archive for the execute node is the same in all maps and lies here once.
"""

from __future__ import annotations

import gzip
import importlib
import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import htmap

PLACE = Path("/tmp/htmap-old-maps")
POOL = PLACE / "pool"
FIRST_CLUSTER = 70_000_001  # a removal is told of clusters by number: these are nobody else's in the pool of the tests
TIMEOUT = 180
RUNTIME = "_htmap_runtime.pyz"
MARKERS = ("creating", "rerunning", "retagging", "removed")
TEXTS = ("map.json", "submit.json")  # not the event log: what was known of it goes by its bytes


# --- what is mapped; from standard input it is in no module, so that it travels by value


def said_by_job(attribute: str) -> str:
    """Return an attribute of the job's ad."""
    lines = Path(os.environ["_CONDOR_JOB_AD"]).read_text().splitlines()
    return next(line.partition(" = ")[2].strip('"') for line in lines if line.startswith(f"{attribute} = "))


def wait_for_gate() -> None:
    """Wait until a test makes the file that the job's attribute Gate names."""
    while not Path(said_by_job("Gate")).exists():
        time.sleep(0.1)


def double(x: int) -> int:
    return 2 * x


def kinds(component: int) -> Any:
    if component == 2:
        raise ValueError("there is no 2")
    return (1.5, "tide\u00e4", None, {"a": [1, (2, None)]}, b"\x00\xff", True)[component]


def talk(component: int) -> str:
    print("out of", component)
    print("err of", component, file=sys.stderr)
    Path("result.txt").write_text(f"file of {component}")
    htmap.transfer_output_files("result.txt")
    if component == 4:
        raise KeyError("four")
    return f"result of {component}"


class Read:
    """A result of the user's own class."""

    def __init__(self, name: str, texts: list[str]) -> None:
        self.name = name
        self.texts = texts


class UnreadableError(Exception):
    """An exception of the user's own class."""


def read(path: Path, *, other: Path) -> Read:
    if path.name != other.name:
        raise UnreadableError(path.name, other.name)
    return Read(path.name, [path.read_text(), other.read_text()])


def in_cluster(component: int) -> tuple[int, int]:
    return component, int(said_by_job("ClusterId"))


def count_on(component: int) -> tuple[int, int]:
    """Return where the component began: at its checkpoint, or at 0, after which it waits."""
    state = Path("state")
    first = int(state.read_text()) if state.exists() else 0
    state.write_text("3")
    htmap.checkpoint(state)
    if not first:
        wait_for_gate()
    return component, first


def wait_and_double(x: int) -> int:
    wait_for_gate()
    return 2 * x


# --- the cases


def finished(tag: str = "kinds") -> htmap.Map:
    """A map that has ended, with what was known of its event log."""
    made = htmap.map(kinds, range(6), tag=tag)
    made.wait(TIMEOUT, errors_ok=True)
    return made


def chunked() -> None:
    """A map that has ended whose components shared jobs, with output and files."""
    htmap.map(talk, range(7), tag="my-chunks", chunksize=3).wait(TIMEOUT, errors_ok=True)


def transferred() -> None:
    """A map whose inputs are files, some of one name, and whose results are of classes that travel by value."""
    for folder in "ab":
        Path("sources", folder).mkdir(parents=True)
        Path("sources", folder, "words.txt").write_text(f"words of {folder}")
    Path("sources/alone.txt").write_text("alone")
    os.chdir("sources")
    args = [(htmap.TransferPath("a/words.txt"),), (htmap.TransferPath("alone.txt"),)]
    kwargs = [{"other": htmap.TransferPath("b/words.txt")}] * 2
    htmap.starmap(read, args, kwargs, tag="files").wait(TIMEOUT, errors_ok=True)


def transient() -> None:
    """A map that nobody gave a tag."""
    htmap.map(double, [1, 2]).wait(TIMEOUT)


def rerun() -> None:
    """A map of which two components were run again, and nobody wrote down what is known of the event log since."""
    made = in_clusters("again")
    state = map_directory() / "state"
    known = state.read_bytes()
    made.rerun([1, 2])
    made.wait(TIMEOUT)
    state.write_bytes(known)


def in_clusters(tag: str) -> htmap.Map:
    made = htmap.map(in_cluster, range(4), tag=tag)
    made.wait(TIMEOUT)
    return made


def checkpointed() -> None:
    """A map that was held after it had checkpointed."""
    made = htmap.map(count_on, range(2), tag="counting", map_options=gated())
    folder = map_directory() / "checkpoints" / "0"
    await_truth(lambda: folder.is_dir() and sorted(path.name for path in folder.iterdir()) == ["0", "1"])
    made.hold()


def queued() -> None:
    """A map whose jobs a test submits into its own pool, as this version did."""
    made = htmap.map(wait_and_double, range(3), tag="queued", map_options=gated())
    made.hold()
    for name in ("events", "submissions.jsonl", "job.stdout"):
        (map_directory() / name).unlink(missing_ok=True)


def creating() -> None:
    """A map whose process was killed before it said that it would submit."""
    old("storage").MapDir.intend = die
    htmap.map(double, range(3), tag="unborn")


def submitting() -> None:
    """A map whose process was killed after it said that it would submit, and before it did."""
    die_at_submission()
    htmap.map(double, range(3), tag="maybe")


def rerunning() -> None:
    """A map whose process was killed when it was about to submit components again."""
    made = in_clusters("half-again")
    die_at_submission()
    made.rerun([0, 2])


def retagging() -> None:
    """A map whose process was killed when it had claimed another tag, and had not given up the first."""
    made = finished("old-tag")
    old("storage").move_tag = die
    made.retag("new-tag")


def removing() -> None:
    """A map whose process was killed when it had said that the map is to be removed, and nothing was deleted yet."""
    made = finished("doomed")
    old("storage").delete_map = die
    made.remove()


def deleting() -> None:
    """A map whose process was killed when its directory was set aside, and nothing in it was deleted yet."""
    made = finished("buried")
    deleted = shutil.rmtree
    shutil.rmtree = lambda path, *args, **kwargs: (  # type: ignore[assignment]
        die() if Path(path).is_dir() else deleted(path, *args, **kwargs)
    )
    made.remove()


CASES: tuple[Callable[[], object], ...] = (
    *(finished, chunked, transferred, transient, rerun, checkpointed, queued),
    *(creating, submitting, rerunning, retagging, removing, deleting),
)


def gated() -> htmap.MapOptions:
    return htmap.MapOptions(custom_options={"Gate": f'"{Path.cwd()}/gate"'})


def map_directory() -> Path:
    return next(Path("maps").iterdir()).absolute()


def await_truth(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_submission() -> None:
    old("condor").Connection.submit = die


def old(module: str) -> Any:
    """Return a module of the old version, which later ones may not have."""
    return importlib.import_module(f"htmap_core.{module}")


# --- the archives


def pack(case: Path, into: Path) -> None:
    """Write a case's HTMAP_DIR into an archive that is the same whenever it is made of the same files."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(case.rglob("*")):
            name = path.relative_to(case)
            if name.parts[0] in {"pool", "logs"} or name.name == RUNTIME:
                continue
            member = tarfile.TarInfo(name.as_posix())
            member.mode = path.lstat().st_mode & 0o777
            if path.is_symlink():
                member.type, member.linkname = tarfile.SYMTYPE, replaced(str(path.readlink()), case)
                archive.addfile(member)
            elif path.is_dir():
                member.type = tarfile.DIRTYPE
                archive.addfile(member)
            else:
                data = packed_content(path, case)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    with into.open("wb") as file, gzip.GzipFile("", "wb", mtime=0, fileobj=file) as compressed:
        compressed.write(content.getvalue())


def packed_content(path: Path, case: Path) -> bytes:
    if path.parent.name in MARKERS:
        return replaced(path.read_text(), case).replace(socket.gethostname(), "@HOST@").encode()
    if path.name in TEXTS or path.name.startswith("items-"):
        return replaced(path.read_text(), case).encode()
    return path.read_bytes()


def replaced(text: str, case: Path) -> str:
    text = text.replace(str(POOL), "@HTMAP_DIR@/pool").replace(str(case), "@HTMAP_DIR@")
    return text.replace(sys.executable, "@PYTHON@")


def make(case: str, source: str) -> None:
    """Make the HTMAP_DIR of a case in a process of its own; what it maps comes from standard input, and so from no file."""
    folder = PLACE / case
    folder.mkdir(mode=0o700)
    (folder / "pool").symlink_to(POOL)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(PLACE), "HTMAP_DIR": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-", case], input=source, cwd=folder, env=environment, text=True, timeout=600, check=False
    )
    assert done.returncode in {0, -signal.SIGKILL}, case


def condor(*arguments: str) -> None:
    environment = {**os.environ, "HTMAP_DIR": str(PLACE), "HTMAP_PLUGINS": "pool"}
    subprocess.run([sys.executable, "-m", "htmap", "pool", *arguments], env=environment, check=True)


def main(installed: Path, here: Path) -> None:
    """Make all archives.

    :param installed: an HTMAP_DIR with an HTCondor.
    :param here: where they go.
    """
    (POOL / "config.d").mkdir(parents=True)
    (POOL / "config.d" / "numbers.conf").write_text(f"SCHEDD_CLUSTER_INITIAL_VALUE = {FIRST_CLUSTER}\n")
    (POOL / "htcondor").symlink_to((installed / "pool" / "htcondor").resolve())
    condor("start", "--cpus", "8")
    try:
        for case in CASES:
            make(case.__name__, Path(__file__).read_text())
            pack(PLACE / case.__name__, here / f"{case.__name__}.tar.gz")
    finally:
        condor("stop")
    runtimes = {path.read_bytes() for path in PLACE.glob(f"*/maps/*/{RUNTIME}")}
    (runtime,) = runtimes
    (here / RUNTIME).write_bytes(runtime)


if __name__ == "__main__":
    named = {case.__name__: case for case in CASES}
    if sys.argv[0] == "-":
        named[sys.argv[1]]()
    else:
        main(Path(sys.argv[1]).expanduser(), Path(__file__).parent)
