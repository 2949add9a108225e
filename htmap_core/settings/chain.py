"""Settings: a chain of tables. The first table that has a key wins.

:data:`settings` is the chain that HTMap uses: values set at run time, then ``~/.htmaprc``, then the environment, then the file of
the machine or site, then what plugins offer, then the built-in defaults. Keys are dotted paths
(``MAP_OPTIONS.request_memory``). Their case does not matter, because HTCondor's own names ignore it. Tables of several layers
are merged key by key.

``import htmap`` imports this module. Exceptions are therefore imported where they are raised, because their import is slow.
"""

from __future__ import annotations

import datetime
import itertools
import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, ClassVar, Union

from htmap_core.settings import dotted
from htmap_core.settings.defaults import BuiltIn, Offered
from htmap_core.settings.layers import RUNTIME, Environment, Layer, SystemFile, UserFile
from htmap_core.settings.toml.reading import read_toml

Table = dict[str, Any]
SettingsLike = Union["Settings", Layer, Mapping[str, Any]]

_MISSING = object()


class Settings:
    """A chain of tables, searched in order. Since 0.6 or earlier.

    >>> chain = Settings({"WAIT_TIME": 5}, {"WAIT_TIME": 1, "HTMAP_DIR": "~/.htmap"})
    >>> chain["wait_time"], chain["HTMAP_DIR"]
    (5, '~/.htmap')

    :param settings: tables, or other Settings whose tables are used; the first wins. Tables are not copied.
    """

    def __init__(self, *settings: SettingsLike) -> None:
        self._layers: list[Layer] = [layer for part in settings for layer in _layers_of(part)]
        if not self._layers:
            self._layers = [Layer({}, RUNTIME)]

    @property
    def maps(self) -> list[Mapping[str, Any]]:
        """The tables; the first wins."""
        return [layer.table() for layer in self._layers]

    def __getitem__(self, key: str) -> Any:
        value = self.get(key, _MISSING)
        if value is _MISSING:
            raise self._missing(key)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, or *default* if no table has it. Tables of several layers are merged.

        >>> Settings({"DOCKER": {"IMAGE": "python:3.12"}}).get("DOCKER.IMAGE")
        'python:3.12'
        """
        found = (value for _, value in self._found(key))
        first = next(found, _MISSING)
        if first is _MISSING:
            return default
        return dotted.merge([first, *found]) if isinstance(first, Mapping) else first

    def _found(self, key: str) -> Iterator[tuple[Layer, Any]]:
        """Yield each layer that has *key*, and its value. A plain value hides the tables of that name in later layers."""
        for layer in self._layers:
            value = layer.look_up(key)
            if value is dotted.HIDDEN:
                return
            if value is not dotted.MISSING:
                yield layer, value

    def __setitem__(self, key: str, value: Any) -> None:
        """Set *key* in the first table of the chain.

        :raises InvalidSetting: a part of *key* is a plain value there and not a table.
        """
        if not self._layers[0].is_writable:
            self._layers = [Layer({}, RUNTIME), *self._layers]  # a new list, because threads look through the old one
        *tables, name = key.split(".")
        here: Any = self._layers[0].table()
        for depth, table in enumerate(tables, start=1):
            here = here.setdefault(dotted.spelling(here, table), {})
            if not isinstance(here, MutableMapping):
                from htmap_core.exceptions import InvalidSetting

                raise InvalidSetting(".".join(tables[:depth]), here, f"is not a table, so {key} cannot be set", RUNTIME)
        here[dotted.spelling(here, name)] = value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key, _MISSING) is not _MISSING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self.to_dict() == other.to_dict()

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # mutable, so not hashable

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_dict()!r})"

    def origin(self, key: str) -> str | None:
        """Return where the value of *key* comes from, as a phrase for messages; None if no table has it. Since 0.7.

        >>> Settings({"WAIT_TIME": 5}).origin("WAIT_TIME")
        'what was set at run time'
        """
        return next((layer.origin_of(key) for layer, _ in self._found(key)), None)

    def overridden(self, key: str) -> list[tuple[str, Any]]:
        """Return the values of *key* that have no effect because another one wins, each with its origin. Since 0.7.

        >>> Settings({"WAIT_TIME": 5}, {"WAIT_TIME": 1}).overridden("WAIT_TIME")
        [('what was set at run time', 1)]
        """
        return [(layer.origin_of(key), value) for layer, value in itertools.islice(self._found(key), 1, None)]

    def is_shared(self, key: str) -> bool:
        """Return whether the value of *key* comes from where somebody may have set it for all users. Since 0.7."""
        return next((layer.is_shared for layer, _ in self._found(key)), False)

    def variable(self, key: str) -> str | None:
        """Return the environment variable that the value of *key* comes from; None if it comes from elsewhere. Since 0.7."""
        return next((layer.variable_of(key) for layer, _ in self._found(key)), None)

    def to_dict(self) -> Table:
        """Return all settings as one plain dictionary, merged as :meth:`get` merges them.

        Of a plugin's table it has only the values that are set, or offered by a plugin, and no defaults.

        >>> Settings({"DOCKER": {"IMAGE": "a"}}, {"DOCKER": {"IMAGE": "b", "UNIVERSE": "docker"}}).to_dict()
        {'DOCKER': {'IMAGE': 'a', 'UNIVERSE': 'docker'}}
        """
        return dotted.merge(self.maps)

    def table(self, name: str) -> Any:
        """Return what :meth:`to_dict` has of a *name* without dots: a table, or a plain value; an empty table if it has nothing.

        >>> Settings({"DOCKER": {"IMAGE": "a"}}).table("docker")
        {'IMAGE': 'a'}

        Since 0.7.
        """
        values = [dotted.look_up(layer.table(), name) for layer in self._layers]
        found = [value for value in values if value is not dotted.MISSING]
        return dotted.merged(found) if found else {}

    def replace(self, other: SettingsLike) -> None:
        """Replace the tables by those of *other*.

        ::

            htmap.settings.replace(saved)
        """
        self._layers = _layers_of(other)

    def append(self, other: SettingsLike) -> None:
        """Add *other* at the end of the chain: all other tables win over it.

        ::

            htmap.settings.append({"WAIT_TIME": 5})
        """
        self._layers = self._layers + _layers_of(other)

    def prepend(self, other: SettingsLike) -> None:
        """Add *other* at the front of the chain: it wins over all other tables.

        ::

            htmap.settings.prepend({"WAIT_TIME": 5})
        """
        self._layers = _layers_of(other) + self._layers

    @classmethod
    def from_settings(cls, *settings: SettingsLike) -> Settings:
        """Return new Settings with copies of the present tables of *settings*.

        ::

            saved = Settings.from_settings(htmap.settings)
        """
        return cls(*(dotted.merge([layer.table()]) for part in settings for layer in _layers_of(part)))

    @classmethod
    def load(cls, path: os.PathLike[str] | str) -> Settings:
        """Read Settings from a TOML file.

        ::

            htmap.settings.prepend(Settings.load("project.toml"))

        :raises FileNotFoundError: the file does not exist.
        :raises InvalidSettingsFile: the file is not valid TOML or cannot be read.
        """
        return cls(read_toml(Path(path)))

    def save(self, path: os.PathLike[str] | str) -> None:
        """Write all settings, merged, to a TOML file. Values that are None are left out, because TOML has no None.

        ::

            htmap.settings.save("project.toml")

        :raises InvalidSetting: TOML cannot hold a value; nothing is written then.
        """
        import tomlkit  # 40 ms, needed here only

        from htmap_core.files.atomic import write_atomically

        text = tomlkit.dumps(_plain(self.to_dict()))
        write_atomically(Path(path).resolve(), text)  # a link stays a link

    def _missing(self, key: str) -> LookupError:
        from htmap_core.exceptions import MissingSetting

        known, hint = list(dotted.keys(self.to_dict())), None
        for layer in self._layers:
            more, advice = layer.missing(key)
            known, hint = known + more, hint or advice
        return MissingSetting(key, known, hint=hint)


def _layers_of(part: SettingsLike) -> list[Layer]:
    if isinstance(part, Settings):
        return list(part._layers)
    if isinstance(part, Layer):
        return [part]
    if isinstance(part, Mapping):
        return [Layer(part, RUNTIME)]
    raise TypeError(f"Settings() needs dictionaries or Settings, got {part!r}")


def _plain(table: Mapping[str, Any], prefix: str = "") -> Table:
    """Return *table* as TOML can hold it: without None, and with paths as text."""
    plain: Table = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            plain[name] = _plain(value, f"{prefix}{name}.")
        elif value is not None:
            plain[name] = _plain_value(f"{prefix}{name}", value)
    return plain


def _plain_value(name: str, value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain_value(name, each) for each in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (str, int, float, datetime.date, datetime.time)):
        return value
    from htmap_core.exceptions import InvalidSetting

    raise InvalidSetting(name, value, f"a TOML file cannot hold a value of type {type(value).__name__}")


built_in, offered = BuiltIn(), Offered()
FOR_ALL_USERS = (Settings(Environment()), Settings(SystemFile()))
"""What a site says to all its users: its word counts where it requires something, whatever a user sets."""
BASE_SETTINGS = Settings(*FOR_ALL_USERS, offered, built_in)
USER_SETTINGS = Settings(UserFile())
settings: Settings = Settings({}, USER_SETTINGS, BASE_SETTINGS)
