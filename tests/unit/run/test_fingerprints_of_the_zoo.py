"""Objects of all kinds have the same fingerprints in two processes, with other hashes and at other places in the file."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attr
import attrs
import cloudpickle
import pytest

import htmap_core
import htmap_run
from tests.unit.run import teller
from tests.unit.run.conftest import TIMEOUT, Interpreter
from tests.unit.run.test_zoo import ANIMALS, THIS_ENVIRONMENT, _has

Told = dict[str, tuple[str, str, list[str]]]

PACKAGES = [attr, attrs, cloudpickle, htmap_core, htmap_run]  # in Python alone; all that a fingerprint needs


@pytest.fixture(scope="module", params=[THIS_ENVIRONMENT, "3.9", "3.13"])
def two_processes(
    request: pytest.FixtureRequest,
    need_python: Callable[[str], Interpreter],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Told, Told]:
    is_here = request.param == THIS_ENVIRONMENT
    python = Interpreter(Path(sys.executable), sys.version_info[:3]) if is_here else need_python(request.param)
    folder = tmp_path_factory.mktemp("zoo")
    animals = {
        name: each for name, each in ANIMALS.items() if python.version >= each.since and _has(each.needs, is_here)
    }
    (folder / "sources").write_bytes(pickle.dumps({name: each.source for name, each in animals.items()}))
    for package in PACKAGES:
        (folder / package.__name__).symlink_to(Path(str(package.__file__)).parent)

    def told(seed: int, place: str) -> Told:
        environment = {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1"}
        environment |= {} if is_here else {"PYTHONPATH": str(folder)}
        command = [str(python.path), teller.__file__, str(folder), place]
        ran = subprocess.run(command, env=environment, capture_output=True, timeout=TIMEOUT, check=True)
        found: Told = json.loads(ran.stdout)
        return found

    return told(1, "here.py"), told(2, "/else/where.py")


def test_what_can_be_pickled_has_the_same_fingerprint_in_two_processes(two_processes: tuple[Told, Told]) -> None:
    one, other = two_processes
    assert len(one) > len(ANIMALS) / 2
    assert {
        name: (one[name], other[name]) for name in one if not ANIMALS[name].nothing and one[name] != other[name]
    } == {}


def test_what_nothing_can_pickle_is_named_and_equals_nothing(two_processes: tuple[Told, Told]) -> None:
    one, other = two_processes
    assert {name for name, (_, _, unknown) in one.items() if unknown} == {name for name in one if ANIMALS[name].nothing}
    assert {name for name in one if one[name][:2] == other[name][:2]} == {
        name for name in one if not ANIMALS[name].nothing
    }
    assert all(any(where.startswith("args[0][0]") for where in one[name][2]) for name in one if ANIMALS[name].nothing)


def test_animals_of_different_kinds_have_different_fingerprints(two_processes: tuple[Told, Told]) -> None:
    for which in (0, 1):
        assert len({each[which] for each in two_processes[0].values()}) == len(two_processes[0])
