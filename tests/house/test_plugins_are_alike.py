"""Our plugins: all have the same files, names and versions, and each delivery method is proven."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging import requirements
from packaging.specifiers import SpecifierSet

import htmap
import htmap_core
from htmap_core.plugins.calls import plugins
from release.distributions import compatible, distributions, version
from tests.house.tree import DISTRIBUTIONS, PLUGINS, ROOT, USERS, project

PLUGIN_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "tests/test_contract.py")

PACKAGE_FILES = ("__init__.py", "plugin.py", "py.typed")


RANGE = compatible(version())


def test_there_are_plugins() -> None:
    assert {"htmap-assume", "htmap-pool", "htmap-shared"} <= set(PLUGINS)


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_plugin_has_the_same_files(plugin: str) -> None:
    package = plugin.replace("-", "_")
    wanted = [*PLUGIN_FILES, *(f"{package}/{name}" for name in PACKAGE_FILES)]
    assert [name for name in wanted if not (ROOT / "plugins" / plugin / name).is_file()] == []


@pytest.mark.parametrize("plugin", DISTRIBUTIONS)
@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_every_plugin_explains_itself(plugin: str, name: str) -> None:
    assert (ROOT / "plugins" / plugin / name).read_text().startswith("# ")


@pytest.mark.parametrize("name", USERS)
def test_what_uses_htmap_as_programs_do_is_no_plugin(name: str) -> None:
    described = project(ROOT / "plugins" / name)["project"]
    assert (described["name"], "entry-points" in described) == (name, False)
    assert (ROOT / "plugins" / name / name.replace("-", "_") / "py.typed").is_file()


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_has_one_name_everywhere(plugin: str) -> None:
    described = project(ROOT / "plugins" / plugin)["project"]
    short, package = plugin.removeprefix("htmap-"), plugin.replace("-", "_")
    assert described["name"] == plugin
    assert described["entry-points"]["htmap"] == {short: f"{package}.plugin"}
    assert set(described["entry-points"].get("htmap.commands", {}).values()) <= {f"{package}.plugin"}


@pytest.mark.parametrize("plugin", DISTRIBUTIONS)
def test_a_plugin_needs_the_core(plugin: str) -> None:
    described = project(ROOT / "plugins" / plugin)["project"]
    assert [each for each in described["dependencies"] if re.match(r"htmap-core\b", each)] == [f"htmap-core{RANGE}"]


def test_the_core_has_an_extra_for_each_plugin_and_nothing_else_under_such_a_name() -> None:
    wanted = [requirements.Requirement(each) for each in importlib.metadata.requires("htmap-core") or ()]
    found = {
        short: [
            (each.name, each.specifier) for each in wanted if each.marker and each.marker.evaluate({"extra": short})
        ]
        for short in (plugin.removeprefix("htmap-") for plugin in DISTRIBUTIONS)
    }
    always = [(each.name, each.specifier) for each in wanted if each.marker and each.marker.evaluate({"extra": ""})]
    of_extras = {short: [each for each in added if each not in always] for short, added in found.items()}
    assert of_extras == {plugin.removeprefix("htmap-"): [(plugin, SpecifierSet(RANGE))] for plugin in DISTRIBUTIONS}


@pytest.mark.parametrize("plugin", DISTRIBUTIONS)
def test_an_environment_of_this_tree_takes_the_plugin_of_an_extra_from_the_tree(plugin: str) -> None:
    assert project(ROOT)["tool"]["uv"]["sources"][plugin] == {"workspace": True}


def test_every_delivery_method_is_proven_on_hosts_that_share_nothing() -> None:
    offering = {plugin: ROOT / "plugins" / plugin / plugin.replace("-", "_") / "plugin.py" for plugin in PLUGINS}
    methods = {plugin.removeprefix("htmap-") for plugin, file in offering.items() if defines_delivery_methods(file)}
    assert {"assume", "shared"} <= methods
    assert {name for name in methods if not keeps_site_contract(name)} == set()


def defines_delivery_methods(file: Path) -> bool:
    nodes = ast.parse(file.read_text()).body
    return any(isinstance(node, ast.FunctionDef) and node.name == "htmap_delivery_methods" for node in nodes)


def keeps_site_contract(method: str) -> bool:
    file = ROOT / "tests/site" / f"test_{method}.py"
    nodes = ast.parse(file.read_text()).body if file.is_file() else []
    return any(
        "DeliverySiteContract" in map(ast.unparse, node.bases) for node in nodes if isinstance(node, ast.ClassDef)
    )


# What is offered, by kind: the contracts that prove it, and their attribute with its name.
PROVEN_BY = {
    "delivery methods": ({"DeliveryMethodContract"}, "method"),
    "pools": ({"PoolContract", "SiteContract"}, "pool"),
    "transfer protocols": ({"TransferProtocolContract"}, "scheme"),
}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_keeps_the_contract_of_everything_that_it_offers(plugin: str) -> None:
    (record,) = [each for each in plugins.records() if each.distribution == plugin]
    source = (ROOT / "plugins" / plugin / "tests" / "test_contract.py").read_text()
    offered = {kind: set(record.offers.get(kind, ())) for kind in PROVEN_BY}
    assert {kind: proven(source, *by) for kind, by in PROVEN_BY.items()} == offered


def proven(source: str, contracts: set[str], attribute: str) -> set[str]:
    """Return what the classes of a test module prove that subclass one of some contracts, by an attribute of theirs."""
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    ours = [node for node in classes if contracts & set(map(ast.unparse, node.bases))]
    set_in_ours = [each for node in ours for each in node.body if isinstance(each, ast.Assign)]
    return {ast.literal_eval(each.value) for each in set_in_ours if ast.unparse(each.targets[0]) == attribute}


def test_an_offer_without_a_contract_is_seen() -> None:
    source = "class TestSea(PoolContract):\n    pool = 'sea'\nclass TestAir(PluginContract):\n    pool = 'air'\n"
    assert proven(source, {"PoolContract"}, "pool") == {"sea"}


def test_the_version_of_the_package_is_that_of_the_distribution() -> None:
    assert htmap.__version__ == htmap_core.__version__ == project(ROOT)["project"]["version"]


def test_a_release_knows_which_distributions_are_plugins() -> None:
    assert [each.name for each in distributions() if each.is_plugin] == PLUGINS
