"""An index of tiny wheels, and projects that need nothing to be built: uv is real, and the network is not needed."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from htmap_packages import store
from htmap_packages.declared.declaration import declaration
from htmap_packages.settings import current
from htmap_packages.target import Target

import htmap
from htmap_core import MapOptions, MapPlan, PoolAddress

BACKEND = '''
import base64, os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.write("{name}.py")
        wheel.writestr("{name}-{version}.dist-info/METADATA", """Metadata-Version: 2.1
Name: {name}
Version: {version}
{needs}""")
        wheel.writestr("{name}-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: {tag}\\n")
        wheel.writestr("{name}-{version}.dist-info/RECORD", "{name}.py,,\\n")
    return name

def build_sdist(folder, config_settings=None):
    raise NotImplementedError
'''

Wheel = Callable[..., Path]


class Pool:
    """A pool with slots of some systems, all with Docker; none by default."""

    address = PoolAddress("far")
    is_local = False

    def __init__(self, *systems: str) -> None:
        self._systems = systems

    def slots(self, projection: Sequence[str] = ()) -> list[dict[str, Any]]:
        return [{"OpSysAndVer": name} for name in self._systems]

    def count(self, expression: str) -> tuple[int, int]:
        listed = expression.replace('"', ",").split(",")
        return sum(name not in listed for name in self._systems), len(self._systems)

    def parameter(self, name: str) -> str | None:
        return None


@pytest.fixture
def slots() -> type[Pool]:
    """Makes pools with slots of some systems."""
    return Pool


@pytest.fixture(scope="session")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What uv keeps; the tests share it."""
    return tmp_path_factory.mktemp("uv")


@pytest.fixture
def index(tmp_path: Path, htmap_dir: Path, uv_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, which is all that uv knows."""
    folder = tmp_path / "index"
    folder.mkdir()
    (tmp_path / "uv.toml").write_text(f"no-index = true\nfind-links = [{str(folder)!r}]\n")
    monkeypatch.setenv("UV_CONFIG_FILE", str(tmp_path / "uv.toml"))
    monkeypatch.setenv("UV_CACHE_DIR", str(uv_cache))
    return folder


@pytest.fixture
def wheel(index: Path) -> Wheel:
    """Makes wheels in the index."""

    def make(name: str, version: str = "1.0", needs: str = "", tag: str = "py3-none-any", folder: Path = index) -> Path:
        path = folder / f"{name}-{version}-{tag}.whl"
        info = f"{name}-{version}.dist-info"
        required = "".join(f"Requires-Dist: {each}\n" for each in needs.split())
        with zipfile.ZipFile(path, "w") as file:
            file.writestr(f"{name}.py", f"version = {version!r}\n")
            file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{required}")
            file.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
            file.writestr(f"{info}/RECORD", f"{name}.py,,\n")
        return path

    return make


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Makes projects that build themselves."""

    def make(name: str, version: str = "1.0", needs: str = "", tag: str = "py3-none-any") -> Path:
        folder = tmp_path / "src" / name
        folder.mkdir(parents=True)
        required = "".join(f"Requires-Dist: {each}\n" for each in needs.split())
        facts = {"name": name, "version": version, "tag": tag, "needs": required}
        text = BACKEND
        for key, value in facts.items():
            text = text.replace(f"{{{key}}}", value)
        (folder / "backend.py").write_text(text)
        (folder / f"{name}.py").write_text("answer = 1\n")
        (folder / "pyproject.toml").write_text(
            f'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = {needs.split()!r}\n'
        )
        return folder

    return make


@pytest.fixture
def planned(htmap_dir: Path) -> Callable[..., MapPlan]:
    """Makes plans of maps, with settings of the table PACKAGES."""

    def make(
        tag: str = "tide", modules: frozenset[str] = frozenset(), pool: Pool | None = None, **given: object
    ) -> MapPlan:
        for name, value in given.items():
            htmap.settings[f"PACKAGES.{name.upper()}"] = value
        map_dir = htmap_dir / "maps" / f"id-of-{tag}"
        map_dir.mkdir(parents=True, exist_ok=True)
        (htmap_dir / "tags").mkdir(exist_ok=True)
        (htmap_dir / "tags" / tag).write_text(f"{map_dir.name}\n")
        return MapPlan(
            tag=tag,
            map_dir=map_dir,
            runtime=map_dir / "runtime",
            components=3,
            jobs=3,
            options=MapOptions(),
            settings=htmap.settings,
            pool=pool or Pool(),
            modules=modules,
        )

    return make


@pytest.fixture
def make(planned: Callable[..., MapPlan]) -> Callable[..., store.Archive]:
    """Builds what a map needs, as the delivery method does."""

    def built(**given: object) -> store.Archive:
        plan = planned(**given)
        table = current(plan.settings)
        target = Target.of(table, may_differ=True)
        return store.provide(declaration(plan, table), target, table, plan.map_dir)

    return built
