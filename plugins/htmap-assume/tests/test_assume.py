"""What is special about the delivery method assume: the execute side has a bare Python, of whatever version."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import htmap
from htmap_core.testing import BARE_PYTHONS, bare_environment, python_of

pytestmark = pytest.mark.pool

TIMEOUT = 600
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(autouse=True)
def chosen(personal_pool: Path) -> None:
    htmap.settings["DELIVERY_METHOD"] = "assume"


def with_python(version: str, **options: Any) -> htmap.MapOptions:
    return htmap.MapOptions(environment=bare_environment(version), max_retries=0, **options)


@pytest.mark.parametrize("version", BARE_PYTHONS)
def test_a_function_runs_with_a_bare_python_of_any_version_where_mismatch_is_allowed(version: str) -> None:
    htmap.settings["ALLOW_PYTHON_MISMATCH"] = True
    assert htmap.map(len, ["abc"], map_options=with_python(version)).get(0, timeout=TIMEOUT) == 3


@pytest.mark.parametrize("version", [version for version in BARE_PYTHONS if version != HERE])
@pytest.mark.parametrize("allowed", [False, True])
def test_code_of_another_minor_version_is_refused_with_both_versions_named(version: str, allowed: bool) -> None:
    htmap.settings["ALLOW_PYTHON_MISMATCH"] = allowed
    mapped = htmap.map(lambda x: x, [1], map_options=with_python(version))
    with pytest.raises(htmap.exceptions.MapComponentError) as caught:
        mapped.get(0, timeout=TIMEOUT)
    assert "htmap.Refused" in caught.value.report  # so nothing was run
    assert f"CPython {HERE}." in caught.value.report
    assert f"CPython {version}." in caught.value.report


@pytest.mark.skipif(
    HERE not in BARE_PYTHONS, reason=f"there is no bare Python {HERE} beside the one that runs the tests"
)
def test_the_execute_side_needs_neither_htmap_nor_cloudpickle() -> None:
    def tell(_: int) -> tuple[str, list[str], str]:
        import importlib.util
        import os

        found = [name for name in ("htmap_core", "htcondor2") if importlib.util.find_spec(name)]
        return sys.executable, found, os.environ["HTMAP_COMPONENT"]

    executable, found, component = htmap.map(tell, [0], map_options=with_python(HERE)).get(0, timeout=TIMEOUT)
    assert Path(executable).resolve() == Path(python_of(HERE)).resolve()
    assert (found, component) == ([], "0")


def test_without_any_python_the_component_is_held_and_the_reason_says_so() -> None:
    options = htmap.MapOptions(environment='"PATH=/nonexistent"', max_retries=0)
    mapped = htmap.map(str, [1], map_options=options)
    with pytest.raises(htmap.exceptions.MapComponentHeld) as caught:
        mapped.get(0, timeout=TIMEOUT)
    assert "3.8" in caught.value.report


def test_what_the_function_needs_and_the_node_lacks_is_named() -> None:
    def needs_it() -> Any:
        import somewhere_else_entirely  # type: ignore[import-not-found]

        return somewhere_else_entirely

    mapped = htmap.map(lambda _: needs_it(), [1])
    with pytest.raises(htmap.exceptions.MapComponentError) as caught:
        mapped.get(0, timeout=TIMEOUT)
    assert "'somewhere_else_entirely'" in caught.value.report
