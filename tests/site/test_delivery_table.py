"""Each delivery method on each kind of node, with what happened: the table in ``docs/how-to/choose-delivery.md``.

A method has a line in :data:`METHODS`, a kind of node one in :data:`NODES`; then
``pytest --renew-golden tests/site/test_delivery_table.py`` writes the table anew.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import htmap
from htmap.exceptions import HTMapWarning
from htmap_core.cli.docs.pages import root
from tests.golden_files import Golden
from tests.site import containers
from tests.site.contracts import TIMEOUT
from tests.site.hosts import Site
from tests.site.test_packages import folder, prepared  # noqa: F401 -- a fixture that builds the packages
from tests.site.test_transplant import BARER, environment, sending

PAGE = root() / "docs" / "how-to" / "choose-delivery.md"
SECTION = "what happens"
DOMAIN = "shared.example.org"
IS_SYSTEMS = Path(sys.base_prefix) == Path("/usr")  # whether the Python that submits is the operating system's
ROOMY = "NUM_CPUS = 12\nMEMORY = 12000\n"  # the maps run side by side

# By the column, the settings that the method needs.
METHODS: dict[str, Callable[[], dict[str, Any]]] = {
    "shared": dict,
    "assume": dict,
    "docker": lambda: {"DOCKER.IMAGE": "here:1"},
    "singularity": lambda: {"SINGULARITY.IMAGE": str(containers.sif(containers.with_numpy()))},
    "packages": lambda: {"PACKAGES.DIR": str(prepared() / "archives")},
    "transplant": dict,
}


def sharing() -> dict[str, Any]:
    """It sees the submit side's Python, at the same path, and has none of its own."""
    visible = [path for path in dict.fromkeys([Path(sys.prefix), Path(sys.base_prefix)]) if path != Path("/usr")]
    config = f"{ROOMY}FILESYSTEM_DOMAIN = {DOMAIN}"
    return {
        "config": config,
        "visible": visible,
        "as_owner": True,
        "without_python": not IS_SYSTEMS,
    }


def with_docker() -> dict[str, Any]:
    prefix, image = containers.docker(), containers.with_numpy()
    return {
        "config": ROOMY + containers.docker_configuration(prefix),
        "visible": [prefix, image],
        "before": containers.docker_daemon(prefix, {"here:1": image}, {}),
        "without_python": True,
    }


def with_apptainer() -> dict[str, Any]:
    prefix = containers.apptainer()
    return {
        "config": ROOMY + containers.apptainer_configuration(prefix),
        "visible": [prefix],
        "before": containers.apptainer_devices(),
        "without_python": True,
    }


@attrs.frozen
class Node:
    """A kind of node.

    :param words: what it has, in the table.
    :param furnished: returns the arguments with which a site adds a host of this kind.
    """

    words: str
    furnished: Callable[[], dict[str, Any]]


NODES = {
    "files": Node("your files, at the same paths", sharing),
    "equipped": Node(
        "a Python of your minor version, with your packages",
        lambda: {"config": ROOMY, "root": containers.with_numpy()},
    ),
    "bare": Node(
        "a Python of your minor version, and no packages",
        lambda: {
            "config": ROOMY,
            "root": containers.with_numpy(),
            "before": "rm -rf /usr/lib/python3*/dist-packages/numpy",
        },
    ),
    "other": Node(
        "a Python of another minor version", lambda: {"config": ROOMY, "root": containers.with_another_python()}
    ),
    "nothing": Node("no Python", lambda: {"config": ROOMY, "without_python": True, "before": BARER}),
    "docker": Node("Docker", with_docker),
    "apptainer": Node("Apptainer", with_apptainer),
}

CELLS = [(node, method) for node in NODES for method in METHODS]


def adding() -> Callable[[bool], int]:
    """Return a function that adds up with numpy, or without. It travels with its code."""

    def add_up(with_numpy: bool) -> int:
        if not with_numpy:
            return sum(range(10))
        import numpy  # type: ignore[import-not-found, unused-ignore]

        return int(numpy.arange(10).sum())

    return add_up


@pytest.fixture(scope="module")
def happened(site: Site) -> dict[tuple[str, str], str]:
    """What happened in each cell. All maps are submitted at once."""
    for name, node in NODES.items():
        site.add_host(name, **node.furnished())
    for settings_of in METHODS.values():
        settings_of()  # images are made where there is a network, and so is the environment
    with sending(environment), site.client(f"FILESYSTEM_DOMAIN = {DOMAIN}"):
        submitted = {cell: _submitted(site, *cell) for cell in CELLS}
        found = {cell: _told(mapped, said) for cell, (mapped, said) in submitted.items()}
    if IS_SYSTEMS:  # the node has to have it, and so it is no node without a Python
        found.update({("files", method): of_page()["files", method] for method in ("assume", "packages")})
    return found


def _submitted(site: Site, node: str, method: str) -> tuple[htmap.Map, list[str]]:
    """Submit a map to a kind of node; return it with the names of the warnings."""
    htmap.settings["DELIVERY_METHOD"] = method
    for name, value in METHODS[method]().items():
        htmap.settings[name] = value
    options = htmap.MapOptions(
        requirements=f'Machine == "{site.hosts[node].machine}"', max_retries=0, request_memory="256MB"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", HTMapWarning)
        mapped = htmap.map(adding(), [False, True], map_options=options, chunksize=2)
    return mapped, [type(each.message).__name__ for each in caught]


def _told(mapped: htmap.Map, said: list[str]) -> str:
    """Return what became of a map, in the words of the table."""
    if any(name.endswith("FitsNoSlot") or name == "NoSlotFits" for name in said):
        mapped.remove(force=True)
        return "no slot"
    try:
        mapped.wait(timeout=TIMEOUT, holds_ok=True, errors_ok=True)
    except htmap.exceptions.TimeoutError:
        return "waits"  # and nobody has said so
    if mapped.holds:
        (reason,) = {hold.reason for hold in mapped.holds.values()}
        (code,) = re.findall(r"exit code (\d+)", reason)
        return {"92": "held: no Python"}.get(code, f"held: exit code {code}")
    plain, with_numpy = mapped.outcomes()
    if plain.ok:
        return "works" if with_numpy.ok else f"no packages: `{_kind(with_numpy)}`"
    return f"refused there: {_kind(plain)}"


def _kind(outcome: Any) -> str:
    is_refusal = "htmap.Refused" in outcome.error.report()
    return "other Python" if is_refusal else outcome.error.exception_msg.partition(":")[0]


def table(cells: dict[tuple[str, str], str]) -> str:
    rows = [("the node has", *(f"`{method}`" for method in METHODS)), ("---",) * (len(METHODS) + 1)]
    rows += [(node.words, *(cells[name, method] for method in METHODS)) for name, node in NODES.items()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def of_page() -> dict[tuple[str, str], str]:
    """Return the cells of the table in the page."""
    section = PAGE.read_text().partition(f"<!-- generated: {SECTION} -->\n")[2].partition("<!-- end -->")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines()[2:]]
    return {(node, method): cell.strip() for node, row in zip(NODES, rows) for method, cell in zip(METHODS, row[1:])}


@pytest.mark.parametrize(("node", "method"), CELLS)
def test_what_happens_is_what_the_page_says(
    node: str, method: str, happened: dict[tuple[str, str], str], request: pytest.FixtureRequest
) -> None:
    assert happened[node, method] == of_page()[node, method]


def test_the_page_has_the_table(happened: dict[tuple[str, str], str], golden: Golden) -> None:
    golden.section(PAGE, SECTION, table(happened))
