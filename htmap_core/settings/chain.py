"""Settings: a chain of tables in which the first that has a key wins.

:data:`settings` is the chain that HTMap uses: what was set at run time, then ``~/.htmaprc``, then the environment, then the
built-in defaults. Keys are dotted paths (``MAP_OPTIONS.request_memory``) and are found whatever their case, because HTCondor's
own names have none; tables of several layers are merged key by key.

Exceptions are imported where they are raised, because this is all that `import htmap` needs and they take a while to make.
"""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, Union

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Table = dict[str, Any]
SettingsLike = Union["Settings", Mapping[str, Any]]

_MISSING = object()
_HIDDEN = object()


class Settings:
    """A chain of tables, searched in order.

    :param settings: the tables, or other Settings whose tables are taken, the one that wins first. Tables are not copied.
    """

    def __init__(self, *settings: SettingsLike) -> None:
        self._layers: list[Layer] = [layer for part in settings for layer in _layers_of(part)]
        if not self._layers:
            self._layers = [Layer({}, RUNTIME)]

    @property
    def maps(self) -> list[Mapping[str, Any]]:
        """The tables, the one that wins first."""
        return [layer.table() for layer in self._layers]

    def __getitem__(self, key: str) -> Any:
        value = self.get(key, _MISSING)
        if value is _MISSING:
            from htmap_core.exceptions import MissingSetting

            raise MissingSetting(key, self._all_keys())
        return value

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of *key*, or *default* where no table has it. A table's value is merged from all layers."""
        found = [value for _, value in self._found(key)]
        if not found:
            return default
        return _merge(found) if isinstance(found[0], Mapping) else found[0]

    def _found(self, key: str) -> Iterator[tuple[Layer, Any]]:
        """Yield each layer that has *key*, and the value; a plain value hides what later layers have at and below its name."""
        for layer in self._layers:
            value = _look_up(layer.table(), key)
            if value is _HIDDEN:
                return
            if value is not _MISSING:
                yield layer, value

    def __setitem__(self, key: str, value: Any) -> None:
        """Set *key* in the first table of the chain.

        :raises InvalidSetting: a part of *key* that should be a table is a plain value there.
        """
        if not self._layers[0].is_writable:
            self._layers.insert(0, Layer({}, RUNTIME))
        *tables, name = key.split(".")
        here: Any = self._layers[0].table()
        for depth, table in enumerate(tables, start=1):
            here = here.setdefault(_spelling(here, table), {})
            if not isinstance(here, MutableMapping):
                from htmap_core.exceptions import InvalidSetting

                raise InvalidSetting(".".join(tables[:depth]), here, f"is not a table, so {key} cannot be set", RUNTIME)
        here[_spelling(here, name)] = value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key, _MISSING) is not _MISSING

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settings) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # mutable, so not hashable

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.to_dict()!r})"

    def origin(self, key: str) -> str | None:
        """Return where the value of *key* comes from, in words for messages; None where no table has it."""
        return next((layer.origin_of(key) for layer, _ in self._found(key)), None)

    def to_dict(self) -> Table:
        """Return one plain dictionary with all settings, merged as :meth:`get` would find them."""
        return _merge(self.maps)

    def replace(self, other: SettingsLike) -> None:
        """Take the tables of *other* instead of the present ones."""
        self._layers = _layers_of(other)

    def append(self, other: SettingsLike) -> None:
        """Add *other* at the end of the chain, where everything before it wins."""
        self._layers = self._layers + _layers_of(other)

    def prepend(self, other: SettingsLike) -> None:
        """Add *other* at the front of the chain, where it wins over everything."""
        self._layers = _layers_of(other) + self._layers

    @classmethod
    def from_settings(cls, *settings: SettingsLike) -> Settings:
        """Return new Settings that hold copies of what *settings* hold now."""
        return cls(*(_merge([layer.table()]) for part in settings for layer in _layers_of(part)))

    @classmethod
    def load(cls, path: os.PathLike[str] | str) -> Settings:
        """Read Settings from a TOML file.

        :raises FileNotFoundError: there is no such file.
        :raises InvalidSettingsFile: it is no valid TOML.
        """
        return cls(read_toml(Path(path)))

    def save(self, path: os.PathLike[str] | str) -> None:
        """Write all settings, merged, to a TOML file. Values that are None are left out: TOML has no such thing.

        :raises InvalidSetting: a value is one that TOML cannot hold; nothing is written then.
        """
        import tomlkit  # 40 ms, needed here only

        from htmap_core.atomic import write_atomically

        text = tomlkit.dumps(_plain(self.to_dict()))
        write_atomically(Path(path).resolve(), text)  # it may be a link, and is to stay one

    def _all_keys(self) -> list[str]:
        return list(dotted_keys(self.to_dict()))


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

    def origin_of(self, key: str) -> str:
        """Return where the value of *key* comes from, in words."""
        return self._origin


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

    ``HTMAP_DOCKER_IMAGE`` sets ``DOCKER.IMAGE``, and so for every plugin's table; the core's own have the names in
    :data:`ENVIRONMENT_VARIABLES`. Of two variables for one setting, the later in the alphabet wins.
    """

    is_writable = False  # a change would be lost: the table is made anew each time

    def __init__(self) -> None:
        super().__init__({}, "the environment")

    def table(self) -> Mapping[str, Any]:
        """Return what the environment says now."""
        settings = Settings({})
        for variable in sorted(os.environ):
            if key := _key_of_variable(variable):
                settings[key] = os.environ[variable]
        return settings._layers[0].table()

    def origin_of(self, key: str) -> str:
        """Return the name of the variable."""
        names = [v for v in sorted(os.environ) if (k := _key_of_variable(v)) and k.casefold() == key.casefold()]
        return f"environment variable {names[-1]}" if names else self._origin


ENVIRONMENT_VARIABLES = {
    "HTMAP_ALLOW_PYTHON_MISMATCH": "ALLOW_PYTHON_MISMATCH",
    "HTMAP_DIR": "HTMAP_DIR",
    "HTMAP_DELIVERY": "DELIVERY_METHOD",  # as the original's documentation calls it
    "HTMAP_DELIVERY_METHOD": "DELIVERY_METHOD",  # as the original's code called it
    "HTMAP_CONDOR_SCHEDULER": "HTCONDOR.SCHEDULER",
    "HTMAP_CONDOR_COLLECTOR": "HTCONDOR.COLLECTOR",
    "HTMAP_WAIT_TIME": "WAIT_TIME",
}

_MAP_OPTIONS = "MAP_OPTIONS_"  # the one table whose name has an underscore itself

# Variables that are no settings: they select plugins, or belong to a running component.
_NOT_SETTINGS = ("HTMAP_PLUGINS", "HTMAP_TRACE_PLUGINS", "HTMAP_ON_EXECUTE", "HTMAP_COMPONENT", "HTMAP_TEST_")


def _key_of_variable(variable: str) -> str | None:
    if not variable.startswith("HTMAP_") or variable.startswith(_NOT_SETTINGS):
        return None
    if variable in ENVIRONMENT_VARIABLES:
        return ENVIRONMENT_VARIABLES[variable]
    name = variable[len("HTMAP_") :]
    if name.startswith(_MAP_OPTIONS):
        return f"MAP_OPTIONS.{name[len(_MAP_OPTIONS) :].lower()}"
    table, _, name = name.partition("_")
    return f"{table}.{name}" if table and name else None


def user_file() -> Path:
    """Return the path of the user's settings file."""
    return Path("~/.htmaprc").expanduser()


def read_toml(path: Path) -> Table:
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


def dotted_keys(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted path of every value in *table* that is no table itself."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from dotted_keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _layers_of(part: SettingsLike) -> list[Layer]:
    if isinstance(part, Settings):
        return list(part._layers)
    if isinstance(part, Mapping):
        return [Layer(part, RUNTIME)]
    raise TypeError(f"settings are made of Settings and dictionaries, not {type(part).__name__}")


def _spelling(table: Mapping[str, Any], name: str) -> str:
    """Return *name* as *table* already spells it, for the first writer chooses the case."""
    folded = name.casefold()
    return next((key for key in table if key.casefold() == folded), name)


def _look_up(table: Mapping[str, Any], key: str) -> Any:
    here: Any = table
    for name in key.split("."):
        if not isinstance(here, Mapping):
            return _HIDDEN
        folded = name.casefold()
        values = [value for key, value in here.items() if key.casefold() == folded]
        if not values:
            return _MISSING
        here = _first(values) if len(values) > 1 else values[0]  # one table may have a key twice, in two cases
    return here


def _merge(tables: Iterable[Any]) -> Table:
    """Merge *tables*, the first wins; where values are tables themselves, they are merged too. Lists are copied."""
    gathered: dict[str, list[Any]] = {}
    for table in tables:
        if not isinstance(table, Mapping):
            break  # a plain value hides whatever later layers have below this name
        for name, value in table.items():
            gathered.setdefault(_spelling(gathered, name), []).append(value)
    return {name: _first(values) for name, values in gathered.items()}


def _first(values: list[Any]) -> Any:
    if isinstance(values[0], Mapping):
        return _merge(values)
    return list(values[0]) if isinstance(values[0], list) else values[0]


def _plain(table: Mapping[str, Any], prefix: str = "") -> Table:
    """Return *table* with only what TOML can say: no None, and paths as text."""
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


RUNTIME = "what was set at run time"
BUILT_IN = "the built-in defaults"

_DEFAULTS: Table = {
    "HTMAP_DIR": "~/.htmap",
    "DELIVERY_METHOD": "auto",
    "WAIT_TIME": 1,
    "ALLOW_PYTHON_MISMATCH": False,
    "CLI": {"IS_CLI": False},
    "MAP_OPTIONS": {
        "request_cpus": "1",
        "request_memory": "128MB",
        "request_disk": "1GB",
        "keep_claim_idle": "30",
    },
    "HTCONDOR": {"SCHEDULER": None, "COLLECTOR": None},
    "PLUGINS": {"DISABLED": []},
}


def _chain(*layers: Layer) -> Settings:
    chain = Settings({})
    chain._layers = list(layers)
    return chain


_user_file = UserFile()
BASE_SETTINGS = _chain(Environment(), Layer(_DEFAULTS, BUILT_IN))
USER_SETTINGS = _chain(_user_file)
settings = _chain(Layer({}, RUNTIME), _user_file, *BASE_SETTINGS._layers)
