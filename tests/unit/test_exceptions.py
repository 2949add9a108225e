"""Exceptions: one tree, with facts that survive a journey to another process."""

from __future__ import annotations

import copy
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap_core
from htmap_core import exceptions
from htmap_core.exceptions import HTMapException
from htmap_core.wording import describe, did_you_mean

SAMPLES: dict[str, Any] = {
    "bool": True,
    "bytes": b"text",
    "float": 1.5,
    "int": 3,
    "Iterable[str]": ("one", "two"),
    "Mapping[str, str]": {"docker": "no slot has it"},
    "object": ["any", "thing"],
    "Path": Path("somewhere"),
    "Sequence[str]": ("one", "two"),
    "str": "text",
}


def all_exceptions() -> list[type[HTMapException]]:
    for module in pkgutil.walk_packages(htmap_core.__path__, "htmap_core."):
        if not module.name.endswith(("__main__", ".run", ".testing")):
            importlib.import_module(module.name)
    return sorted(set(below(HTMapException)), key=lambda cls: (cls.__module__, cls.__qualname__))


def below(cls: type[HTMapException]) -> Iterator[type[HTMapException]]:
    yield cls
    for subclass in cls.__subclasses__():
        if subclass.__module__.startswith("htmap_core"):
            yield from below(subclass)


def sample(cls: type[HTMapException]) -> HTMapException:
    parameters = inspect.signature(cls.__init__).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return cls("what happened")
    given = [parameter for parameter in parameters if parameter.name != "self"]
    return cls(*(SAMPLES[str(parameter.annotation).removesuffix(" | None")] for parameter in given))


EXCEPTIONS = all_exceptions()
NAMES = [cls.__name__ for cls in EXCEPTIONS]


@pytest.mark.parametrize("cls", EXCEPTIONS, ids=NAMES)
def test_an_exception_is_the_same_after_pickling(cls: type[HTMapException]) -> None:
    error = sample(cls)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), vars(again), again.args, str(again)) == (cls, vars(error), error.args, str(error))


@pytest.mark.parametrize("cls", EXCEPTIONS, ids=NAMES)
def test_an_exception_is_the_same_after_a_deep_copy(cls: type[HTMapException]) -> None:
    error = sample(cls)
    again = copy.deepcopy(error)
    assert (type(again), vars(again), again.args, str(again)) == (cls, vars(error), error.args, str(error))


@pytest.mark.parametrize("cls", EXCEPTIONS, ids=NAMES)
def test_every_fact_of_an_exception_is_an_attribute_and_among_its_args(cls: type[HTMapException]) -> None:
    parameters = [name for name in inspect.signature(cls.__init__).parameters if name not in {"self", "args", "kwargs"}]
    error = sample(cls)
    if parameters:
        assert error.args == tuple(getattr(error, name) for name in parameters)


@pytest.mark.parametrize("cls", EXCEPTIONS, ids=NAMES)
def test_the_text_of_an_exception_is_not_that_of_a_tuple(cls: type[HTMapException]) -> None:
    text = str(sample(cls))
    assert text
    assert not text.startswith("(")


def test_all_exceptions_of_the_module_are_in_the_tree_and_documented() -> None:
    found = [each for each in vars(exceptions).values() if inspect.isclass(each) and issubclass(each, BaseException)]
    assert [cls for cls in found if not issubclass(cls, HTMapException)] == []
    assert [cls for cls in found if not cls.__doc__] == []


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("TimeoutError", TimeoutError),
        ("MissingSetting", KeyError),
        ("UnknownSetting", LookupError),
        ("InvalidSetting", ValueError),
        ("TagAlreadyExists", ValueError),
        ("InvalidTag", ValueError),
        ("TagNotFound", LookupError),
        ("EmptyMap", ValueError),
        ("ReservedOptionKeyword", ValueError),
        ("MisalignedInputData", ValueError),
        ("CannotPickle", TypeError),
        ("OutputNotFound", LookupError),
        ("UnknownPythonDeliveryMethod", LookupError),
    ],
)
def test_an_exception_is_caught_as_the_builtin_that_it_is_like(name: str, builtin: type[Exception]) -> None:
    cls = getattr(exceptions, name)
    with pytest.raises(builtin):
        raise sample(cls)


SEEDS = """
HTMapException TimeoutError MissingSetting OutputNotFound NoMapYet TagAlreadyExists InvalidTag TagNotFound EmptyMap
ReservedOptionKeyword MisalignedInputData CannotRetagMap UnknownPythonDeliveryMethod MapWasRemoved InvalidOutputStatus
MapComponentError MapComponentHeld ExpectedError CannotTransplantPython CannotRerunComponents CorruptEventLog
InsufficientHTCondorVersion
"""


@pytest.mark.parametrize("name", SEEDS.split())
def test_scripts_find_the_exceptions_that_they_know(name: str) -> None:
    module = importlib.import_module("htmap.exceptions")
    assert getattr(module, name) is getattr(exceptions, name)


@pytest.mark.parametrize(
    ("typed", "hint"), [("dokcer", "; did you mean 'docker'?"), ("DOCKR", "; did you mean 'docker'?"), ("xyz", "")]
)
def test_a_misspelt_name_is_recognised_and_a_strange_one_is_not(typed: str, hint: str) -> None:
    assert did_you_mean(typed, ["shared", "docker"]) == hint


def test_an_unknown_delivery_method_is_told_with_origin_alternatives_and_command() -> None:
    error = exceptions.UnknownPythonDeliveryMethod("dokcer", ["shared", "docker"], "~/.htmaprc")
    assert str(error) == (
        "unknown delivery method 'dokcer' (from ~/.htmaprc); did you mean 'docker'?\n"
        "installed: docker, shared. `htmap plugins list` shows where each comes from"
    )


def test_a_reason_is_one_line_with_the_type_of_the_error() -> None:
    assert describe(ValueError("first\nsecond")) == "ValueError: first"
    assert describe(ValueError()) == "ValueError"
