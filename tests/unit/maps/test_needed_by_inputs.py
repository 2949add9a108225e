"""What plugins are told of the modules that a map needs: those of the function and of what its inputs are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import numpy
import pytest

from htmap_core.maps.drafts.draft import Draft
from htmap_core.maps.here.machine import ThisMachine
from htmap_core.storage.root import scratch_htmap_dir


def modules(function: Callable[..., Any], *inputs: Any) -> set[str]:
    """Return what the plan of a map says."""
    draft = Draft.of(function, None, None)
    with scratch_htmap_dir() as scratch:
        calls: Iterator[Any] = (((each,), {}) for each in inputs)
        with draft.written_for_here(calls, len(inputs), "tide", ThisMachine(), scratch=scratch) as written:
            return set(written.plan.modules)


def importing() -> Callable[[Any], Any]:
    def load(x: Any) -> Any:
        import json

        import click

        return json.dumps(click.style(x))

    return load


def giving() -> Callable[[Any], Any]:
    return lambda x: x


def test_those_of_the_function_are_told_without_the_standard_library(htmap_dir: Path) -> None:
    assert modules(importing(), 1) == {"click"}


@pytest.mark.parametrize("size", [3, 1_000_000])
def test_those_of_the_inputs_are_told_also_of_large_ones(htmap_dir: Path, size: int) -> None:
    assert modules(giving(), numpy.zeros(size)) == {"numpy"}


def test_plain_inputs_need_nothing(htmap_dir: Path) -> None:
    assert modules(giving(), "sea", 7) == set()


def test_classes_of_packages_within_inputs_are_seen(htmap_dir: Path) -> None:
    assert modules(giving(), [attrs.Factory(list)]) == {"attr"}
