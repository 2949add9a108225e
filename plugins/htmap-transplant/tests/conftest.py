"""Environments to pack, of the Python that runs the tests."""

from __future__ import annotations

import venv
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from htmap_transplant.installation import Installation, refusal, running

import htmap

HERE = running()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a Python that can travel, where the one that runs the tests cannot."""
    reason = refusal(HERE)
    for item in items:
        if reason is not None and item.get_closest_marker("packs"):
            item.add_marker(pytest.mark.skip(reason=f"this Python cannot travel: {reason}"))


@pytest.fixture(autouse=True)
def _packed_once(request: pytest.FixtureRequest) -> None:
    """Have the Python that runs the tests packed once for all of them, although each has an HTMAP_DIR of its own."""
    if request.node.get_closest_marker("pool"):
        request.getfixturevalue("htmap_dir")  # whose settings are the test's own
        htmap.settings["TRANSPLANT.DIR"] = str(request.getfixturevalue("running_pool") / "transplants")


def installation_in(folder: Path) -> Installation:
    """Make a virtual environment in *folder* and return it as an installation."""
    venv.create(folder, with_pip=False, symlinks=True)
    site = folder / "lib" / HERE.version / "site-packages"
    return attrs.evolve(HERE, prefix=folder, sites=(site,))


@pytest.fixture(scope="session")
def make_environment() -> Callable[[Path], Installation]:
    """Make virtual environments that live longer than a test."""
    return installation_in


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A new virtual environment with nothing in it."""
    return installation_in(tmp_path / "environment")


@pytest.fixture
def site(installation: Installation) -> Path:
    """The folder of packages of that environment."""
    return installation.sites[0]


@pytest.fixture
def small(tmp_path: Path) -> Installation:
    """An installation of three files, which is packed at once but would not run."""
    base = tmp_path / "small"
    for name in (f"bin/{HERE.version}", f"lib/{HERE.version}/os.py", f"lib/{HERE.version}/site-packages/module.py"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(name)
    stdlib = base / "lib" / HERE.version
    sites = (stdlib / "site-packages",)
    return Installation(base, base, base / "bin" / HERE.version, stdlib, sites, "site-packages", "a small one")


@pytest.fixture
def make_map(htmap_dir: Path) -> Callable[[str], Path]:
    """Make the directory of a map with a tag."""

    def make(tag: str) -> Path:
        found = htmap_dir / "maps" / f"id-of-{tag}"
        found.mkdir(parents=True)
        (htmap_dir / "tags").mkdir(exist_ok=True)
        (htmap_dir / "tags" / tag).write_text(f"{found.name}\n")
        return found

    return make
