"""When functions are the same: pairs of scripts, each of which defines ``f``."""

from __future__ import annotations

from typing import Any

import pytest

from htmap_core.fingerprints.fingerprint import Fingerprint, Fingerprints

SAME = {
    "comments, blank lines and places": (
        "K = 2\ndef g(x): return x * K\ndef f(x): return g(x) + 1",
        "# new\n\n\ndef f(x):\n    # why\n    return g(x) + 1\n\nother = 3\n\ndef g(x):\n\n    return x * K\nK = 2",
    ),
    "docstrings": (
        "def g(x):\n    class C: pass\n    return C\ndef f(x): return g(x)",
        'def g(x):\n    "one"\n    class C:\n        "two"\n    return C\ndef f(x):\n    """three"""\n    return g(x)',
    ),
    "docstrings of classes and properties": (
        "class C:\n    @property\n    def p(self): return 1\ndef f(x): return C().p",
        'class C:\n    "says"\n    @property\n    def p(self):\n        "says"\n        return 1\ndef f(x): return C().p',
    ),
    "globals that the code does not name": ("k = 1\ndef f(x): return x", "k = 2\nl = 3\ndef f(x): return x"),
    "a set in the code": (
        "def f(x): return x in {'a', 'b', 'c', 'd'}",
        "def f(x): return x in {'d', 'c', 'b', 'a'}",
    ),
    "the order of methods": (
        "class C:\n    def a(self): return 1\n    def b(self): return 2\ndef f(x): return C()",
        "class C:\n    def b(self): return 2\n    def a(self): return 1\ndef f(x): return C()",
    ),
    "a function that was moved into another": (
        "def f(x):\n    class C: pass\n    return lambda: (x, C)",
        "def make():\n    def f(x):\n        class C: pass\n        return lambda: (x, C)\n    return f\nf = make()",
    ),
    "the size of a cache so far": (
        "import functools\n@functools.lru_cache(maxsize=None)\ndef f(x): return x",
        "import functools\n@functools.lru_cache(maxsize=None)\ndef f(x): return x\nf(1)",
    ),
    "mutual recursion through a dictionary": (
        "def a(x): return T['b'](x)\ndef b(x): return T['a'](x)\nT = {'a': a, 'b': b}\ndef f(x): return a(x)",
        "def f(x): return a(x)\ndef b(x): return T['a'](x)\ndef a(x): return T['b'](x)\nT = {'a': a, 'b': b}",
    ),
}

HELPED = "def g(x): return x + {}\n"  # a helper of which one constant differs

# Two functions of one cell, or of two; and an enum of which one word differs.
CELL = """
def make():
    n = 0
    def a():
        nonlocal n; n += 1; return n
    def b(): return n
    return a, b
"""
MADE = """
import enum
class E(int, enum.Enum):
    def __new__(cls, v): made = int.__new__(cls, v); made._value_ = {}; return made
    A = 1
def f(x): return E(x)
"""

DIFFERENT = {
    "a constant": ("def f(x): return x + 1", "def f(x): return x + 2"),
    "a constant of another type": ("def f(x): return x + 1", "def f(x): return x + 1.0"),
    "a constant equal to another": ("def f(x): return x, 1, True", "def f(x): return x, True, 1"),
    "negative zero": ("def f(x): return 0.0", "def f(x): return -0.0"),
    "the order of constants": ("def f(x): return x + 1 + 2 + 1", "def f(x): return x + 1 + 2 + 2"),
    "an operator": ("def f(x): return x < 1", "def f(x): return x <= 1"),
    "a name of an attribute": ("def f(x): return x.real", "def f(x): return x.imag"),
    "the name of a global that is built in": ("def f(x): return min(x)", "def f(x): return max(x)"),
    "a string of a comprehension": ("def f(x): return ['a' for _ in x]", "def f(x): return ['b' for _ in x]"),
    "a string of a lambda": ("def f(x): return (lambda: 'a')()", "def f(x): return (lambda: 'b')()"),
    "the only string": ("f = lambda: 'a'", "f = lambda: 'b'"),
    "a default": ("def f(x, y=1): return y", "def f(x, y=2): return y"),
    "a default of a keyword": ("def f(x, *, y=1): return y", "def f(x, *, y=2): return y"),
    "a parameter that became a keyword": ("def f(x, y=1): return y", "def f(x, *, y=1): return y"),
    "a closure": (
        "def make(n): return lambda x: n\nf = make(1)",
        "def make(n): return lambda x: n\nf = make(2)",
    ),
    "a shared cell": (
        f"{CELL}g, h = make()\ndef f(x): return g(), h()",
        f"{CELL}g, h = make()[0], make()[1]\ndef f(x): return g(), h()",
    ),
    "a global": ("k = 1\ndef f(x): return k", "k = 2\ndef f(x): return k"),
    "a global of a function within": ("k = 1\ndef f(x): return lambda: k", "k = 2\ndef f(x): return lambda: k"),
    "a global in a class within": (
        "k = 1\ndef f(x):\n    class C:\n        a = k\n    return C.a",
        "k = 2\ndef f(x):\n    class C:\n        a = k\n    return C.a",
    ),
    "a global that hides what is built in": ("def f(x): return len(x)", "len = 3\ndef f(x): return len(x)"),
    "an attribute of a global": (
        "import types\nn = types.SimpleNamespace(k=1)\ndef f(x): return n.k",
        "import types\nn = types.SimpleNamespace(k=2)\ndef f(x): return n.k",
    ),
    "an attribute of the function": ("def f(x): return f.k\nf.k = 1", "def f(x): return f.k\nf.k = 2"),
    "a global that is shared": (
        "a = []\nb = a\ndef f(x): a.append(x); return b",
        "a = []\nb = []\ndef f(x): a.append(x); return b",
    ),
    "a docstring that is read": ('def f(x): "one"; return f.__doc__', 'def f(x): "two"; return f.__doc__'),
    "a docstring of a class that is read": (
        'class C: "one"\ndef f(x): return getattr(C, "__doc__")',
        'class C: "two"\ndef f(x): return getattr(C, "__doc__")',
    ),
    "an annotation": ("def f(x: int): return x", "def f(x: float): return x"),
    "what is imported": ("def f(x):\n    import math", "def f(x):\n    import cmath"),
    "the order of a class's attributes": (
        "class P:\n    a = 1\n    b = 2\ndef f(x): return [*vars(P)]",
        "class P:\n    b = 2\n    a = 1\ndef f(x): return [*vars(P)]",
    ),
    "the order of fields": (
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n    a: int = 1\n    b: int = 1\ndef f(x): return C(x)",
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n    b: int = 1\n    a: int = 1\ndef f(x): return C(x)",
    ),
    "a method": (
        "class C:\n    def m(self): return 1\ndef f(x): return C().m()",
        "class C:\n    def m(self): return 2\ndef f(x): return C().m()",
    ),
    "a method of a class above": (
        "class B:\n    def m(self): return 1\nclass C(B): pass\ndef f(x): return C().m()",
        "class B:\n    def m(self): return 2\nclass C(B): pass\ndef f(x): return C().m()",
    ),
    "a metaclass": (
        "class M(type):\n    def m(cls): return 1\nclass C(metaclass=M): pass\ndef f(x): return C.m()",
        "class M(type):\n    def m(cls): return 2\nclass C(metaclass=M): pass\ndef f(x): return C.m()",
    ),
    "a member of an enum": (
        "import enum\nclass E(enum.Enum):\n    A = 1\ndef f(x): return E.A",
        "import enum\nclass E(enum.Enum):\n    A = 2\ndef f(x): return E.A",
    ),
    "a method of an enum": (
        "import enum\nclass E(enum.Enum):\n    A = 1\n    def m(self): return 1\ndef f(x): return E.A.m()",
        "import enum\nclass E(enum.Enum):\n    A = 1\n    def m(self): return 2\ndef f(x): return E.A.m()",
    ),
    "how an enum is made": (MADE.format("v"), MADE.format("1")),
    "the class of an object": (
        "class C:\n    def __call__(self): return 1\nc = C()\ndef f(x): return c()",
        "class C:\n    def __call__(self): return 2\nc = C()\ndef f(x): return c()",
    ),
    "a registered class": (
        "import abc\nclass C(abc.ABC): pass\ndef f(x): return isinstance(x, C)",
        "import abc\nclass C(abc.ABC): pass\nC.register(int)\ndef f(x): return isinstance(x, C)",
    ),
    "an implementation for a type": (
        "import functools\n@functools.singledispatch\ndef f(x): return 1\nf.register(int, lambda x: 2)",
        "import functools\n@functools.singledispatch\ndef f(x): return 1\nf.register(int, lambda x: 3)",
    ),
    "a bound": (
        "import typing\nT = typing.TypeVar('T', bound=int)\ndef f(x: T): return x",
        "import typing\nT = typing.TypeVar('T', bound=str)\ndef f(x: T): return x",
    ),
}

# Ways to a helper; each is tried with two helpers.
WAYS = {
    "a helper": "def f(x): return g(x)",
    "a helper of a helper": "def h(x): return g(x)\ndef f(x): return h(x)",
    "a partial": "import functools\nf = functools.partial(g, 1)",
    "a bound method": "class C:\n    def m(self): return g(1)\nf = C().m",
    "an object that is called": "class C:\n    def __call__(self): return g(1)\nf = C()",
    "a static method": "class C:\n    m = staticmethod(g)\ndef f(x): return C.m(x)",
    "a class method": "class C:\n    @classmethod\n    def m(cls, x): return g(x)\ndef f(x): return C.m(x)",
    "a property": "class C:\n    p = property(g)\ndef f(x): return C().p",
    "a cached property": "import functools\nclass C:\n    @functools.cached_property\n    def p(self): return g(1)\n"
    "def f(x): return C().p",
    "a decorator": "import functools\ndef d(k):\n    @functools.wraps(k)\n    def w(x): return k(x)\n    return w\nf = d(g)",
    "a cache": "import functools\nf = functools.lru_cache(maxsize=None)(g)",
    "a dictionary": "T = {'a': [g]}\ndef f(x): return T['a'][0](x)",
    "a set": "T = {g, len}\ndef f(x): return T",
    "a default": "def f(x, h=g): return h(x)",
    "a closure": "def make(h): return lambda x: h(x)\nf = make(g)",
    "a default factory": "import collections\nT = collections.defaultdict(g)\ndef f(x): return T[x]",
    "mutual recursion": "def a(x): return b(x), g(x)\ndef b(x): return a(x)\ndef f(x): return b(x)",
    "a descriptor": "class D:\n    def __get__(self, it, owner=None): return g(1)\nclass C:\n    d = D()\ndef f(x): return C().d",
    "a generator function": "def h():\n    yield g(1)\ndef f(x): return list(h())",
    "an async function": "async def f(x): return g(x)",
    "a made module": "import types\nm = types.ModuleType('made')\nm.g = g\ndef f(x): return m.g(x)",
}


def fingerprint(source: str) -> Fingerprint:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(source, f"{abs(hash(source))}.py", "exec", dont_inherit=True), namespace)
    found = Fingerprints(namespace["f"]).function
    assert found.incomparable == ()
    return found


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_what_changes_no_behaviour_changes_no_fingerprint(pair: tuple[str, str]) -> None:
    assert fingerprint(pair[0]) == fingerprint(pair[1])


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_what_may_change_behaviour_changes_the_fingerprint(pair: tuple[str, str]) -> None:
    one, other = map(fingerprint, pair)
    assert one != other
    assert [one, other] == [*map(fingerprint, pair)]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_a_function_leads_to_counts(way: str) -> None:
    assert fingerprint(HELPED.format(1) + way) == fingerprint(f"# new\n\n{HELPED.format(1)}\n{way}")
    assert fingerprint(HELPED.format(1) + way) != fingerprint(HELPED.format(2) + way)


def test_a_function_that_is_found_by_its_name_is_told_by_it() -> None:
    assert Fingerprints(len).function == Fingerprints(len).function
    assert Fingerprints(len).function != Fingerprints(max).function


def test_a_function_with_an_open_file_equals_nothing_and_the_file_is_named(tmp_path: Any) -> None:
    with (tmp_path / "log").open("w") as log:

        def f(x: int) -> None:
            print(x, file=log)

        one, other = Fingerprints(f).function, Fingerprints(f).function
    assert [each.kind for each in one.incomparable] == ["TextIOWrapper"]
    assert one.incomparable[0].where == "function.<closure 'log'>"
    assert one.digest != other.digest
