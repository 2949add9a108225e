"""Where a module is from: with Python, from a distribution, or a file of the user's own."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import sys
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType
from typing import Optional, Union

import attrs

from htmap_core.fingerprints.code import Import
from htmap_core.results import own_modules

Facts = tuple[str, ...]

# These come with HTMap on both sides. A new version of HTMap computes the same.
_OURS = frozenset({"cloudpickle", "htmap", "htmap_core", "htmap_run"})


@attrs.define(eq=False)
class OwnModule:
    """A module of the user's, which travels as a file, and so is what stands in its file now.

    :param code: its code; None if the file is no source.
    :param content: the file, if it is no source.
    :param package: the package in which its relative imports begin.
    """

    name: str
    code: Optional[CodeType]
    content: bytes
    package: str


Origin = Union[Facts, OwnModule]


class Origins:
    """The origins of modules; each is looked up once."""

    def __init__(self) -> None:
        self._known: dict[str, Origin] = {}

    def of(self, module: str) -> Origin:
        """Return what tells a module from other versions of it.

        :param module: its dotted name. It is not imported.
        """
        if module not in self._known:
            self._known[module] = self._found(module)
        return self._known[module]

    def imported(self, statement: Import, package: str) -> list[Origin]:
        """Return the origins of what an ``import`` statement imports: the module, and modules in it that it names.

        :param package: the package in which the statement stands.
        """
        name = statement.module
        if statement.level:
            begin = package.split(".")[: len(package.split(".")) - statement.level + 1]
            name = ".".join([*begin, *([name] if name else [])])
        return [self.of(name), *self.submodules(name, statement.names)]

    def submodules(self, module: str, names: set[str] | tuple[str, ...]) -> list[Origin]:
        """Return the origins of those of *names* that are modules of the user's in a package."""
        if own_modules.place_of(module) is None:
            return []
        found = [(f"{module}.{name}", self.of(f"{module}.{name}")) for name in sorted(names) if name.isidentifier()]
        own = [(name, each) for name, each in found if isinstance(each, OwnModule)]
        # A set holds the attributes that code names, each of which may lead further down.
        deeper = [more for name, _ in own if isinstance(names, set) for more in self.submodules(name, names)]
        return [*(each for _, each in own), *deeper]

    def _found(self, module: str) -> Origin:
        top = module.partition(".")[0]
        if top in _OURS or own_modules.comes_with_python(top):
            return ("with Python",)
        is_own = own_modules.place_of(module) is not None
        if not is_own and (distributions := _distributions().get(top)):
            return ("of", *sorted(distributions))
        spec = _spec(module)
        if spec is None or not spec.origin or not Path(spec.origin).is_file():
            # A namespace package is only a name; and what is in an archive is found by its loader.
            code = _code(spec) if spec is not None else None
            return OwnModule(module, code, b"", _package(module, spec)) if code else ("not found",)
        code = _code(spec)
        content = b"" if code else Path(spec.origin).read_bytes()
        return OwnModule(module, code, content, _package(module, spec))


def _package(module: str, spec: ModuleSpec | None) -> str:
    is_package = spec is not None and spec.submodule_search_locations is not None
    return module if is_package else module.rpartition(".")[0]


def _code(spec: ModuleSpec) -> CodeType | None:
    """Return the code of a module's source, as it stands in the file now."""
    source = getattr(spec.loader, "get_source", lambda _: None)(spec.name)
    try:
        return None if source is None else compile(source, spec.name, "exec", dont_inherit=True)
    except SyntaxError:  # it counts as a file like another
        return None


def _spec(module: str) -> ModuleSpec | None:
    """Return how a module is found. :func:`importlib.util.find_spec` would import the packages that it is in."""
    top, *parts = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):  # ValueError: a program made the module, so it has no spec
        return None
    name = top
    for part in parts:
        if spec is None or spec.submodule_search_locations is None:
            return None
        name = f"{name}.{part}"
        spec = importlib.machinery.PathFinder.find_spec(name, list(spec.submodule_search_locations))
    return spec


@functools.cache
def _distributions() -> dict[str, set[str]]:
    """Return the distributions, with their versions, that have each top-level module. Only Python 3.10 has a function for it."""
    found: dict[str, set[str]] = {}
    for each in metadata.distributions(path=list(sys.path)):
        listed = (each.read_text("top_level.txt") or "").split()
        files = [] if listed else [file.parts[0] for file in each.files or () if file.suffix in {".py", ".so", ".pyd"}]
        for name in {*listed, *(file.partition(".")[0] for file in files)}:
            found.setdefault(name, set()).add(f"{each.metadata['Name']} {each.version}")
    return found
