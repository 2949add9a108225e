"""One-off plugins: files that are plugins without a distribution, beside the script that runs or named in the settings.

A file in the current folder is none: others could have put it there, and the user may be anywhere.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Union

import attrs

from htmap_core.exceptions import UnsafePath
from htmap_core.plugins.record import ONE_OFF, PluginRecord
from htmap_core.plugins.sources.requirements import HOOKS
from htmap_core.settings.chain import FOR_ALL_USERS, settings
from htmap_core.settings.tables import setting
from htmap_core.settings.trust import check_owner

if sys.version_info >= (3, 10):
    from importlib.metadata import EntryPoint
else:
    from importlib_metadata import EntryPoint

FILE = "htmap_plugins.py"
FILES = "PLUGINS.FILES"


@attrs.define(slots=False)
class OneOffFile:
    """A file that is a plugin. It has what discovery asks of an entry point.

    :param path: its absolute path, which is the plugin's name, too.
    :param repair: what to do where it does not work.
    """

    path: Path
    repair: str
    dist: None = None

    @property
    def value(self) -> str:
        """What is imported."""
        return str(self.path)

    def record(self) -> PluginRecord:
        """Return the record of the plugin, before it is loaded."""
        return PluginRecord(str(self.path), ONE_OFF, "", repair=self.repair)

    def refusal(self) -> UnsafePath | None:
        """Return why the file is not to be read: others own it, or may write to it."""
        try:
            check_owner(self.path, "a plugin", "A plugin that others may change can be installed as a distribution")
        except UnsafePath as error:
            return error
        return None

    def hooks(self) -> Any:
        """Return the version of the hooks that the file states, without running it; None if it states none.

        :raises ValueError: its path is not absolute.
        :raises OSError: it cannot be read.
        :raises SyntaxError: it is no Python.
        """
        for node in self._tree.body:
            if isinstance(node, ast.Assign) and HOOKS in map(ast.unparse, node.targets):
                return node.value.value if isinstance(node.value, ast.Constant) else ast.unparse(node.value)
        return None

    def load(self) -> ModuleType:
        """Run the file, and return its module. No bytecode is read or written beside it."""
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:8]
        name = f"_htmap_one_off_{self.path.stem}_{digest}"  # two files of one name do not meet
        module = ModuleType(name)
        module.__file__ = str(self.path)
        sys.modules[name] = module  # where classes look for the names in their annotations
        try:
            exec(compile(self._tree, str(self.path), "exec", dont_inherit=True), module.__dict__)
        except BaseException:
            del sys.modules[name]
            raise
        return module

    @functools.cached_property
    def _tree(self) -> ast.Module:
        if not self.path.is_absolute():
            raise ValueError(f"{FILES} must name it by its absolute path, which is the same in each folder")
        if self.path.exists() and not self.path.is_file():  # reading a pipe would wait for ever
            raise OSError(f"{self.path} is no file")
        return ast.parse(self.path.read_bytes(), str(self.path))


Entry = Union[EntryPoint, OneOffFile]


def named_files() -> list[OneOffFile]:
    """Return the files that settings name.

    Those in the environment and in the settings of the machine count whatever else is set, so that a site can bring its rules
    to its users, and require them.

    :raises InvalidSetting: PLUGINS.FILES is no list of paths.
    """
    found: dict[Path, OneOffFile] = {}
    for chain in (settings, *FOR_ALL_USERS):
        for given in setting(FILES, chain):
            path = Path(given).expanduser()
            found.setdefault(
                path, OneOffFile(path, f"mend the file, or take it out of {FILES} ({chain.origin(FILES)})")
            )
    return list(found.values())


def of_map(name: str) -> OneOffFile:
    """Return the file that a map remembers."""
    return OneOffFile(Path(name), "mend the file, or put it back")


def beside_script() -> OneOffFile | None:
    """Return the file beside the script that runs; None if there is none, or no script.

    A script is a file that Python was told to run. Modules (``python -m``), notebooks, lines that are typed and installed
    commands such as ``htmap`` are none: what is beside them is not the user's, or is in the current folder. Nor is there one
    where Python itself was told to import nothing that lies beside scripts (``python -P``, ``python -I``).
    """
    if sys.flags.isolated or getattr(sys.flags, "safe_path", False):
        return None
    main = sys.modules.get("__main__")
    named = getattr(main, "__file__", None)
    if not isinstance(named, str) or not os.path.isabs(named) or getattr(main, "__spec__", None) is not None:
        return None
    script = os.path.realpath(named)  # as Python's own path for imports begins
    path = os.path.join(os.path.dirname(script), FILE)
    if path == script or not os.path.lexists(path) or os.path.dirname(script) in _folders_of_commands():
        return None
    return OneOffFile(Path(path), "mend the file, or delete it")


def quoted_words(path: str) -> set[str]:
    """Return the words that stand in quotes in a file that cannot be run; none if it cannot be read either."""
    try:
        return (
            set(re.findall(r"""['"](\w+)['"]""", Path(path).read_text(errors="replace")))
            if os.path.isfile(path)
            else set()
        )
    except OSError:  # the plugin's record tells why
        return set()


def _folders_of_commands() -> set[str]:
    """Return the folders in which installed commands are, of this Python and of the user."""
    import sysconfig  # few scripts have such a file

    schemes = [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", "posix_user"),
        os.path.dirname(sys.executable),
    ]
    return {os.path.realpath(each) for each in schemes if each}
