"""Exceptions and warnings: all can be had where users look for them, and all are made alike."""

from __future__ import annotations

import ast
import importlib
import pickle
import subprocess
import sys
from collections.abc import Iterator

import attrs
import pytest

import htmap.exceptions
from htmap_core import HTMapException
from tests.raised import ALL, CLASSES, CORE, OTHER_FACTS, RAISED, ROOT, examples, is_family, is_raised

# Names by which users know an exception that has another one here.
ALIASES = {"MapIdNotFound"}


def door(package: str) -> str:
    """Return the module from which the exceptions of a package can be had."""
    return "htmap.exceptions" if package == CORE else package


def given_out(package: str) -> dict[str, object]:
    module = importlib.import_module(door(package))
    return {name: getattr(module, name) for name in getattr(module, "__all__", ())}


def faults(cls: type[BaseException]) -> Iterator[str]:
    """Yield in what a class is not made as all are."""
    own = vars(cls)
    if not own.get("__doc__"):
        yield "has no docstring"
    if is_family(cls):
        return
    if not attrs.has(cls) or ("__annotations__" in own and "__attrs_attrs__" not in own):
        yield "is no attrs class"
        return
    if not cls.__init__.__code__.co_filename.startswith("<attrs generated"):
        yield "has an __init__ of its own"
    if not any("__str__" in vars(each) for each in cls.__mro__ if attrs.has(each)):
        yield "has no text of its own"


def facts(error: BaseException) -> dict[str, object]:
    return attrs.asdict(error, recurse=False)  # type: ignore[arg-type]  # all are attrs classes, as another test says


def test_there_are_exceptions_in_the_core_and_in_plugins() -> None:
    assert {"HTMapException", "SameName", "CannotTransfer", "SuspiciousMap"} <= {cls.__name__ for cls in ALL[CORE]}
    assert {"NotInstalled", "NoDockerImage", "TransplantInUse"} <= {cls.__name__ for cls in CLASSES}


@pytest.mark.parametrize("package", ALL)
def test_every_exception_can_be_had_from_the_door(package: str) -> None:
    given = given_out(package)
    assert [cls.__qualname__ for cls in ALL[package] if given.get(cls.__name__) is not cls] == []


def test_htmap_exceptions_gives_out_exceptions_and_shows_nothing_else() -> None:
    assert set(given_out(CORE)) == {cls.__name__ for cls in ALL[CORE]} | ALIASES
    assert dir(htmap.exceptions) == sorted(htmap.exceptions.__all__)
    assert all(is_raised(each) for each in given_out(CORE).values())


@pytest.mark.parametrize("cls", CLASSES)
def test_every_exception_is_made_as_all_are(cls: type[BaseException]) -> None:
    assert list(faults(cls)) == []


def test_an_exception_that_is_made_in_another_way_is_noticed() -> None:
    class Bare(HTMapException):
        pass

    class Handmade(HTMapException):
        """It has a sentence."""

        def __init__(self, tag: str) -> None:
            super().__init__(tag)

    @attrs.define(slots=False)
    class Mute(HTMapException):
        """It has facts and no text."""

        tag: str

    class Undecorated(htmap.exceptions.BusyMap):
        """It forgets a fact."""

        host: str

    assert list(faults(Bare)) == ["has no docstring", "is no attrs class"]
    assert list(faults(Handmade)) == ["is no attrs class"]
    assert list(faults(Mute)) == ["has no text of its own"]
    assert list(faults(Undecorated)) == ["is no attrs class"]


@pytest.mark.parametrize("cls", RAISED)
def test_every_exception_has_the_same_facts_after_pickling(cls: type[BaseException]) -> None:
    for error in examples(cls):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), facts(again), again.args, str(again)) == (cls, facts(error), error.args, str(error))


@pytest.mark.parametrize("cls", RAISED)
def test_every_fact_is_among_the_args(cls: type[BaseException]) -> None:
    for error in examples(cls):
        assert error.args == tuple(facts(error).values())


def test_what_others_are_derived_from_is_never_raised_itself() -> None:
    families = {cls.__name__ for cls in CLASSES if is_family(cls)}
    shipped = [path for folder in ("htmap", "htmap_core", "plugins") for path in (ROOT / folder).rglob("*.py")]
    called = {
        f"{path.relative_to(ROOT)}:{name.lineno}: {ast.unparse(name)}"
        for path in shipped
        if "tests" not in path.parts
        for name in raised(ast.parse(path.read_text()))
        if ast.unparse(name).rpartition(".")[2] in families
    }
    assert "HTMapException" in families
    assert called == set()


def raised(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield what is called, or raised as it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.func
        elif isinstance(node, ast.Raise) and isinstance(node.exc, (ast.Name, ast.Attribute)):
            yield node.exc


def test_examples_are_of_classes_that_there_are() -> None:
    assert set(OTHER_FACTS) - {cls.__name__ for cls in CLASSES} == set()


def test_exceptions_can_be_imported_without_plugins_and_bindings() -> None:
    heavy = "htcondor2", "pluggy", *(package for package in ALL if package != CORE)
    program = f"import htmap.exceptions, sys; print(sorted(set({heavy!r}) & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize(
    "program", ["import htmap", "from htmap_core.cli import cli; cli(['--help'], standalone_mode=False)"]
)
def test_what_must_be_quick_does_not_wait_for_exceptions_to_be_made(program: str) -> None:
    program += "; import sys; print('htmap_core.exceptions' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert ran.stdout.endswith("False\n")
