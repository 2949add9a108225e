"""The layers of the chain of settings: a table, and where it comes from."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Protocol

from htmap_core.settings import dotted

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RUNTIME = "what was set at run time"
BUILT_IN = "the built-in defaults"


class Layer:
    """One table of a chain, and where it comes from."""

    def __init__(self, table: Mapping[str, Any], origin: str) -> None:
        self._table = table
        self._origin = origin

    def table(self) -> Mapping[str, Any]:
        """Return the table as it is now."""
        return self._table

    @property
    def is_writable(self) -> bool:
        """True where a change to the table stays."""
        return isinstance(self._table, MutableMapping)

    def look_up(self, key: str) -> Any:
        """Return the value of *key*, or what :func:`htmap_core.settings.dotted.look_up` says where there is none."""
        return dotted.look_up(self.table(), key)

    def origin_of(self, key: str) -> str:
        """Return where the value of *key* comes from, in words."""
        return self._origin

    def missing(self, key: str) -> tuple[list[str], str | None]:
        """Return the keys besides those of the table that a layer without *key* has, and how to get it where that is known."""
        return [], None


class UserFile(Layer):
    """``~/.htmaprc``, read when a setting is first needed and again when HOME or the file changes."""

    is_writable = False  # a change would be lost with the next look at the file

    def __init__(self) -> None:
        super().__init__({}, "~/.htmaprc")
        self._read: tuple[Path, int, int] | None = None

    def table(self) -> Mapping[str, Any]:
        """Return what the file says now."""
        path = user_file()
        try:
            stat = path.stat()
            version = (path, stat.st_mtime_ns, stat.st_size)
            if version != self._read:
                self._table = read_toml(path)
                self._read = version
        except FileNotFoundError:
            self._read, self._table = None, {}
        except OSError as error:
            from htmap_core.exceptions import InvalidSettingsFile

            raise InvalidSettingsFile(path, str(error)) from error
        return self._table


class Environment(Layer):
    """Settings from environment variables, read each time they are asked for.

    ``HTMAP_DOCKER_IMAGE`` sets ``DOCKER.IMAGE``, and so for every plugin's table; the core's own have the names that
    :mod:`htmap_core.settings.core` says. Of two variables for one setting, the later in the alphabet wins.
    """

    is_writable = False  # a change would be lost: the table is made anew each time

    def __init__(self) -> None:
        super().__init__({}, "the environment")

    def table(self) -> Mapping[str, Any]:
        """Return what the environment says now."""
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


# Variables that are no settings: they select plugins, or belong to a running component.
_NOT_SETTINGS = ("HTMAP_PLUGINS", "HTMAP_TRACE_PLUGINS", "HTMAP_ON_EXECUTE", "HTMAP_COMPONENT", "HTMAP_TEST_")


def _key_of_variable(variable: str) -> str | None:
    if not variable.startswith("HTMAP_") or variable.startswith(_NOT_SETTINGS):
        return None
    from htmap_core.settings import core  # attrs takes 20 ms, and `import htmap` needs no setting

    if variable in core.VARIABLES:
        return core.VARIABLES[variable]
    name = variable[len("HTMAP_") :]
    if name.startswith(f"{core.MAP_OPTIONS}_"):  # the one table whose name has an underscore itself
        return f"{core.MAP_OPTIONS}.{name[len(core.MAP_OPTIONS) + 1 :].lower()}"
    table, _, name = name.partition("_")
    return f"{table}.{name}" if table and name else None


class TablesOfPlugins(Protocol):
    """What the built-in layer asks of plugins."""

    def defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the defaults of each installed plugin's table, by its name in capitals."""

    def advice(self, table: str) -> str | None:
        """Return how a table that no installed plugin has can be had; None where nobody knows it."""


class BuiltIn(Layer):
    """The built-in defaults: the core's own, and those of plugins' tables.

    Plugins are asked only when a key is looked up that is not the core's. So neither `import htmap` nor a look at the core's
    settings loads them, and no fault of theirs can be in the way. For the same reason :meth:`table` has the core's alone.

    This package cannot import the one that finds plugins, which reads settings itself. That package therefore puts in here who is
    to be asked: :func:`htmap_core.plugins.defaults.register`.
    """

    is_writable = False  # defaults are facts

    plugins: TablesOfPlugins | None = None

    def __init__(self) -> None:
        super().__init__({}, BUILT_IN)

    def table(self) -> Mapping[str, Any]:
        """Return the core's defaults."""
        if not self._table:
            from htmap_core.settings import core  # attrs takes 20 ms, and `import htmap` needs no setting

            self._table = core.defaults()
        return self._table

    def look_up(self, key: str) -> Any:
        """Return the default of *key*, the core's or a plugin's."""
        if self.plugins is None or self._is_of_core(key):
            return super().look_up(key)
        return dotted.look_up(self.plugins.defaults(), key)

    def missing(self, key: str) -> tuple[list[str], str | None]:
        """Return what is known where *key* is not: the keys of plugins, and how a table can be had that none of them has."""
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

    :raises FileNotFoundError: there is no such file.
    :raises InvalidSettingsFile: it is no valid TOML or cannot be read.
    """
    try:
        return dict(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        from htmap_core.exceptions import InvalidSettingsFile

        raise InvalidSettingsFile(path, str(error)) from error
