"""Several versions of HTMap in turn on one HTMAP_DIR: none deletes what it does not understand, also after a crash.

A newer version is a copy of this one that writes another format and adds a key to each file; 0.7.0 is what the history has. Each
runs in processes of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import htmap
from htmap_core.exceptions import MadeByNewerHTMap
from htmap_core.storage.content.formats import FORMAT, WRITTEN
from htmap_core.testing import run_htmap
from htmap_core.user_warnings import NewerMap

pytestmark = pytest.mark.pool

TIMEOUT = 180
ROOT = Path(__file__).parents[2]
COMMIT_OF_0_7_0 = "b83527c"
PACKAGES = ["htmap", "htmap_core", "htmap_run", "plugins/htmap-pool/htmap_pool", "plugins/htmap-assume/htmap_assume"]

CREATE = "import htmap; htmap.map(lambda x: 2 * x, range(2), tag='tide').wait(180)"
READ = "import htmap; print(list(htmap.load('tide')))"
LIST = "import htmap; print(htmap.get_tags())"

# Where a version changes: file, text, other text.
Change = tuple[str, str, str]
FORMATS = "htmap_core/storage/content/formats.py"
NEWER_FORMAT = [
    (FORMATS, f"FORMAT = {FORMAT}\n", f"FORMAT = {FORMAT + 1}\n"),
    (FORMATS, f"WRITTEN = {WRITTEN}\n", f"WRITTEN = {FORMAT + 1}\n"),
]
MORE_KEYS = ("htmap_core/files/sealed.py", "json.dumps(content, ", 'json.dumps({**content, "colour": "blue"}, ')
READ_BY_US = ("htmap_core/files/sealed.py", "json.dumps(content, ", f'json.dumps({{**content, "needs": {FORMAT}}}, ')
TAKEN = "            cluster = queue.submit(text).cluster\n"
DIES = ("htmap_core/submission/submit.py", TAKEN, f"{TAKEN}            import os; os.kill(os.getpid(), 9)\n")

Run = Callable[..., subprocess.CompletedProcess[str]]


def copy_of_this_version(folder: Path, *changes: Change) -> Run:
    """Copy HTMap with some changes, and return what runs a program with the copy."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for change in changes:
        apply(folder, *change)
    return running(folder)


def apply(folder: Path, name: str, before: str, after: str) -> None:
    text = (folder / name).read_text()
    assert before in text
    (folder / name).write_text(text.replace(before, after, 1))


def running(folder: Path) -> Run:
    """Return what runs a program with the HTMap in a folder."""

    def run(code: str) -> subprocess.CompletedProcess[str]:
        path = [folder, folder / "plugins/htmap-pool", folder / "plugins/htmap-assume"]
        own = {
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "HTMAP_PLUGINS": "pool,assume",
            "HTMAP_DELIVERY": "assume",
        }
        command = [sys.executable, "-c", f"import htmap_core; assert {str(folder)!r} in htmap_core.__file__; {code}"]
        environment = {**os.environ, **own}
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
        )

    return run


def done(found: subprocess.CompletedProcess[str]) -> str:
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@pytest.fixture
def version_0_7_0(tmp_path: Path) -> Run:
    """Return what runs a program with 0.7.0."""
    packed = tmp_path / "0.7.0.tar"
    command = ["git", "-C", str(ROOT), "archive", f"--output={packed}", COMMIT_OF_0_7_0]
    if shutil.which("git") is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("the history has no 0.7.0: this is no clone, or a shallow one")
    shutil.unpack_archive(packed, tmp_path / "0.7.0")
    return running(tmp_path / "0.7.0")


def test_a_map_goes_to_and_fro_between_versions_that_understand_it(personal_pool: Path, tmp_path: Path) -> None:
    newer = copy_of_this_version(tmp_path / "newer", *NEWER_FORMAT, READ_BY_US)
    done(newer(CREATE))
    made = htmap.load("tide")
    assert list(made) == [0, 2]
    made.rerun([1])
    made.wait(TIMEOUT)
    assert done(newer(f"{READ}; htmap.load('tide').retag('ebb')")) == "[0, 2]"
    htmap.remove("ebb")
    assert list((personal_pool / "maps").iterdir()) == []


def test_a_map_that_only_a_newer_version_understands_stays(personal_pool: Path, tmp_path: Path) -> None:
    newer = copy_of_this_version(tmp_path / "newer", *NEWER_FORMAT, MORE_KEYS)
    done(newer(CREATE))
    with pytest.raises(MadeByNewerHTMap) as caught:
        htmap.load("tide")
    assert (caught.value.needs, caught.value.version) == (FORMAT + 1, htmap.__version__)
    with pytest.warns(NewerMap):
        assert htmap.clean(all=True) == []
    assert run_htmap("remove", "tide").exit_code == 1
    assert done(newer(READ)) == "[0, 2]"
    assert done(newer(f"{LIST}; htmap.remove('tide'); print(htmap.get_tags())")).splitlines() == ["('tide',)", "()"]
    assert list((personal_pool / "maps").iterdir()) == []


@pytest.mark.parametrize("is_understood", [True, False])
def test_what_a_newer_version_was_creating_is_finished_by_who_understands_it(
    personal_pool: Path, tmp_path: Path, is_understood: bool
) -> None:
    version = [*NEWER_FORMAT, READ_BY_US if is_understood else MORE_KEYS]
    assert copy_of_this_version(tmp_path / "dies", *version, DIES)(CREATE).returncode == -9
    assert htmap.get_tags() == ("tide",)
    assert any((personal_pool / "creating").iterdir()) is not is_understood
    if is_understood:
        made = htmap.load("tide")
        made.wait(TIMEOUT)
        assert list(made) == [0, 2]
    else:
        assert run_htmap("remove", "tide").exit_code == 1
        newer = copy_of_this_version(tmp_path / "newer", *version)
        assert done(newer(f"import htmap; htmap.load('tide').wait({TIMEOUT}); {READ}")) == "[0, 2]"
        done(newer("import htmap; htmap.remove('tide')"))
        assert list((personal_pool / "maps").iterdir()) == []


def test_0_7_0_leaves_alone_what_this_version_was_creating(
    personal_pool: Path, tmp_path: Path, version_0_7_0: Run
) -> None:
    assert copy_of_this_version(tmp_path / "dies", DIES)(CREATE).returncode == -9
    assert done(version_0_7_0(LIST)) == "('tide',)"
    assert any((personal_pool / "creating").iterdir())
    made = htmap.load("tide")
    made.wait(TIMEOUT)
    assert list(made) == [0, 2]
    assert version_0_7_0(READ).returncode == 1
    assert list(htmap.load("tide")) == [0, 2]


def test_this_version_finishes_what_0_7_0_was_creating(personal_pool: Path, tmp_path: Path, version_0_7_0: Run) -> None:
    apply(tmp_path / "0.7.0", "htmap_core/storage/submission.py", *DIES[1:])
    assert version_0_7_0(CREATE).returncode == -9
    made = htmap.load("tide")
    made.wait(TIMEOUT)
    assert list(made) == [0, 2]
    made.rerun([0])
    made.wait(TIMEOUT)
    assert list(made) == [0, 2]
