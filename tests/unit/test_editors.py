"""What editors and notebooks offer while one types: jedi completes in IPython, and in editors that read code as it does."""

from __future__ import annotations

import inspect
from pathlib import Path

import jedi
import pytest

import htmap
from htmap_core.contract.usual.meanings import meanings

ROOT = Path(__file__).parents[2]
PROJECT = jedi.Project(ROOT, sys_path=[str(ROOT)], smart_sys_path=False)
NAMED = [name for name, each in inspect.signature(htmap.MapOptions).parameters.items() if each.default is None]

FIND = """
from pathlib import Path
import htmap

def find(name: str) -> Path:
    return Path(name)

"""


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    jedi.settings.cache_directory = tmp_path_factory.mktemp("jedi")


def script(code: str) -> jedi.Script:
    return jedi.Script(code, path=ROOT / "program.py", project=PROJECT, environment=jedi.InterpreterEnvironment())


def offered(code: str) -> set[str]:
    """Return what an editor offers at the end of a program."""
    return {each.name_with_symbols for each in script(code).complete()}


def test_an_editor_offers_the_usual_options() -> None:
    requests = {"request_cpus=", "request_memory=", "request_disk=", "request_gpus="}
    assert offered("import htmap\nhtmap.MapOptions(request_") == requests
    assert {f"{name}=" for name in NAMED} <= offered("import htmap\nhtmap.MapOptions(")


def test_a_notebook_offers_them_of_the_module_that_it_has_imported() -> None:
    completions = jedi.Interpreter("htmap.MapOptions(request_m", [{"htmap": htmap}]).complete()
    assert [each.name_with_symbols for each in completions] == ["request_memory="]


def test_an_editor_shows_the_line_of_help_and_the_types_of_each() -> None:
    (signature,) = script("import htmap\nhtmap.MapOptions(request_cpus=").get_signatures()
    assert [each.name for each in signature.params if each.name in NAMED] == NAMED
    shown = " ".join(signature.docstring().replace("``", "").split())
    assert [
        name for name, meaning in meanings(htmap.MapOptions).items() if f":param {name}: {meaning}" not in shown
    ] == []
    assert signature.params[signature.index].to_string().startswith("request_cpus: int | str")


@pytest.mark.parametrize("argument", ["tag", "map_options", "chunksize", "where", "if_exists"])
@pytest.mark.parametrize("function", ["map", "starmap", "build_map"])
def test_an_editor_offers_the_arguments_of_the_mapping_functions(function: str, argument: str) -> None:
    assert f"{argument}=" in offered(f"import htmap\nhtmap.{function}(abs, {argument[:-1]}")


def test_an_editor_offers_the_methods_of_a_map() -> None:
    assert {"wait", "why"} <= offered(f"{FIND}m = htmap.map(find, ['a'])\nm.w")


@pytest.mark.parametrize("result", ["m[0]", "m.get(0)", "m[:2][0]", "list(m)[0]", "next(iter(m))"])
def test_an_editor_offers_what_a_result_has(result: str) -> None:
    assert "read_text" in offered(f"{FIND}m = htmap.map(find, ['a'])\n{result}.read_")


def test_an_editor_knows_the_results_of_a_map_by_its_annotation() -> None:
    assert "read_text" in offered(f"{FIND}def look(m: htmap.Map[Path]):\n    for path in m:\n        path.read_")
