"""Another local user comes to an HTMAP_DIR: where it is closed they reach nothing; where it is open nothing of theirs is run."""

from __future__ import annotations

import contextlib
import os
import pwd
import random
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap.exceptions import HTMapException, HTMapWarning
from htmap_core.testing import run_htmap, using_htmap_dir
from tests.drills.frame import Drill

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(os.getuid() != 0, reason="only root can act as several users"),
]

TAG = "tide"
COMPONENTS = 3


def as_nobody(deed: Callable[[], None]) -> None:
    """Do something as another user, in a process of its own."""
    found = pwd.getpwnam("nobody")
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setgid(found.pw_gid)
            os.setuid(found.pw_uid)
            deed()
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@pytest.fixture
def public() -> Iterator[Path]:
    """Return a folder that everybody may enter, and write to; such as one on a scratch disk."""
    folder = Path(tempfile.mkdtemp(prefix="htmap-drill-", dir="/var/tmp"))
    folder.chmod(0o1777)
    yield folder
    shutil.rmtree(folder)


class TouchesWhenRead:
    def __init__(self, canary: Path) -> None:
        self._canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.open, (str(self._canary), os.O_CREAT | os.O_WRONLY)


def make_map(folder: Path, function: Callable[[int], object]) -> None:
    with using_htmap_dir(folder):
        htmap.map(function, range(COMPONENTS), tag=TAG, where="here", quiet=True)


@pytest.fixture
def victim(htmap_dir: Path, public: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = public / "victim"
    make_map(folder, lambda x: x * x)
    monkeypatch.setenv("HTMAP_DIR", str(folder))
    return folder


@pytest.fixture
def stranger(htmap_dir: Path, public: Path) -> Path:
    """Return an HTMAP_DIR whose map touches a file when its function is run, or a result of it is read."""
    folder, canary = public / "stranger", public / "canary"

    def touches(_: int) -> object:
        return TouchesWhenRead(canary)

    make_map(folder, touches)
    canary.unlink(missing_ok=True)  # it has run here
    for path in [folder, *folder.rglob("*")]:
        os.chmod(path, 0o777, follow_symlinks=not path.is_symlink())
    return folder


# --- where it is closed


REACHING: dict[str, Callable[[str], object]] = {
    "look at": os.stat,
    "read": lambda path: os.close(os.open(path, os.O_RDONLY)),
    "write": lambda path: os.close(os.open(path, os.O_WRONLY)),
    "delete": os.unlink,
    "delete the folder": os.rmdir,
    "rename": lambda path: os.rename(path, f"{path}.moved"),
    "put a file beside": lambda path: os.close(os.open(f"{path}.new", os.O_WRONLY | os.O_CREAT)),
    "put a link beside": lambda path: os.symlink("/etc/passwd", f"{path}.link"),
    "link": lambda path: os.link(path, f"/var/tmp/htmap-drill-{os.getpid()}"),
    "open to all": lambda path: os.chmod(path, 0o777),
    "cut": lambda path: os.truncate(path, 0),
}


def test_of_a_closed_one_another_user_reaches_nothing(drill: Drill, victim: Path) -> None:
    below = sorted(str(path.relative_to(victim)) for path in victim.rglob("*"))

    def cases(chance: random.Random) -> Iterator[str]:
        together = [f"{how}: {path}" for how in REACHING for path in below]
        yield from chance.sample(together, len(together))

    chosen = drill.chosen(cases, full=500, short=60)
    reached = victim.parent / "reached"
    reached.touch()
    reached.chmod(0o666)

    def try_all() -> None:
        for number, case in enumerate(chosen):
            how, _, path = case.partition(": ")
            with contextlib.suppress(PermissionError):
                REACHING[how](str(victim / path))
                with reached.open("a") as file:
                    file.write(f"{number}\n")

    as_nobody(try_all)
    done = {int(number) for number in reached.read_text().split()}
    for number, case in enumerate(chosen):
        with drill.trying(case):
            assert number not in done
    assert list(htmap.load(TAG)) == [0, 1, 4]


# --- where it is open


def use_all() -> None:
    """Do with the map what its user would; whatever is refused is refused by an exception of HTMap."""
    for command in (["status"], ["errors", TAG], ["stdout", TAG, "0"], ["why", TAG], ["doctor"], ["settle"]):
        given = run_htmap(*command)
        assert given.exception is None or isinstance(given.exception, (HTMapException, HTMapWarning, SystemExit)), given
    for use in (list, lambda mapped: mapped.rerun(), list, lambda mapped: mapped.remove(force=True)):
        with contextlib.suppress(HTMapException):
            use(htmap.load(TAG))


def opened(victim: Path, case: str) -> None:
    """Give others a way into an HTMAP_DIR: a mode of it, and of one folder in it, or the folder itself."""
    top, _, how, name = case.split(" ", 3)
    place = victim / name
    if how == "owned":
        found = pwd.getpwnam("nobody")
        shutil.chown(place, found.pw_uid)
    else:
        place.chmod(int(how, 8))
    if place != victim:
        victim.chmod(int(top, 8))


def put_all(stranger: Path, victim: Path) -> None:
    """Put all that another user has made where the victim's is: whole folders where they can, else single files."""
    for theirs in stranger.iterdir():
        place = victim / theirs.name
        with contextlib.suppress(OSError):
            place.rename(place.with_name(f"{place.name}.away"))
        with contextlib.suppress(OSError):
            shutil.copytree(theirs, place) if theirs.is_dir() else shutil.copyfile(theirs, place)
        if theirs.is_dir():
            put_all(theirs, place)


def test_where_others_could_put_something_nothing_of_theirs_is_run(drill: Drill, victim: Path, stranger: Path) -> None:
    kept, canary = victim.with_name("kept"), victim.with_name("canary")
    shutil.copytree(victim, kept, symlinks=True)
    folders = sorted(str(path.relative_to(victim)) for path in [victim, *victim.rglob("*")] if path.is_dir())

    def cases(chance: random.Random) -> Iterator[str]:
        while True:
            top, how = chance.choice(["700", "711", "755", "775"]), chance.choice(["777", "1777", "773", "owned"])
            yield f"{top} and {how} {chance.choice(folders)}"

    for case in drill.chosen(cases, full=200, short=5):
        with drill.trying(case), warnings.catch_warnings():
            warnings.simplefilter("ignore", HTMapWarning)
            opened(victim, case)
            as_nobody(lambda: put_all(stranger, victim))
            use_all()
            assert not canary.exists()
        canary.unlink(missing_ok=True)
        shutil.rmtree(victim)
        shutil.copytree(kept, victim, symlinks=True)


def test_what_the_other_user_puts_there_would_be_run_where_they_are_trusted(victim: Path, stranger: Path) -> None:
    victim.chmod(0o777)
    as_nobody(lambda: put_all(stranger, victim))
    htmap.settings["TRUSTED_FOLDERS"] = [str(victim)]
    for opened in htmap.load(TAG):
        os.close(opened)
    assert victim.with_name("canary").exists()
