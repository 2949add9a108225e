"""Functions by value are made without cloudpickle where that does the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cloudpickle
import pytest

_SCRIPT = '''
import math
import os.path

STEP = 2
def _counted(x):
    """Count."""
    return x + STEP + math.floor(0.5)
def with_global(x): return _counted(x)
def sharing():
    global STEP
    STEP = STEP + 40
    return _counted(0)
def closing(y):
    z = y
    def inner(x, *more, scale: int = 3, **named) -> "int":
        return (x + z) * scale + sum(more) + len(named)
    inner.note = "kept"
    return inner
def recursive():
    def down(n): return 0 if n == 0 else 1 + down(n - 1)
    return down
def never_filled():
    def inner():
        try:
            return missing
        except NameError:
            return "empty"
    if False:
        missing = 1
    return inner
def with_submodule(): return os.path.basename("a/b")
class Own:
    def double(self, x): return x * STEP
def with_class(x): return Own().double(x)
def making_classes():
    global Made, Pair, Color
    import collections, enum
    class Made: pass
    Pair = collections.namedtuple("Pair", "a b", module=Made.__module__)
    Color = enum.Enum("Color", "RED", module=Made.__module__)
    return Made(), Pair(1, 2), Color.RED
with_default = lambda x, y=STEP: x * y
'''
_FUNCTIONS = {
    "with_global": "f(1) == 3 and f.__globals__['_counted'].__doc__ == 'Count.'",
    "sharing": "f() == 42 and f() == 82",
    "closing(4)": "f(1) == 15 and f(1, 2, scale=1, a=0) == 8 and f.note == 'kept' and f.__annotations__['return'] == 'int'",
    "recursive()": "f(30) == 30",
    "never_filled()": "f() == 'empty'",
    "with_submodule": "f() == 'b'",
    "with_default": "f(4) == 8 and f.__defaults__ == (2,) and f.__qualname__ == f.__name__ == '<lambda>'",
}
_LOAD = """
import sys
from pathlib import Path
from htmap_run import versions
versions.CLOUDPICKLE = sys.argv[2]
from htmap_run.by_value.script import Script
script = Script("archive")
f = script.load_function(Path(sys.argv[1]).read_bytes())
print("cloudpickle" in sys.modules)
assert f.__module__ == "__main__" and f.__globals__["__builtins__"]
"""


def _pickled(expression: str, path: Path) -> Path:
    """Pickle what a script has, in a process of its own, in which the script is ``__main__``."""
    program = f"{_SCRIPT}\nimport cloudpickle, sys\nopen(sys.argv[1], 'wb').write(cloudpickle.dumps({expression}))"
    subprocess.run([sys.executable, "-c", program, path], check=True)
    return path


def _loads(path: Path, check: str, version: str = cloudpickle.__version__) -> bool:
    """Check what a job makes of a pickle; return whether it has imported cloudpickle for that."""
    program = f"{_LOAD}\nassert {check}, {check!r}"
    done = subprocess.run([sys.executable, "-c", program, path, version], check=True, capture_output=True, text=True)
    return {"True": True, "False": False}[done.stdout.strip()]


@pytest.mark.parametrize("expression", _FUNCTIONS)
def test_a_function_is_the_same_with_and_without_cloudpickle(expression: str, tmp_path: Path) -> None:
    path = _pickled(expression, tmp_path / "function")
    assert not _loads(path, _FUNCTIONS[expression])
    assert _loads(path, _FUNCTIONS[expression], version="4.0.0")  # which may write its pickles in another way


def test_what_needs_cloudpickle_has_it_imported(tmp_path: Path) -> None:
    path = _pickled("with_class", tmp_path / "function")
    assert _loads(path, "f(2) == 4")


@pytest.mark.parametrize("module", ["__main__", "of_the_user"])  # cloudpickle.register_pickle_by_value(of_the_user)
@pytest.mark.parametrize("result", ["f", "[f]", "__import__('functools').lru_cache(f)"])
def test_functions_that_came_by_value_go_back_by_value(result: str, module: str, tmp_path: Path) -> None:
    path = _pickled("with_global", tmp_path / "function")
    program = f"{_LOAD}\nfrom htmap_run.pickling import dumps\nscript.take_place()\nf.__module__ = {module!r}\n"
    program += f"assert dumps({result})[1]"
    subprocess.run([sys.executable, "-c", program, path, cloudpickle.__version__], check=True)


@pytest.mark.parametrize("module", ["__main__", "of_the_user"])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_classes_that_the_function_makes_as_globals_go_back_by_value(which: int, module: str, tmp_path: Path) -> None:
    path = _pickled("making_classes", tmp_path / "function")
    program = f"{_LOAD}\nfrom htmap_run.pickling import dumps\nscript.take_place()\n"
    program += f"f.__module__ = f.__globals__['__name__'] = {module!r}\nassert dumps(f()[{which}])[1]"
    subprocess.run([sys.executable, "-c", program, path, cloudpickle.__version__], check=True)
