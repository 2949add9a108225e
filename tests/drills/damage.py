"""HTMAP_DIRs that are damaged in one place, and what must hold of them whoever looks."""

from __future__ import annotations

import functools
import json
import os
import pickle
import random
import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import click

import htmap
from htmap_core.condor import eventlog
from htmap_core.contract.delivery import Suitability
from htmap_core.contract.pools import PoolAddress
from htmap_core.diagnosis import doctor
from htmap_core.exceptions import HTMapException
from htmap_core.files.sealed import seal, unseal
from htmap_core.maps import recovery
from htmap_core.maps.map import engine_of
from htmap_core.storage import decisions, operations
from htmap_core.storage.content import durations
from htmap_core.storage.mapdir import MapDir
from htmap_core.storage.portions.growth import Growth
from htmap_core.storage.portions.growth_record import Added
from htmap_core.storage.root import answers_about_slots, moving
from htmap_core.submission.submit import submit_growth
from htmap_core.testing import run_htmap, using_htmap_dir
from tests.pool.old_maps.unpacking import unpack
from tests.returned import Error, write_results
from tests.unit.damage import COMPONENTS, create

DAMAGED = ("tide", "here", "wave", "old")  # tags of the maps of which a file is damaged
WHOLE = "calm"
HUGE = 10**4400  # more digits than Python reads


class Wrong(AssertionError):
    """Something that must not happen to whoever has a damaged file."""


# --- an HTMAP_DIR to damage


def template(root: Path) -> Path:
    """Make an HTMAP_DIR with maps that have ended, here and in a pool, one that runs, and an old one. It can be copied."""
    with using_htmap_dir(root):
        for tag in (WHOLE, "tide", "wave"):
            made = create(tag, input_of=lambda number: pickle.dumps(((number,), {})))
            _let_run(made) if tag == "wave" else _let_end(made, tag)
        _run_here()
        shutil.rmtree(root / "logs", ignore_errors=True)
        old = unpack("rerun", root)
        (tag,) = set(htmap.get_tags()) - {WHOLE, "tide", "wave", "here"}
        (root / "tags" / "old").write_text(old.name)
        (root / "tags" / tag).unlink()
        _keep_answers(root)
        for each in ("tide", "wave", "here", "old", WHOLE):
            htmap.load(each).status()
            htmap.load(each)._engine.states.save()
    return root


def _let_end(made: MapDir, tag: str) -> None:
    """Let each component of a map that has ended, by the events, have returned what fits to that."""
    made.refresh()
    for component, status in enumerate(htmap.load(tag).component_statuses):
        if status.is_final:
            path = made.path / "outputs" / f"{made.placement.job_of(component).output}.result"
            is_error = status is htmap.ComponentStatus.ERRORED
            end = Error(ValueError("low water"), advice="wait") if is_error else {"height": component}
            write_results(path, {component: end}, stdout={component: f"component {component}\n"})


def _let_run(made: MapDir) -> None:
    """Have the events of a map say that it runs."""
    text = made.events.read_bytes().split(eventlog.END)
    made.events.write_bytes(eventlog.END.join([each for each in text if each[:4] not in {b"005 ", b"\n005"}]))
    made.remove_items(1)
    ledger = made.path / "submissions.jsonl"
    ledger.write_bytes(b"\n".join(ledger.read_bytes().split(b"\n")[:2]) + b"\n")


def _run_here() -> None:
    def invert(number: int) -> float:
        print("inverting", number)
        Path("note.txt").write_text("seen")
        htmap.transfer_output_files("note.txt")
        return 1 / number

    htmap.map(invert, [0, 1, 2], tag="here", where="here", quiet=True)


def _keep_answers(root: Path) -> None:
    """Keep what is no map's: a decision, answers of a collector, how long calls took."""
    scope = decisions.Scope("personal", "127.0.0.1", "/usr")
    found = {"assume": Suitability("yes", "it is there", 1)}
    decision = decisions.Decision(scope, "assume", False, 1.5, "it was the first", found, {})
    decisions.replace(decisions.read(scope), decision)
    answers_about_slots(PoolAddress("personal")).put("true", 8)
    durations.write(root, "0123456789abcdef", durations.Durations(1.5, ("tide",)))


def _interrupt(root: Path, kind: str) -> str:
    """Leave an operation on the map ``tide`` unfinished, or a move of all; return the path of what tells of it."""
    made = MapDir(root / "maps" / _id(root, "tide"))
    if kind == "moving.json":
        with moving(root, [str(root)], root.with_name("moved")):
            return kind
    more = {"new_tag": "ebb"} if kind == "retagging" else {"together": [2, 3]} if kind == "rerunning" else {}
    marker = root / kind / made.id
    with marker.open("w", encoding="utf-8") as file:
        operations.write(file, "tide", pool=attrs.asdict(PoolAddress("personal")), **more)
    return f"{kind}/{made.id}"


def _id(root: Path, tag: str) -> str:
    return (root / "tags" / tag).read_text().split()[0]


OF_ALL = ("removed", "creating", "rerunning", "retagging", "running")  # without these folders, no map can be used
UNFINISHED = ("removed", "creating", "rerunning", "retagging", "running", "moving.json")


def places(root: Path) -> list[str]:
    """Return what can be damaged: all files and folders but those of the map that stays whole, with ids as tags."""
    whole, found = _id(root, WHOLE), []
    ids = {_id(root, tag): tag for tag in DAMAGED}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if whole not in name and name != f"tags/{WHOLE}" and path.name not in {"maps", "tags"}:
            for known, tag in ids.items():
                name = name.replace(known, f"<{tag}>")
            found.append(name)
    return found + [f"unfinished {each}" for each in UNFINISHED]


# --- damage


def empty(path: Path, _: random.Random) -> None:
    path.write_bytes(b"")


def truncate(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content) or 1)])


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes() or b"\0")
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def scramble(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes() or b"\0")
    for _ in range(chance.randrange(1, 40)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)


def zero(path: Path, _: random.Random) -> None:
    path.write_bytes(bytes(len(path.read_bytes())))


def put_nul(path: Path, chance: random.Random) -> None:
    _insert(path, chance, b"\0")


def put_no_text(path: Path, chance: random.Random) -> None:
    _insert(path, chance, b"\xff\xfe\x80")


def _insert(path: Path, chance: random.Random, what: bytes) -> None:
    content = path.read_bytes()
    at = chance.randrange(len(content) + 1)
    path.write_bytes(content[:at] + what + content[at:])


def append(path: Path, chance: random.Random) -> None:
    path.write_bytes(path.read_bytes() + chance.choice([b"\n", b"{}", b"\n[1, 2]\n", b"more", b"\0" * 100]))


def other_json(path: Path, chance: random.Random) -> None:
    path.write_bytes(
        chance.choice([b"[]", b"17", b'"text"', b"null", b"{}", b"[" * 100_000, b"1" * 5000, b'{"a": NaN}'])
    )


def long_line(path: Path, _: random.Random) -> None:
    path.write_bytes(b"a/b" * 3000)


def is_json(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes().split(b"\n")[0] or b"x"), dict) or path.suffix == ".json"
    except ValueError:
        return path.suffix == ".json"


VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    7,
    2**70,
    1e300,
    "",
    "text",
    "a\0b",
    "\ud800",
    "../..",
    "/etc",
    [],
    [1],
    [[1, 2]],
    {},
    {"a": 1},
]


def other_values(path: Path, chance: random.Random) -> None:
    """Give one value in a file another type or size, and seal it anew: as another program would have written it."""
    lines = [path.read_bytes()] if path.suffix == ".json" else path.read_bytes().split(b"\n")
    number = chance.choice([at for at, line in enumerate(lines) if line.strip()] or [0])
    try:
        was_sealed = b'"checksum"' in lines[number]
        content = unseal(lines[number]) if was_sealed else json.loads(lines[number] or b"{}")
    except ValueError:
        return other_json(path, chance)
    _change(content, chance)
    lines[number] = (seal(content) if was_sealed and content else json.dumps(content)).encode("ascii", "replace")
    path.write_bytes(b"\n".join(lines))
    return None


def _change(content: dict[str, Any], chance: random.Random) -> None:
    key = chance.choice(sorted(content) or ["a"])
    inner = content.get(key)
    if isinstance(inner, dict) and inner and chance.random() < 0.6:
        _change(inner, chance)
    elif chance.random() < 0.2:
        content.pop(key, None)
    else:
        content[key] = chance.choice(VALUES)


def delete(path: Path, _: random.Random) -> None:
    _clear(path)


def folder(path: Path, chance: random.Random) -> None:
    _clear(path)
    path.mkdir()
    if chance.random() < 0.5:
        (path / "more").write_text("x")


def file(path: Path, _: random.Random) -> None:
    _clear(path)
    path.write_text("x")


def dangling(path: Path, _: random.Random) -> None:
    _clear(path)
    path.symlink_to("nowhere/at/all")


def loop(path: Path, _: random.Random) -> None:
    _clear(path)
    path.symlink_to(path.name)


def outside(path: Path, _: random.Random) -> None:
    """Put a link to something of the user's outside of HTMAP_DIR."""
    precious = _precious(path)
    _clear(path)
    path.symlink_to(precious if path.name.startswith("_") else precious / "thesis.tex")


def outside_folder(path: Path, _: random.Random) -> None:
    precious = _precious(path)
    _clear(path)
    path.symlink_to(precious)


def pipe(path: Path, _: random.Random) -> None:
    _clear(path)
    os.mkfifo(path)


def _precious(path: Path) -> Path:
    return next(each for each in path.parents if (each / "precious").is_dir()) / "precious"


def _clear(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


CHANGES: dict[str, Callable[[Path, random.Random], None]] = {
    each.__name__: each
    for each in (
        empty,
        truncate,
        flip,
        scramble,
        zero,
        put_nul,
        put_no_text,
        append,
        other_json,
        long_line,
        other_values,
    )
}
REPLACEMENTS: dict[str, Callable[[Path, random.Random], None]] = {
    each.__name__: each for each in (delete, folder, file, dangling, loop, outside, outside_folder, pipe)
}


# --- what those do who look


def looks(tag: str) -> dict[str, Callable[[], object]]:
    """Return what only reads a map."""

    def of(use: Callable[[htmap.Map], object]) -> Callable[[], object]:
        return lambda: use(htmap.load(tag))

    return {
        "status of it": of(lambda m: (m.status(), m.component_statuses, m.counts() if hasattr(m, "counts") else None)),
        "view": of(lambda m: (repr(m), m._repr_html_())),
        "facts": of(lambda m: (len(m), m.components, m.is_transient, m.local_data, m.tag, m.exists)),
        "states": of(lambda m: (m.is_done, m.is_active, m.holds, m.hold_report(), m.failed, m.components_by_status())),
        "figures": of(lambda m: (m.memory_usage, m.runtime, m.chunk_report())),
        "errors": of(lambda m: [error.report() for error in m._engine.errors_so_far()]),
        "output": of(lambda m: [_each(m.stdout), _each(m.stderr), _each(m.output_files)]),
        "inputs": of(lambda m: list(m.iter_inputs())),
        "plan": of(lambda m: str(m.plan())),
        "submit file": of(lambda m: m.submit_file(1)),
        "advice": of(lambda m: str(m.advise())),
        "why": of(lambda m: m.why([0, 1])),
        "wait": of(lambda m: m.wait(timeout=0.01)),
    }


def _each(sequence: Any) -> list[object]:
    found: list[object] = []
    for number in range(len(sequence)):
        try:
            found.append(sequence[number])
        except (FileNotFoundError, HTMapException):  # as the documentation of these has it
            found.append(None)
    return found


COMMANDS = {
    "htmap components": ["components"],
    "htmap errors": ["errors"],
    "htmap reasons": ["reasons"],
    "htmap why": ["why"],
    "htmap path": ["path"],
}


def grow(tag: str) -> None:
    """Add a component to a map, in a pool that takes it."""
    made = htmap.load(tag)
    with Growth(engine_of(made).map_dir, tag, len(made)) as growth:
        growth.add_input(b"more")
        growth.finish()
        queue: Any = SimpleNamespace(submit=lambda _: SimpleNamespace(cluster=99))
        submit_growth(growth, Added(growth.first, growth.runs, {}), {"universe": "vanilla"}, queue)


def _gather(tag: str, found: list[object]) -> None:
    found += results(tag)


def results(tag: str) -> list[object]:
    """Return the result of each component, or the name of what was raised instead."""
    found: list[object] = []
    for number in range(COMPONENTS):
        try:
            found.append(htmap.load(tag)[number])
        except HTMapException as error:
            found.append(type(error))
    return found


@attrs.frozen
class Damaged:
    """A copy of the template with damage in one place.

    :param parent: the folder with the copy, and with what must not be touched.
    """

    parent: Path
    tag: str
    place: str

    @property
    def root(self) -> Path:
        """The HTMAP_DIR."""
        return self.parent / "htmap"

    @classmethod
    def of(cls, template: Path, parent: Path, case: str) -> Damaged:
        """Return what a case describes: a place, a kind of damage, and the seed of what is left to chance."""
        place, way, seed = case.rsplit(" ", 2)
        shutil.copytree(template, parent / "htmap", symlinks=True)
        (parent / "precious").mkdir()
        (parent / "precious" / "thesis.tex").write_text("ten years of work")
        root = parent / "htmap"
        tag = next((each for each in DAMAGED if f"<{each}>" in place or place == f"tags/{each}"), "tide")
        if place.startswith("unfinished "):
            place = _interrupt(root, place.partition(" ")[2])
        for each in DAMAGED:
            place = place.replace(f"<{each}>", _id(root, each))
        {**CHANGES, **REPLACEMENTS}[way](root / place, random.Random(seed))
        return cls(parent, tag, place)

    def check(self, right: dict[str, list[object]]) -> None:
        """Look at the maps, act on them, and remove the damaged one.

        :param right: the results of all maps while they were whole.
        """
        untouched = self._untouched()
        with using_htmap_dir(self.root), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._look(right)
            self._act()
            self._remove()
            if missing := untouched - self._untouched():
                raise Wrong(f"something outside was changed: {missing}")

    def _untouched(self) -> set[tuple[str, bytes]]:
        whole = self.root / "maps" / _id(self.root, WHOLE)
        found = [path for folder in (self.parent / "precious", whole) for path in folder.rglob("*")]
        return {(str(path), path.read_bytes()) for path in found if path.is_file() and path.name != "state"}

    def _look(self, right: dict[str, list[object]]) -> None:
        self._shows_the_others()
        for name, ask in looks(self.tag).items():
            self._only_ours(name, ask)
        for name, arguments in COMMANDS.items():
            rest = [self.tag if each == "@" else each for each in arguments[1:]] or [self.tag]
            self._type(name, arguments[0], *rest)
        self._only_ours("doctor", lambda: list(doctor._files()))
        for tag, expected in right.items():
            found: list[object] = []
            self._only_ours("results", functools.partial(_gather, tag, found))
            for one, other in zip(found, expected):
                if one != other and not isinstance(one, type):
                    raise Wrong(f"a result of {tag} is {one!r}, and should be {other!r}")
            if tag == WHOLE and self.place not in OF_ALL and found != expected:
                raise Wrong(f"results of the whole map: {found!r}")

    def _shows_the_others(self) -> None:
        answer = self._type("htmap status --json", "status", "--json")
        if self.place in OF_ALL:
            return
        shown = {each["tag"] for each in json.loads(answer.stdout)["maps"]}
        if not {WHOLE, *DAMAGED} - {self.tag} <= shown:
            raise Wrong(f"status shows only {sorted(shown)}: {answer.stderr[-500:]}")
        is_being_removed = self.place.startswith("removed/")
        if self.tag not in shown and self.tag in htmap.get_tags() and not is_being_removed:
            raise Wrong(f"no row for {self.tag}: {answer.stdout[-500:]}")
        self._type("htmap status", "status")

    def _act(self) -> None:
        self._only_ours("settle", recovery.settle)
        self._grow()
        if self.tag == "here":
            self._only_ours("rerun", lambda: htmap.load(self.tag).rerun([1]))
        else:
            self._type("htmap rerun", "rerun", "map", self.tag)
        self._type("htmap retag", "retag", self.tag, "neap")
        self._type("htmap retag", "retag", "neap", self.tag)
        self._type("htmap hold", "hold", self.tag)
        self._shows_the_others()

    def _grow(self) -> None:
        """Add a component, as resuming and executors do. What results can be read of the others stays."""
        before = results(self.tag)
        if self.tag != "here":
            self._only_ours("growth", lambda: grow(self.tag))
        after = results(self.tag)
        if any(one != other and not isinstance(one, type) for one, other in zip(before, after)):
            raise Wrong(f"growth: there were the results {before!r}, and are {after!r}")

    def _remove(self) -> None:
        if self.place in OF_ALL:
            return
        self._type("htmap remove", "remove", self.tag)
        left = htmap.get_tags()
        if self.tag in left:
            answer = self._type("htmap remove --force", "remove", "--force", self.tag)
            if answer.exit_code or self.tag in htmap.get_tags():
                raise Wrong(f"remove --force: {answer.stderr[-700:]}")
        if not {WHOLE, *DAMAGED} - {self.tag} <= {*htmap.get_tags()}:
            raise Wrong(f"other maps are gone: {left} of them are left")

    def _only_ours(self, name: str, act: Callable[[], object]) -> None:
        try:
            act()
        except HTMapException as error:
            str(error)
        except Exception as error:
            raise Wrong(f"{name}: {type(error).__name__}: {error}") from error

    def _type(self, name: str, *arguments: str) -> Any:
        answer = run_htmap(*arguments)
        error = answer.exception
        if not isinstance(error, (HTMapException, click.ClickException, SystemExit, type(None))):
            raise Wrong(f"{name}: {type(error).__name__}: {error}") from error
        return answer


def cases(root: Path, ways: dict[str, Any]) -> Callable[[random.Random], Iterator[str]]:
    """Return what gives cases by chance: a place, a kind of damage, and a seed."""
    known = places(root)
    files = [place for place in known if place.startswith("unfinished") or _real(root, place).is_file()]

    def by_chance(chance: random.Random) -> Iterator[str]:
        while True:
            way = chance.choice(list(ways))
            place = chance.choice(known if way in REPLACEMENTS else files)
            yield f"{place} {way} {chance.randrange(10**6)}"

    return by_chance


def _real(root: Path, place: str) -> Path:
    for tag in DAMAGED:
        place = place.replace(f"<{tag}>", _id(root, tag))
    return root / place
