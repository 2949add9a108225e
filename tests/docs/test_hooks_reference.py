"""The reference of hooks is what their docstrings say (`make golden` writes it), and the examples in it work."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pluggy
import pytest

import htmap_core
from htmap_core.contract import hookspecs
from htmap_core.contract.options import MapOptions
from htmap_core.contract.plan import MapPlan
from htmap_core.contract.pools import PoolAccess, PoolView
from htmap_core.contract.submit import SubmitDescription
from htmap_core.contract.walltime import Walltime
from htmap_core.names import ENTRY_POINT_GROUP
from htmap_core.plugins.calls import Plugins
from htmap_core.settings.chain import Settings
from tests.docs import reference_of_hooks
from tests.docs.reference_of_hooks import CLASSES, HOOKS
from tests.docstrings import kind_of, parsed
from tests.golden_files import Golden
from tests.throwaway_plugins import PREAMBLE, Site
from tests.unit.plugins.test_calls import NoSlots

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hooks.md"
OFFERS = [name for name, hook in HOOKS.items() if kind_of(hook) == "offer"]

# What the examples of hooks use and do not show.
MADE_UP = """
from pathlib import Path
class Cvmfs(DeliveryMethod):
    name = "cvmfs"
    def describe(self, submit, plan): ...
class BatchService(Pool):
    name = "batch"
    def find(self): return None
    def advice(self): return "it is elsewhere"
@attrs.frozen
class CvmfsSettings:
    image: str = attrs.field(default="", metadata={"meaning": "the image"})
cvmfs_command = click.Command("cvmfs")
def read_ticket(): return b"ticket"
"""


# --- the page


def test_the_reference_says_what_holds_for_all_hooks_and_lists_them(golden: Golden) -> None:
    golden.section(PAGE, "all hooks", f"{reference_of_hooks.all_hooks()}\n{reference_of_hooks.list_of_hooks()}")


def test_the_reference_has_a_section_for_each_hook(golden: Golden) -> None:
    golden.section(PAGE, "hooks", "\n".join(map(reference_of_hooks.section_of_hook, HOOKS)))


def test_the_reference_has_a_section_for_each_class_that_plugins_meet(golden: Golden) -> None:
    golden.section(PAGE, "classes", "\n".join(map(reference_of_hooks.section_of_class, CLASSES)))


# --- its examples


def plugin(hook: str) -> str:
    """Return the source of a plugin that has the example of a hook."""
    return MADE_UP + "\n".join(parsed(HOOKS[hook]).examples)


@pytest.fixture
def site(htmap_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    (folder := tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("HTMAP_PLUGINS", "example")  # another may offer what the example offers
    return Site(folder)


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_of_a_hook_fits_the_hook(hook: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"example_of_{hook}.py").write_text(PREAMBLE + plugin(hook))
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module(f"example_of_{hook}")
    manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    assert [each.name for each in manager.get_hookcallers(module) or ()] == [hook]


@pytest.mark.parametrize("hook", OFFERS)
def test_what_the_example_of_an_offer_returns_is_taken(hook: str, site: Site) -> None:
    site.install("example", plugin(hook))
    (record,) = [each for each in Plugins().records() if each.name == "example"]
    assert (record.state, record.reason) == ("ok", "")
    assert any(record.offers.values())


def test_the_example_of_a_sites_rules_sets_them(site: Site, tmp_path: Path) -> None:
    site.install("example", plugin("htmap_rewrite_submit"))
    submit, options = SubmitDescription(), MapOptions()
    plan = MapPlan("tide", tmp_path, tmp_path, 3, 3, options, Settings(), NoSlots(), walltime=Walltime(60, 120))
    Plugins().rewrite_submit(submit, plan)
    assert submit.commands() == {
        "MY.JobFlavour": '"espresso"',
        "MY.MaxRuntime": plan.walltime and plan.walltime.seconds,
    }


def given() -> dict[str, list[type]]:
    """Return the classes of the objects that plugins are given, by what examples call them: as the arguments of hooks."""
    found: dict[str, list[type]] = {"pool": [PoolView, PoolAccess], "options": [MapOptions]}
    for hook in HOOKS.values():
        for name, each in inspect.signature(hook).parameters.items():
            if each.annotation in htmap_core.__all__:
                found.setdefault(name, []).append(getattr(htmap_core, each.annotation))
    return found


def unknown(source: str) -> Iterator[str]:
    """Yield what an example asks of an object that it is given, and the object does not have."""
    classes = given()
    asked = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)]
    for node in asked:
        known = classes.get(node.value.id, ()) if isinstance(node.value, ast.Name) else ()
        if known and not any(hasattr(cls, node.attr) for cls in known):
            yield ast.unparse(node)


def examples() -> Iterator[tuple[str, str]]:
    """Yield the examples of hooks, classes and methods that are no doctests, each with its place."""
    documented: dict[str, Any] = {**HOOKS, **CLASSES}
    for name, cls in CLASSES.items():
        documented |= {f"{name}.{each}": member for each, member in vars(cls).items() if each[0] != "_"}
    for name, each in documented.items():
        if isinstance(inspect.getdoc(each), str):
            yield from ((name, example) for example in parsed(each).examples if not example.startswith(">>>"))


def test_the_examples_use_what_there_is() -> None:
    found = {name: list(unknown(example)) for name, example in examples()}
    assert len(found) > len(HOOKS) + len(CLASSES)
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize(("source", "count"), [("submit.sett('a', 1)", 1), ("plan.walltime.seconds", 0), ("x.y", 0)])
def test_what_there_is_not_is_seen(source: str, count: int) -> None:
    assert len(list(unknown(source))) == count
