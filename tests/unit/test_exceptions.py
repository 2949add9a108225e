"""Exceptions: one tree, with facts and texts of their own, that Python can do with what it does with any exception."""

from __future__ import annotations

import copy
import pickle
import traceback
import warnings
from typing import cast

import pytest

from htmap import exceptions
from htmap_core.exceptions import HTMapException
from htmap_core.wording import describe, did_you_mean
from tests.golden_files import Golden
from tests.raised import ALL, CLASSES, CORE, RAISED, examples

each_exception = pytest.mark.parametrize("cls", RAISED)


def test_the_texts_are_those_that_are_promised(golden: Golden) -> None:
    told = [
        f"[{package}] {cls.__name__}\n{error}"
        for package, classes in ALL.items()
        for cls in classes
        if cls in RAISED
        for error in examples(cls)
    ]
    golden("exceptions", "\n\n".join(told))


@each_exception
def test_an_exception_is_the_same_after_a_deep_copy(cls: type[BaseException]) -> None:
    for error in examples(cls):
        again = copy.deepcopy(error)
        assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))


@each_exception
def test_an_exception_travels_after_it_was_raised_from_another_one(cls: type[BaseException]) -> None:
    for error in examples(cls):
        with pytest.raises(type(error)) as caught:
            raise copy.copy(error) from ValueError("the sea")
        raised = caught.value
        raised.__dict__["__notes__"] = ["seen from the shore"]  # as add_note() does from Python 3.11 on
        again = pickle.loads(pickle.dumps(raised))
        assert isinstance(raised.__cause__, ValueError)
        assert raised.__traceback__ is not None
        assert (again.args, str(again), vars(again)["__notes__"]) == (error.args, str(error), ["seen from the shore"])


@each_exception
def test_a_traceback_ends_with_the_text(cls: type[BaseException]) -> None:
    for error in examples(cls):
        shown = "".join(traceback.format_exception_only(type(error), error))
        assert shown.rstrip("\n").endswith(str(error).rstrip("\n"))


@each_exception
def test_the_repr_is_the_call_that_makes_it(cls: type[BaseException]) -> None:
    for error in examples(cls):
        values = ", ".join(f"{name}={value!r}" for name, value in vars(error).items())
        assert repr(error) == f"{type(error).__name__}({values})"


@each_exception
def test_an_exception_can_be_put_into_a_set_and_equals_itself_alone(cls: type[BaseException]) -> None:
    for error in examples(cls):
        assert len({error, error, copy.copy(error)}) == 2


def test_a_plugin_may_make_its_exceptions_in_any_way() -> None:
    class Tide(HTMapException):
        """Has a text and no facts."""

    assert str(Tide("comes in")) == "comes in"
    assert Tide("comes in").args == ("comes in",)


def test_all_exceptions_are_in_the_tree_and_all_warnings_in_theirs() -> None:
    trees = (exceptions.HTMapException, exceptions.HTMapWarning)
    assert [cls for cls in CLASSES if not issubclass(cls, trees)] == []


@pytest.mark.parametrize("name", ["NoSlotFits", "SameDestination", "UnreadableInputFiles"])
def test_doubts_about_a_map_are_silenced_all_together_or_one_by_one(name: str) -> None:
    cls = getattr(exceptions, name)
    with warnings.catch_warnings(record=True) as told:
        for category in (cls, exceptions.SuspiciousMap, exceptions.HTMapWarning):
            warnings.simplefilter("always")
            warnings.simplefilter("ignore", category)
            warnings.warn(cast("Warning", examples(cls)[0]), stacklevel=1)
    assert told == []


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("TimeoutError", TimeoutError),
        ("MissingSetting", KeyError),
        ("UnknownSetting", LookupError),
        ("InvalidSetting", ValueError),
        ("TagAlreadyExists", ValueError),
        ("TagInUse", ValueError),
        ("InvalidTag", ValueError),
        ("TagNotFound", LookupError),
        ("EmptyMap", ValueError),
        ("ReservedOptionKeyword", ValueError),
        ("MisalignedInputData", ValueError),
        ("CannotPickle", TypeError),
        ("CannotTransfer", ValueError),
        ("ComponentNotFound", IndexError),
        ("ComponentsNotFound", IndexError),
        ("IsRemote", AttributeError),
        ("IsRemote", TypeError),
        ("JobNotFound", LookupError),
        ("OutputNotFound", LookupError),
        ("SameName", ValueError),
        ("UnknownPythonDeliveryMethod", LookupError),
    ],
)
def test_an_exception_is_caught_as_the_builtin_that_it_is_like(name: str, builtin: type[Exception]) -> None:
    with pytest.raises(builtin):
        raise examples(getattr(exceptions, name))[0]


SEEDS = """
HTMapException TimeoutError MissingSetting OutputNotFound NoMapYet TagAlreadyExists InvalidTag TagNotFound MapIdNotFound EmptyMap
ReservedOptionKeyword MisalignedInputData CannotRetagMap UnknownPythonDeliveryMethod MapWasRemoved InvalidOutputStatus
MapComponentError MapComponentHeld ExpectedError CannotTransplantPython CannotRerunComponents CorruptEventLog
InsufficientHTCondorVersion
"""


@pytest.mark.parametrize("name", SEEDS.split())
def test_scripts_find_the_exceptions_that_they_know(name: str) -> None:
    assert getattr(exceptions, name) in ALL[CORE]


@pytest.mark.parametrize(
    ("typed", "hint"), [("dokcer", "; did you mean 'docker'?"), ("DOCKR", "; did you mean 'docker'?"), ("xyz", "")]
)
def test_a_misspelt_name_is_recognised_and_a_strange_one_is_not(typed: str, hint: str) -> None:
    assert did_you_mean(typed, ["shared", "docker"]) == hint


def test_a_reason_is_one_line_with_the_type_of_the_error() -> None:
    assert describe(ValueError("first\nsecond")) == "ValueError: first"
    assert describe(ValueError()) == "ValueError"
