"""The layers of the chain of settings: tables with their origins."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Protocol

from htmap_core.files.ownership import find_danger, is_within
from htmap_core.settings import dotted

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RUNTIME = "what was set at run time"
BUILT_IN = "the built-in defaults"


class Layer:
    """One table of a chain, with its origin."""

    def __init__(self, table: Mapping[str, Any], origin: str) -> None:
        self._table = table
        self._origin = origin

    def table(self) -> Mapping[str, Any]:
        """Return the present table."""
        return self._table

    @property
    def is_writable(self) -> bool:
        """Whether a change to the table lasts."""
        return isinstance(self._table, MutableMapping)

    def look_up(self, key: str) -> Any:
        """Return the value of *key*, or one of the marks of :func:`htmap_core.settings.dotted.look_up` if it has none."""
        return dotted.look_up(self.table(), key)

    def origin_of(self, key: str) -> str:
        """Return where the value of *key* comes from, as a phrase."""
        return self._origin

    def missing(self, key: str) -> tuple[list[str], str | None]:
        """Return the layer's keys beside its table, and advice on how to get the missing *key*, if there is any."""
        return [], None


class UserFile(Layer):
    """``~/.htmaprc``. It is read at the first need of a setting, and again when HOME or the file changes."""

    is_writable = False  # a change would be lost when the file is read again

    def __init__(self) -> None:
        super().__init__({}, "~/.htmaprc")
        # The version that was read, and its contents: threads see both or neither.
        self._read: tuple[tuple[Path, int, int] | None, Mapping[str, Any]] = None, {}

    def table(self) -> Mapping[str, Any]:
        """Return the present contents of the file."""
        path = user_file()
        try:
            stat = path.stat()
            version = (path, stat.st_mtime_ns, stat.st_size)
            read = self._read
            if version != read[0]:
                _check_owner(path)
                read = self._read = version, read_toml(path)
        except FileNotFoundError:
            read = self._read = None, {}
        except OSError as error:
            from htmap_core.exceptions import InvalidSettingsFile

            raise InvalidSettingsFile(path, str(error)) from error
        return read[1]


def _check_owner(path: Path) -> None:
    """Check that the settings file is the user's alone, since settings name folders and programs.

    Of TRUSTED_FOLDERS only the environment's counts here: the file cannot vouch for itself.

    :raises UnsafePath: somebody else owns it, or may write to it.
    """
    danger = find_danger(path)
    if danger is not None and not is_within(path, trusted_in_environment()):
        from htmap_core.exceptions.ownership import refusal

        raise refusal(path, "your settings", danger, "Move it away, and `htmap set` your settings again")


def trusted_in_environment() -> list[str]:
    """Return the folders that HTMAP_TRUSTED_FOLDERS names; they count although the settings file wins otherwise."""
    return str(Environment().table().get("TRUSTED_FOLDERS", "")).split(",")


class Environment(Layer):
    """Settings from environment variables, read at each need.

    ``HTMAP_DOCKER_IMAGE`` sets ``DOCKER.IMAGE``; the same rule holds for every plugin's table. :mod:`htmap_core.settings.core`
    names the variables of the core's own settings. Of two variables for one setting, the later in the alphabet wins.
    """

    is_writable = False  # a change would be lost: each need makes the table anew

    def __init__(self) -> None:
        super().__init__({}, "the environment")

    def table(self) -> Mapping[str, Any]:
        """Return the settings of the present environment."""
        settings: dict[str, Any] = {}
        for variable in sorted(os.environ):
            if key := _key_of_variable(variable):
                table, _, name = key.rpartition(".")
                here = settings.setdefault(dotted.spelling(settings, table), {}) if table else settings
                here[dotted.spelling(here, name)] = os.environ[variable]
        return settings

    def origin_of(self, key: str) -> str:
        """Return the name of the variable."""
        names = [v for v in sorted(os.environ) if (k := _key_of_variable(v)) and k.casefold() == key.casefold()]
        return f"environment variable {names[-1]}" if names else self._origin


# Variables that are not settings: they select plugins, belong to a running component, or belong to the tests.
_NOT_SETTINGS = {"HTMAP_PLUGINS", "HTMAP_TRACE_PLUGINS", "HTMAP_ON_EXECUTE", "HTMAP_COMPONENT"}
_OF_TESTS = "HTMAP_TEST_"


def _key_of_variable(variable: str) -> str | None:
    if not variable.startswith("HTMAP_") or variable in _NOT_SETTINGS or variable.startswith(_OF_TESTS):
        return None
    from htmap_core.settings import core  # imports attrs (20 ms); `import htmap` needs no setting

    if variable in core.VARIABLES:
        return core.VARIABLES[variable]
    name = variable[len("HTMAP_") :]
    if name.startswith(f"{core.MAP_OPTIONS}_"):  # the only table whose name has an underscore
        return f"{core.MAP_OPTIONS}.{name[len(core.MAP_OPTIONS) + 1 :].lower()}"
    table, _, name = name.partition("_")
    return f"{table}.{name}" if table and name else None


class TablesOfPlugins(Protocol):
    """The questions that the built-in layer asks plugins."""

    def defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the defaults of each installed plugin's table, by its name in capitals."""

    def advice(self, table: str) -> str | None:
        """Return how to get a table that no installed plugin has; None if no known plugin has it."""


class BuiltIn(Layer):
    """The built-in defaults of the core and of plugins' tables.

    Only the look-up of a key that the core does not have asks plugins. So neither ``import htmap`` nor a look at the core's
    settings loads plugins, and no broken plugin disturbs them. For the same reason, :meth:`table` has only the core's defaults.

    This package cannot import ``plugins``, which reads settings itself. Instead, :func:`htmap_core.plugins.defaults.register`
    sets :attr:`plugins`.
    """

    is_writable = False  # the program cannot change defaults

    plugins: TablesOfPlugins | None = None

    def __init__(self) -> None:
        super().__init__({}, BUILT_IN)

    def table(self) -> Mapping[str, Any]:
        """Return the core's defaults."""
        if not self._table:
            from htmap_core.settings import core  # imports attrs (20 ms); `import htmap` needs no setting

            self._table = core.defaults()
        return self._table

    def look_up(self, key: str) -> Any:
        """Return the default of a *key* of the core or of a plugin."""
        if self.plugins is None or self._is_of_core(key):
            return super().look_up(key)
        return dotted.look_up(self.plugins.defaults(), key)

    def missing(self, key: str) -> tuple[list[str], str | None]:
        """Return the keys of plugins, and advice on how to get the table of the missing *key*."""
        if self.plugins is None or self._is_of_core(key):
            return super().missing(key)
        return list(dotted.keys(self.plugins.defaults())), self.plugins.advice(key.partition(".")[0])

    def _is_of_core(self, key: str) -> bool:
        return dotted.look_up(self.table(), key.partition(".")[0]) is not dotted.MISSING


def user_file() -> Path:
    """Return the path of the user's settings file."""
    return Path("~/.htmaprc").expanduser()


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    :raises FileNotFoundError: the file does not exist.
    :raises InvalidSettingsFile: the file is not valid TOML or cannot be read.
    """
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        from htmap_core.exceptions import InvalidSettingsFile

        raise InvalidSettingsFile(path, str(error)) from error
