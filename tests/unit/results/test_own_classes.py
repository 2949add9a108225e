"""Classes of a script, in the session that maps and in a later one, which reads what the first has left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# The execute side: pickles what a function returns, as the runner does it.
THERE = """
import pickle, sys
from htmap_run import pickling
value = pickle.load(sys.stdin.buffer)()
sys.stdout.buffer.write(pickling.dumps(value)[0])
"""

SCRIPT = """
import abc, collections, dataclasses, enum, functools, json, pathlib, pickle, subprocess, sys, typing, warnings
import attrs
from htmap_core.results.pickling import pickle_function
from htmap_core.results.unpickling.payloads import CannotUnpickle, PickledException, unpickle
from htmap_core.user_warnings import ForeignClass

HERE = ".".join(map(str, sys.version_info[:3]))

def leave(name, function):
    ran = subprocess.run(
        [sys.executable, "-c", THERE], input=pickle_function(function).payload, capture_output=True, check=True, timeout=60
    )
    pathlib.Path(name).write_bytes(ran.stdout)

def read(name):
    return unpickle(pathlib.Path(name).read_bytes(), "tide", 0, HERE, None)

def told(name):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = read(name)
    return found, [(each.message.name, each.message.difference) for each in caught]
"""

CLASSES = """
T = typing.TypeVar("T")

class Colour(enum.Enum):
    RED = 1
    BLUE = "b"
class Rights(enum.Flag):
    READ = 1
    WRITE = 2
@dataclasses.dataclass
class Point:
    x: int
    colour: Colour = Colour.RED
    seen: typing.ClassVar[list] = []
    def shown(self):
        return "as it was"
@dataclasses.dataclass
class Deep(Point):
    z: int = 3
@attrs.define
class Defined:
    x: int
Pair = collections.namedtuple("Pair", ["x", "y"])
class Place(typing.NamedTuple):
    x: int
    name: str = "sea"
class Planet(enum.Enum):
    EARTH = (1, 2)
    WORLD = (1, 2)
    def __init__(self, mass, radius):
        self.mass = mass
class Slotted:
    __slots__ = ("x", "__hidden")
    def __init__(self, x):
        self.x = self.__hidden = x
    def __eq__(self, other):
        return type(self) is type(other) and (self.x, self.__hidden) == (other.x, other.__hidden)
class Outer:
    class Inner:
        def __init__(self, x):
            self.x = x
    class Kind(enum.Enum):
        ONE = 1
class Box(typing.Generic[T]):
    def __init__(self, x):
        self.x = x
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Square(Shape):
    def area(self):
        return 4
class Registry(type):
    made = []
    def __init__(cls, name, bases, attributes):
        super().__init__(name, bases, attributes)
        Registry.made.append(name)
class Registered(metaclass=Registry):
    pass
class Plugin:
    known = []
    def __init_subclass__(cls, **more):
        super().__init_subclass__(**more)
        Plugin.known.append(cls.__name__)
class Wave(Plugin):
    def __init__(self):
        super().__init__()
        self.x = 1
class TooDeep(ValueError):
    def __init__(self, depth, unit):
        super().__init__(depth, unit)
        self.depth = depth
class Numbers(list):
    pass
def traced(cls):
    @functools.wraps(cls, updated=())
    class Traced(cls):
        def total(self):
            return super().total() + 1
    return Traced
@traced
class Sum:
    def __init__(self):
        self.x = 1
    def total(self):
        return self.x
class Fussy:
    def __init__(self):
        self.x = 1
    def __setstate__(self, state):
        self.__dict__.update(state)
def make():
    return dict(
        point=Point(1), deep=Deep(1, Colour.BLUE, 4), defined=Defined(1), pair=Pair(1, 2), slotted=Slotted(1),
        inner=Outer.Inner(1), kind=Outer.Kind.ONE, box=Box[int](1), square=Square(), registered=Registered(), wave=Wave(),
        error=TooDeep(3, "m"), numbers=Numbers([1, 2]), colour=Colour.RED, rights=Rights.READ | Rights.WRITE,
        place=Place(1), planet=Planet.WORLD, fussy=Fussy(), sum=Sum(),
        key={Colour.BLUE: [Point(2)]}, itself=Point, of_function=lambda: Point(7),
    )
def make_local():
    class Local:
        x = 1
    return Local()
"""

KINDS = {
    "point": "Point",
    "deep": "Deep",
    "defined": "Defined",
    "pair": "Pair",
    "slotted": "Slotted",
    "inner": "Outer.Inner",
    "kind": "Outer.Kind",
    "box": "Box",
    "square": "Square",
    "registered": "Registered",
    "wave": "Wave",
    "error": "TooDeep",
    "numbers": "Numbers",
    "colour": "Colour",
    "rights": "Rights",
    "place": "Place",
    "planet": "Planet",
    "fussy": "Fussy",
    "sum": "Sum",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a first session has left results: ``all``, ``error``, and ``local`` of a class in a function."""
    path = tmp_path_factory.mktemp("sessions")
    session(path, CLASSES, "leave('all', make); leave('local', make_local); leave('error', lambda: TooDeep(3, 'm'))")
    return path


def session(folder: Path, *parts: str) -> Any:
    """Run a script of these parts; return what it assigns to ``found``."""
    script = folder / "study.py"
    script.write_text("\n".join([f"THERE = {THERE!r}", SCRIPT, "found = None", *parts, "print(json.dumps(found))"]))
    ran = subprocess.run(
        [sys.executable, "study.py"], check=False, cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


def edited(*changes: tuple[str, str]) -> str:
    """Return the classes as they are in a later week."""
    text = CLASSES
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def later(folder: Path) -> Any:
    """Return what the same script finds when it is run again."""
    look = f"""
r, warned = told("all")
found = dict(
    of_own={{name: type(r[name]) is eval(cls) for name, cls in {KINDS!r}.items()}},
    equal=[r["point"] == Point(1), r["deep"] == Deep(1, Colour.BLUE, 4), r["defined"] == Defined(1), r["pair"] == Pair(1, 2),
           r["slotted"] == Slotted(1), r["key"] == {{Colour.BLUE: [Point(2)]}},
           r["itself"] is Point, r["of_function"]() == Point(7)],
    identical=[r["colour"] is Colour.RED, r["rights"] is Rights.READ | Rights.WRITE, r["kind"] is Outer.Kind.ONE,
               r["point"].colour is Colour.RED, r["planet"] is Planet.EARTH],
    whole=[r["inner"].x, r["box"].x, r["box"].__orig_class__ == Box[int], r["square"].area(),
           r["wave"].x, r["numbers"], r["sum"].total()],
    error=[isinstance(r["error"], ValueError), r["error"].depth],
    made=Registry.made, known=Plugin.known, warned=warned, local=[told("local")[0].x, told("local")[1]],
)
"""
    return session(folder, CLASSES, look)


class TestTheSameScriptLater:
    @pytest.mark.parametrize("name", KINDS)
    def test_an_object_is_of_the_class_of_the_script(self, later: Any, name: str) -> None:
        assert later["of_own"][name]

    def test_objects_are_equal_to_those_that_the_script_makes(self, later: Any) -> None:
        assert later["equal"] == [True] * 8
        assert later["whole"] == [1, 1, True, 4, 1, [1, 2], 2]
        assert later["error"] == [True, 3]

    def test_members_of_enums_are_identical(self, later: Any) -> None:
        assert later["identical"] == [True] * 5

    def test_no_class_is_made_besides(self, later: Any) -> None:
        assert (later["made"], later["known"]) == (["Registered"], ["Wave"])

    def test_nobody_is_told(self, later: Any) -> None:
        assert later["warned"] == []

    def test_a_class_that_is_defined_in_a_function_is_made_of_the_pickle(self, later: Any) -> None:
        assert later["local"] == [1, []]

    def test_an_exception_is_of_the_class_of_the_script(self, folder: Path) -> None:
        look = """
try:
    raise PickledException(pathlib.Path("error").read_bytes(), HERE, None).unpickled()
except TooDeep as error:
    found = error.depth
"""
        assert session(folder, CLASSES, look) == 3

    def test_so_is_what_a_process_of_multiprocessing_reads(self, folder: Path) -> None:
        look = """
def looked():
    r, warned = told("all")
    return Point.__module__, r["point"] == Point(1), r["colour"] is Colour.RED, type(r["inner"]) is Outer.Inner, warned

if __name__ == "__main__":
    import multiprocessing
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.apply(looked)
"""
        assert session(folder, CLASSES, look) == ["__mp_main__", True, True, True, []]


# Edits after which objects would not fit the class.
OTHERS = [
    ('    BLUE = "b"\n', ""),
    ("    x: int\n    colour: Colour", "    u: int\n    colour: Colour"),
    ("class Defined:", "class Defined:\n    w: int"),
    ('["x", "y"]', '["y", "x"]'),
    ('    __slots__ = ("x", "__hidden")\n', ""),
    ("class Box(typing.Generic[T])", "class Box(dict)"),
    ("class Wave(Plugin)", "def Wave()"),
    ("    class Inner", "    class Other"),
    ("class Registered(metaclass=Registry)", "class Registered"),
    ("class TooDeep(ValueError)", "class TooDeep(KeyError)"),
    ("self.__dict__.update(state)", "raise RuntimeError"),
]


@pytest.mark.skipif(sys.version_info < (3, 10), reason="dataclasses have no slots")
@pytest.mark.parametrize("is_later", [False, True])
def test_nobody_is_told_of_the_class_that_a_dataclass_with_slots_was_made_of(tmp_path: Path, is_later: bool) -> None:
    classes = """
@dataclasses.dataclass(slots=True)
class Told:
    x: int
    def shown(self):
        return super().__repr__()
def make():
    return Told(1)
"""
    look = """
r, warned = told("told")
found = [type(r) is Told, r == Told(1), warned]
"""
    parts = [classes, 'leave("told", make)']
    if is_later:
        session(tmp_path, *parts)
        parts = [classes]
    assert session(tmp_path, *parts, look) == [True, True, []]


class TestAnEditedScript:
    def test_methods_members_and_attributes_that_were_added_make_no_other_class(self, folder: Path) -> None:
        classes = edited(
            ('return "as it was"', 'return "as it is"'),
            ("class Colour(enum.Enum):", "class Colour(enum.Enum):\n    'All.'\n    GREEN = 3"),
            ("seen: typing.ClassVar[list] = []", "more: typing.ClassVar[int] = 3"),
            ("    x: int\n    colour", "    x: float\n    colour"),
            ("class Slotted:", "class Slotted(abc.ABC):"),
            ("class Square(Shape):", "class Square(Shape, typing.Generic[T]):"),
        )
        look = f"""
r, warned = told("all")
of_own = [type(r[name]) is eval(cls) for name, cls in {KINDS!r}.items()]
found = [all(of_own), r["point"].shown(), r["colour"] is Colour.RED, warned]
"""
        assert session(folder, classes, look) == [True, "as it is", True, []]

    def test_what_changes_the_state_of_objects_makes_another_class_and_the_user_is_told_once(
        self, folder: Path
    ) -> None:
        classes = edited(*OTHERS)
        look = """
r, warned = told("all")
again, told_again = told("all")
found = dict(
    warned={name.partition(".")[2]: difference and difference.partition(":")[0] for name, difference in warned},
    again=told_again, same=all(type(r[name]) is type(again[name]) for name in r),
    usable=[r["point"].x, r["point"].shown(), r["defined"].x, r["pair"].x, r["slotted"].x, r["wave"].x, r["fussy"].x],
    own=[type(r["numbers"]) is Numbers, type(r["square"]) is Square, type(r["rights"]) is Rights, type(r["point"]) is Point],
)
"""
        found = session(folder, classes, look)
        assert found["warned"] == {
            "Colour": "members",
            "Point": "fields",
            "Deep": "fields",
            "Defined": "fields",
            "Pair": "fields",
            "Slotted": "AttributeError",
            "Box": "bases",
            "Wave": None,
            "Outer.Inner": None,
            "Registered": "metaclass",
            "TooDeep": "bases",
            "Fussy": "RuntimeError",
        }
        assert (found["again"], found["same"]) == ([], True)
        assert found["usable"] == [1, "as it was", 1, 1, 1, 1, 1]
        assert found["own"] == [True, True, True, False]


class TestAnotherProgram:
    def test_the_user_is_told_of_each_class_of_the_script_that_is_not_there(self, folder: Path) -> None:
        look = """
r, warned = told("all")
found = dict(
    warned=[name.partition(".")[2] for name, difference in warned if difference is None], again=told("all")[1],
    usable=[r["point"].x, r["inner"].x, r["colour"].name], local=told("local")[1],
)
"""
        found = session(folder, look)
        assert {*KINDS.values()} < {*found["warned"]}
        assert (len(found["warned"]), found["again"], found["local"]) == (len({*found["warned"]}), [], [])
        assert found["usable"] == [1, 1, "RED"]

    def test_a_class_that_is_defined_afterwards_is_that_of_what_is_read_then(self, folder: Path) -> None:
        look = """
before, _ = told("all")
exec(CLASSES)
after = read("all")
found = [type(before["point"]) is Point, type(after["point"]) is Point, after["point"].colour is Colour.RED]
"""
        assert session(folder, f"CLASSES = {CLASSES!r}", look) == [False, True, True]

    def test_a_warning_that_is_made_an_error_is_that_error(self, folder: Path) -> None:
        look = """
warnings.simplefilter("error")
try:
    read("local"), read("error")
except ForeignClass as error:
    found = [error.name, error.difference]
"""
        assert session(folder, look) == ["__main__.TooDeep", None]

    def test_threads_get_whole_objects(self, folder: Path) -> None:
        look = """
import concurrent.futures, threading
sys.setswitchinterval(1e-6)
def looked(_):
    barrier.wait()
    r = read("all")
    return r["point"].shown() == "as it was" and r["slotted"].x == 1
barrier = threading.Barrier(8)
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    found = list(pool.map(looked, range(80)))
"""
        assert session(folder, look) == [True] * 80


class TestAModuleByValue:
    """A module beside the script that was registered with ``cloudpickle.register_pickle_by_value``."""

    @pytest.fixture
    def beside(self, tmp_path: Path) -> Path:
        tmp_path.joinpath("tides.py").write_text(
            CLASSES.replace("\n", "\nimport abc, collections, dataclasses, enum, functools, typing, attrs\n", 1)
        )
        session(
            tmp_path, "import tides, cloudpickle; cloudpickle.register_pickle_by_value(tides); leave('all', tides.make)"
        )
        return tmp_path

    def test_objects_are_of_the_classes_of_the_module_that_is_imported(self, beside: Path) -> None:
        look = f"""
import tides
r, warned = told("all")
found = [all(type(r[name]) is eval("tides." + cls) for name, cls in {KINDS!r}.items()), warned]
"""
        assert session(beside, look) == [True, []]

    def test_nothing_is_imported_for_them_but_the_user_is_told(self, beside: Path) -> None:
        look = """
r, warned = told("all")
found = ["tides" in sys.modules, r["point"].x, ["tides.Point", None] in [list(each) for each in warned]]
"""
        assert session(beside, look) == [False, 1, True]


class TestTheSameSession:
    def test_a_result_changes_nothing_of_a_class(self, tmp_path: Path) -> None:
        look = """
leave("all", make)
Point.seen.append(5)
Point.shown = lambda self: "changed since"
Point.more = 3
Planet.EARTH.mass = 7
before, members = dict(vars(Point)), dict(vars(Colour))
r = read("all")
found = [dict(vars(Point)) == before, dict(vars(Colour)) == members, r["point"].shown(), r["point"] == Point(1), Registry.made,
         Planet.EARTH.mass]
"""
        assert session(tmp_path, CLASSES, look) == [True, True, "changed since", True, ["Registered"], 7]

    def test_a_class_of_a_function_is_that_class_unchanged(self, tmp_path: Path) -> None:
        look = """
Local = type(make_local())
leave("local", lambda: Local())
Local.x = 7
found = [type(read("local")) is Local, read("local").x, told("local")[1]]
"""
        assert session(tmp_path, CLASSES, look) == [True, 7, []]

    def test_a_class_whose_cell_ran_again_is_the_class_of_what_is_read(self, tmp_path: Path) -> None:
        look = f"""
leave("all", make)
old = Point
exec({CLASSES!r})
r, warned = told("all")
found = [type(r["point"]) is Point, Point is old, r["point"].colour is Colour.RED, warned]
"""
        assert session(tmp_path, CLASSES, look) == [True, False, True, []]

    def test_one_whose_cell_ran_again_with_other_fields_stays_what_it_was(self, tmp_path: Path) -> None:
        cell = edited(("    x: int\n    colour: Colour", "    u: int\n    colour: Colour"))
        look = f"""
leave("all", make)
old = Point
exec({cell!r})
r, warned = told("all")
found = [type(r["point"]) is old, r["point"].x, [name for name, _ in warned]]
"""
        assert session(tmp_path, CLASSES, look) == [True, 1, ["__main__.Point", "__main__.Deep"]]
