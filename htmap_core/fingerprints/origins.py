"""Where a module is from: with Python, from a distribution, or a file of the user's own."""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType
from typing import NamedTuple, Optional, Union

import attrs

from htmap_core.fingerprints.code import Import, named
from htmap_core.results import own_modules

Facts = tuple[str, ...]

NOT_FOUND: Facts = ("not found",)  # a module of the execute node's, or a namespace package, which is only a name

# These come with HTMap on both sides. A new version of HTMap computes the same.
_OURS = frozenset({"cloudpickle", "htmap", "htmap_core", "htmap_run"})


@attrs.define(eq=False)
class ModuleFile:
    """The file of a module of the user's: what counts is what stands in it now, as it travels so.

    :param code: its code; None if it is no source.
    :param content: the file, if it is no source.
    """

    name: str
    code: Optional[CodeType]
    content: bytes


@attrs.define(eq=False)
class OwnModule:
    """A module of the user's, with all modules of the user's that are imported with it.

    :param file: its file.
    :param package: the package in which its relative imports begin.
    """

    file: ModuleFile
    package: str


Origin = Union[Facts, OwnModule]


class Origins:
    """The origins of modules; each is looked up once."""

    def __init__(self) -> None:
        self._known: dict[str, Origin] = {}
        self._beside: dict[int, list[Origin]] = {}

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

    def reached(self, module: OwnModule) -> tuple[list[ModuleFile], list[str]]:
        """Return the files of all modules of the user's that a module leads to, and what tells the versions of others."""
        waiting: list[Origin] = [module]
        own: dict[str, OwnModule] = {}
        facts: set[str] = set()
        while waiting:
            each = waiting.pop()
            if not isinstance(each, OwnModule):
                facts.update(each)
            elif each.file.name not in own:
                own[each.file.name] = each
                waiting += self._next_to(each)
        return [own[name].file for name in sorted(own)], sorted(facts)

    def _next_to(self, module: OwnModule) -> list[Origin]:
        """Return the origins of the modules that one imports, and of the package that it is in."""
        if id(module) not in self._beside:
            above = module.file.name.rpartition(".")[0]
            statements = named(module.file.code).imports if module.file.code else []
            found = [origin for each in statements for origin in self.imported(each, module.package)]
            self._beside[id(module)] = [*found, *([self.of(above)] if above else [])]
        return self._beside[id(module)]

    def _found(self, module: str) -> Origin:
        top = module.partition(".")[0]
        if top in _OURS or own_modules.comes_with_python(top):
            return ("with Python",)
        place = own_modules.place_of(module)
        if distributions := _versions(top, place):
            return distributions
        spec = _spec(module)
        if spec is None:
            return NOT_FOUND
        is_file = spec.origin is not None and Path(spec.origin).is_file()
        code = _code(spec)
        if code is None and not is_file:
            return NOT_FOUND
        content = Path(spec.origin).read_bytes() if code is None and spec.origin else b""
        is_package = spec.submodule_search_locations is not None
        return OwnModule(ModuleFile(module, code, content), module if is_package else module.rpartition(".")[0])


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


class _Distribution(NamedTuple):
    """A distribution that has a module.

    :param folder: where it is installed; None if it does not tell its files, which may be elsewhere, and may be edited.
    """

    version: str
    folder: Optional[Path]


def _versions(top: str, place: Path | None) -> Facts:
    """Return the distributions, with their versions, that a top-level module is from.

    :param place: where the module is, if that is not where Python installs modules.
    """
    found = _distributions().get(top, set())
    return tuple(sorted(each.version for each in found if place is None or each.folder == place.parent))


@functools.cache
def _distributions() -> dict[str, set[_Distribution]]:
    """Return the distributions that have each top-level module. Only Python 3.10 has a function for it."""
    found: dict[str, set[_Distribution]] = {}
    for each in metadata.distributions():
        has_record = each.read_text("RECORD") is not None
        files = [file for file in each.files or () if has_record and file.suffix in {".py", ".so", ".pyd"}]
        names = {*(each.read_text("top_level.txt") or "").split(), *(file.parts[0].partition(".")[0] for file in files)}
        version = f"{each.metadata['Name']} {each.version}"
        folder = Path(str(each.locate_file(""))) if files else None
        for name in names:
            found.setdefault(name, set()).add(_Distribution(version, folder))
    return found
