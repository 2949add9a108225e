"""Whether a map checkpoints is seen from its function."""

from __future__ import annotations

import datetime
import functools
import importlib
import importlib.util
import marshal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.exceptions import InvalidOption
from htmap_core.results.pickling import pickle_function
from htmap_core.submission.checkpointing import checkpointing
from tests.golden_files import Golden

NO_OPTIONS = htmap.MapOptions()


def seen(function: Any, options: htmap.MapOptions = NO_OPTIONS) -> bool:
    return checkpointing(pickle_function(function), options).is_on


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose modules can be imported."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_function_that_checkpoints_is_seen_however_it_names_it() -> None:
    from htmap import checkpoint

    def in_its_body(_: int) -> None:
        import htmap as h

        h.checkpoint("x")

    def through_another(_: int) -> None:
        in_its_body(0)

    class Step:
        def __call__(self, _: int) -> None:
            htmap.checkpoint("x")

    def nested(_: int) -> list[Any]:
        return [lambda name=name: htmap.checkpoint(name) for name in "xy"]

    ways = [in_its_body, through_another, Step(), nested, lambda _: checkpoint("x"), functools.partial(in_its_body, 0)]
    assert [seen(way) for way in ways] == [True] * len(ways)


def test_a_function_that_only_has_such_a_file_is_not_taken_for_one() -> None:
    def reads_one(_: int) -> str:
        return Path("checkpoint").read_text()

    def uses_htmap_otherwise(_: int) -> None:
        htmap.load("tag")

    assert not seen(reads_one)
    assert not seen(uses_htmap_otherwise)
    assert not seen(len)


def test_functions_of_modules_are_seen(modules: Path) -> None:
    (modules / "steps.py").write_text("import htmap\ndef step(x): htmap.checkpoint('x')\ndef other(x): pass\n")
    (modules / "user.py").write_text("import steps\ndef function(x): steps.step(x)\n")
    steps = importlib.import_module("steps")

    def imports_it(x: int) -> None:
        import steps  # type: ignore[import-not-found]

        steps.step(x)

    assert seen(steps.step)
    assert seen(lambda x: steps.step(x + 1))
    assert seen(imports_it)


def test_of_a_module_only_code_counts(modules: Path) -> None:
    text = "# with htmap.checkpoint\nimport htmap\ndef step(x):\n    'As htmap.checkpoint does.'\n    return 'htmap.checkpoint'\n"
    (modules / "talk.py").write_text(text)
    assert not seen(importlib.import_module("talk").step)


def test_a_module_is_looked_at_where_its_source_does_not_travel(modules: Path) -> None:
    source = "import htmap\ndef step(x): htmap.checkpoint('x')\n"
    code = compile(source, "bare.py", "exec")
    header = importlib.util.MAGIC_NUMBER + bytes(12)
    (modules / "bare.pyc").write_bytes(header + marshal.dumps(code))
    assert seen(importlib.import_module("bare").step)


def test_what_a_module_makes_by_value_goes_on_by_names_of_that_module(modules: Path) -> None:
    source = "import htmap\ndef step(x): htmap.checkpoint('x')\ndef made(y): return lambda x: step(x + y)\n"
    (modules / "maker.py").write_text(source)
    assert seen(importlib.import_module("maker").made(1))


def test_the_option_has_the_last_word() -> None:
    assert seen(len, htmap.MapOptions(checkpoint=True))
    assert not seen(lambda _: htmap.checkpoint("x"), htmap.MapOptions(checkpoint=False))


@pytest.mark.parametrize("value", ["perhaps", 1, [True, False]])
def test_an_option_that_makes_no_sense_is_refused(value: Any, golden: Golden) -> None:
    with pytest.raises(InvalidOption) as caught:
        seen(len, htmap.MapOptions(checkpoint=value))
    assert caught.value.name == "checkpoint"
    golden("checkpointing/an-option-that-makes-no-sense-is-refused", caught.value.reason)


@pytest.mark.parametrize("value", [-1, "soon", [1, 2]])
def test_an_interval_that_is_no_number_of_seconds_is_refused(value: Any) -> None:
    with pytest.raises(InvalidOption) as caught:
        seen(len, htmap.MapOptions(checkpoint_interval=value))
    assert caught.value.name == "checkpoint_interval"


def test_an_interval_can_be_a_timedelta() -> None:
    options = htmap.MapOptions(checkpoint_interval=datetime.timedelta(minutes=5))
    assert checkpointing(pickle_function(len), options).interval == 300


def test_a_map_that_checkpoints_by_exit_checkpoints_whatever_its_function_says() -> None:
    by_exit = checkpointing(pickle_function(len), htmap.MapOptions(checkpoint="exit"))
    assert (by_exit.is_on, by_exit.by_exit) == (True, True)
    assert by_exit.interval > checkpointing(pickle_function(len), htmap.MapOptions(checkpoint=True)).interval


def test_on_the_submit_side_checkpoint_does_nothing() -> None:
    htmap.checkpoint("there is no such file")
