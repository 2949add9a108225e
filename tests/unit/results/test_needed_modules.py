"""The modules that a function needs of the Python that runs it."""

from __future__ import annotations

import importlib
import json
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import click
import cloudpickle
import pytest
from click import echo

from htmap_core.results.needed_modules import needed_modules
from htmap_core.results.pickling import pickle_function

SETTINGS = click.Context(click.Command("tide"))


def needs(function: Callable[..., Any], *sent: str) -> set[str]:
    return set(needed_modules(pickle_function(function), sent))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return a module of the user's that imports another package."""
    (tmp_path / "own_tides.py").write_text(
        "import attrs, json\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas\n"
        "def high(x): return attrs.asdict(x)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("own_tides")
    del sys.modules["own_tides"]


def test_an_import_in_the_function_counts_with_its_first_part() -> None:
    def inside(x: int) -> Any:
        from xml.etree import ElementTree

        import numpy.linalg as algebra  # type: ignore[import-not-found, unused-ignore]

        return algebra, ElementTree

    assert needs(inside) == {"numpy"}


def test_an_import_in_a_function_within_counts() -> None:
    def outside(x: int) -> Any:
        def within() -> Any:
            import attrs as fields

            return fields

        return within()

    assert needs(outside) == {"attrs"}


@pytest.mark.parametrize(
    ("function", "module"),
    [
        (lambda x: [attrs.asdict(x)], "attrs"),  # a module
        (lambda x: [echo, x], "click"),  # a function
        (lambda x: SETTINGS.meta[x], "click"),  # an object
        (attrs.asdict, "attr"),  # itself by its name
    ],
)
def test_what_the_function_has_by_reference_counts(function: Callable[..., Any], module: str) -> None:
    assert needs(function) == {module}


def test_python_and_what_always_travels_do_not_count() -> None:
    def plain(x: int) -> Any:
        import _io
        import os.path

        import htmap

        return json.dumps(x), _io, os.path, htmap, Path(str(x)), cloudpickle.dumps(x)

    assert needs(plain) == set()
    assert needs(abs) == set()


@pytest.mark.parametrize("sent", ["/home/ada/click.py", "click/", "https://example.org/click", "click.cpython-311.so"])
def test_a_module_that_travels_with_the_map_does_not_count(sent: str) -> None:
    assert needs(click.echo, sent) == set()


def test_what_an_archive_has_does_not_count(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("click/__init__.py", "")
    assert needs(click.echo, str(tmp_path / "all.zip")) == set()


def test_a_module_of_the_users_counts_and_if_it_travels_what_it_has_imported(own: Any) -> None:
    assert needs(own.high) == {"own_tides"}
    assert needs(own.high, "/home/ada/own_tides.py") == {"attrs"}


def test_a_module_by_value_does_not_count_but_what_its_function_uses(own: Any) -> None:
    def importing(x: int) -> Any:
        import own_tides  # type: ignore[import-not-found, unused-ignore]

        return own_tides.high(x)

    cloudpickle.register_pickle_by_value(own)
    try:
        assert needs(own.high) == {"attrs"}
        assert needs(lambda x: [own.high(x)]) == {"attrs"}
        assert needs(importing) == {"own_tides"}  # which an import finds nowhere
    finally:
        cloudpickle.unregister_pickle_by_value(own)
