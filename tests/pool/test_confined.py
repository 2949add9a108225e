"""A component writes to names of its own below the outputs, and to destinations that its user named, whatever it tries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.components import ComponentStatus
from htmap_core.testing import eventually
from htmap_core.testing.own_settings import using_htmap_dir

pytestmark = pytest.mark.pool

TIMEOUT = 240
PLANTED = "planted by component"
TARGETS = ("map.json", "submit.json", "items-0", "events", "state", "transient", "submissions.jsonl", "_htmap_function")

# What each component tries. `target` names files of the map, `plant(path)` writes one and `mark` is its text; `map_dir` is the
# map's directory, whose path stands in the job's ad; `say(request)` is a line of chirp.
BY_TRANSFER = {
    "files in the scratch directory": "for target in targets: plant(target); plant(f'outputs/0/0/0/{target}')",
    "files in the returned folder": "for target in targets: plant(f'_htmap_return/{target}')",
    "the names of others": "[plant(f'_htmap_return/{path}') for path in ('0/0/0.result', 'outputs/0/0/0.result', '0.result')]",
    "names like ways up": "for name in ('...', '..;..', '..=..', '..\\n..', '.. ', '-', '*'): plant(f'_htmap_return/{name}/x')",
    "files for other components": "[plant(f'_htmap_return/{path}') for path in ('files/0/x', 'files/1/x', 'remapped/1-0')]",
    "a link to a file of the map": "os.symlink(f'{map_dir}/map.json', '_htmap_return/results2'); plant('_htmap_return/x')",
    "a link to nothing yet": "os.symlink(f'{map_dir}/brand-new', '_htmap_return/y')",
    "a link to the map": "os.symlink(map_dir, '_htmap_return/map'); os.symlink('..', '_htmap_return/up')",
    "a link in its place": "shutil.rmtree('_htmap_return'); os.mkdir('other'); os.symlink('other', '_htmap_return')",
    "a file in its place": "shutil.rmtree('_htmap_return'); plant('_htmap_return'); os._exit(1)",
    "a pipe": "os.mkfifo('_htmap_return/pipe')",
    "its own ad": "[plant(path) for path in ('.job.ad', '.machine.ad', '.update.ad')]",
    "its standard output": "os.unlink('_condor_stdout'); os.symlink(f'{map_dir}/map.json', '_condor_stdout')",
    "what travels to it": "[plant(path) for path in glob.glob('_htmap_*') if os.path.isfile(path)]",
}
EVERYWHERE = (
    "for path in [f'{map_dir}/{name}' for name in ('map.json', 'outputs/0/0/0/x', 'new')] + ['new', '0/0/0/x']: "
)
BY_CHIRP = {
    "put": EVERYWHERE + "say(f'putfile {path} 384 1')",
    "open": EVERYWHERE + "say(f'open {path} wct 384')",
    "link": EVERYWHERE + "say(f'link {map_dir}/map.json {path}-hard')",
    "symlink": EVERYWHERE + "say(f'symlink {map_dir}/map.json {path}-soft')",
    "rename": EVERYWHERE + "say(f'rename {map_dir}/submit.json {path}')",
    "unlink": EVERYWHERE + "say(f'unlink {path}')",
    "truncate": EVERYWHERE + "say(f'truncate {path} 0')",
    "chmod": EVERYWHERE
    + "say(f'chmod {path} 511'); say(f'utime {path} 1 1'); say(f'chown {path} 1 1'); say(f'lchown {path} 1 1')",
    "folders": EVERYWHERE + "say(f'mkdir {path} 448'); say(f'rmdir {path}'); say(f'rmall {map_dir}')",
    "its ad": "for name in ('Iwd', 'TransferOutputRemaps', 'UserLog', 'Cmd', 'Out', 'TransferInput', 'LimitDirectoryAccess'): "
    "[say(f'{verb} {name} \"/tmp\"') for verb in ('set_job_attr', 'set_job_attr_delayed')]",
    "its log": "say('ulog 000'); say('phase x'); say('constrain false')",
}
WAYS = {**BY_TRANSFER, **BY_CHIRP}
REFUSALS = {-8, 1}  # the starter does not know such a request, or does not take the attribute


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return what is in a map's directory, without what jobs returned, the event log and its cache."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if f"{name}/".startswith(("outputs/0/", "outputs/_htmap_return/")) or name in {"events", "state"}:
            continue
        what = path.readlink() if path.is_symlink() else b"" if path.is_dir() else path.read_bytes()
        found[name] = (os.fsencode(what), path.lstat().st_mode)
    return found


def trying() -> Callable[[int], Any]:
    """Return a function that tries the way of its component and returns chirp's answers; the last component is honest."""
    ways, targets, planted = list(WAYS.values()), TARGETS, PLANTED

    def function(component: int) -> Any:
        import glob
        import shutil
        import socket

        answers = []

        def plant(path: str) -> None:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(f"{planted} {component}")

        def say(request: str) -> None:
            host, port, cookie = Path(os.environ["_CONDOR_CHIRP_CONFIG"]).read_text().split()
            with socket.create_connection((host, int(port)), 60) as connection, connection.makefile("rwb") as stream:
                for line in (f"cookie {cookie}", request):
                    stream.write(f"{line}\n".encode())
                    stream.flush()
                    answer = stream.readline()
                answers.append(int(answer))

        plant("out")
        htmap.transfer_output_files("out")
        if component == len(ways):
            return "honest"
        ad = Path(os.environ["_CONDOR_JOB_AD"]).read_text()
        (log,) = (line.split('"')[1] for line in ad.splitlines() if line.startswith("UserLog = "))
        known = {"plant": plant, "say": say, "map_dir": Path(log).parent, "targets": targets}
        exec(ways[component], {**known, "os": os, "glob": glob, "shutil": shutil})
        return answers

    return function


class Hostile:
    """A tagged map with a component for each way and an honest one behind them, when all have ended or are held."""

    def __init__(self, htmap_dir: Path, elsewhere: Path) -> None:
        self.elsewhere = elsewhere
        options = htmap.MapOptions(output_remaps={"out": f"{elsewhere}/$(component)"}, max_retries=0)
        self.map = htmap.map(trying(), range(len(WAYS) + 1), options, tag="hostile")
        self.folder = htmap_dir / "maps" / self.map._map_dir.id
        self.before = contents(self.folder)
        eventually(self._is_over, says="all components have ended or are held")
        self.after = contents(self.folder)

    def _is_over(self) -> bool:
        over = {ComponentStatus.COMPLETED, ComponentStatus.ERRORED, ComponentStatus.HELD}
        return set(self.map.component_statuses) <= over


@pytest.fixture(scope="module")
def hostile(module_pool: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    with using_htmap_dir(module_pool):
        yield Hostile(module_pool, tmp_path_factory.mktemp("elsewhere"))


@pytest.fixture(autouse=True)
def in_its_htmap_dir(in_module_pool: Path) -> Path:
    return in_module_pool


def marks(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each file with a mark below a folder, as its path there, with the number of the component that left it."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            text = path.read_text(errors="replace")
            if text.startswith(PLANTED):
                yield path.relative_to(folder).as_posix(), text[len(PLANTED) :].strip()


def test_the_map_is_byte_for_byte_as_before_but_for_the_jobs_own_folders(hostile: Hostile) -> None:
    assert {**hostile.after, "outputs/job.stdout": None} == {**hostile.before, "outputs/job.stdout": None}


def test_what_a_component_leaves_has_its_own_names(hostile: Hostile) -> None:
    found = list(marks(hostile.folder))
    assert len(found) > len(BY_TRANSFER)  # some of them do return what they planted
    lost = "outputs/_htmap_return/"  # nobody reads what is there
    assert [each for each in found if not each[0].startswith((f"outputs/0/0/{each[1]}.", lost))] == []


def test_what_is_sent_elsewhere_is_that_of_the_component_that_the_user_sends_there(hostile: Hostile) -> None:
    found = dict(marks(hostile.elsewhere))
    assert {path for path, number in found.items() if path != number} == set()
    assert str(len(WAYS)) in found


def test_the_submit_side_takes_no_orders(hostile: Hostile) -> None:
    answers = {name: hostile.map[number] for number, name in enumerate(WAYS) if name in BY_CHIRP}
    assert {name for name, given in answers.items() if not given or set(given) - REFUSALS} == set()


def test_the_honest_component_has_its_result(hostile: Hostile) -> None:
    assert hostile.map[len(WAYS)] == "honest"


def test_the_map_can_still_be_handled(hostile: Hostile) -> None:
    mapped = hostile.map
    mapped.retag("tame")
    assert htmap.clean() == []
    mapped.rerun([len(WAYS)])
    assert mapped.get(len(WAYS), timeout=TIMEOUT) == "honest"
    mapped.remove()
    assert not hostile.folder.exists()
