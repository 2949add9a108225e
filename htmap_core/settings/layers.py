"""The layers of the chain of settings: tables with their origins."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from htmap_core.files.ownership import Danger, find_danger, is_within
from htmap_core.settings import dotted
from htmap_core.settings.moment import seen_now
from htmap_core.settings.toml.reading import read_toml, split_list

RUNTIME = "what was set at run time"
BUILT_IN = "the built-in defaults"


class Layer:
    """One table of a chain, with its origin.

    :cvar is_shared: whether somebody may have made it for all users, also for those who lack a plugin, or have another version.
    """

    is_shared = False

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

    def variable_of(self, key: str) -> str | None:
        """Return the environment variable that *key* comes from; None if it comes from elsewhere."""
        return None

    def missing(self, key: str) -> tuple[list[str], str | None]:
        """Return the layer's keys beside its table, and advice on how to get the missing *key*, if there is any."""
        return [], None


class Outside(Layer, ABC):
    """A layer that changes without the program. It is looked at for each need of a setting, or once for a :mod:`.moment`."""

    is_writable = False  # a change would be lost with the next look

    def table(self) -> Mapping[str, Any]:
        """Return the table of this moment."""
        return seen_now(self, self.look)

    @abstractmethod
    def look(self) -> Mapping[str, Any]:
        """Return the present table."""


class SettingsFile(Outside):
    """A settings file. It is read at the first need of a setting, and again when its path or the file changes."""

    def __init__(self) -> None:
        super().__init__({}, "")
        # The version that was read, and its contents: threads see both or neither.
        self._read: tuple[tuple[Path, int, int] | None, Mapping[str, Any]] = None, {}

    @abstractmethod
    def path(self) -> Path | None:
        """Return the path of the file; None if there is none to read."""

    def name(self) -> str:
        """Return what messages call the file."""
        return str(self.path())

    @abstractmethod
    def refuse(self, path: Path, danger: Danger) -> Exception:
        """Return the exception for a file that others own or may write to."""

    def look(self) -> Mapping[str, Any]:
        """Return the present contents of the file."""
        path = self.path()
        if path is None:
            return {}
        try:
            stat = path.stat()
            version = (path, stat.st_mtime_ns, stat.st_size)
            read = self._read
            if version != read[0]:
                self._check_owner(path)
                read = self._read = version, read_toml(path)
        except FileNotFoundError:
            read = self._read = None, {}
        except OSError as error:
            from htmap_core.exceptions import InvalidSettingsFile

            raise InvalidSettingsFile(path, str(error)) from error
        return read[1]

    def origin_of(self, key: str) -> str:
        """Return the file's name, with the line of *key*."""
        from htmap_core.settings.toml.positions import line_of  # compiles expressions; only messages need it

        path = self.path()
        try:
            line = line_of(path.read_text(encoding="utf-8"), key) if path is not None else None
        except OSError:  # the file is gone by now
            line = None
        return self.name() if line is None else f"line {line} of {self.name()}"

    def _check_owner(self, path: Path) -> None:
        """Check that nobody but the user and root could have written the file, since settings name folders and programs.

        Of TRUSTED_FOLDERS only the environment's counts here: the file cannot vouch for itself.

        :raises UnsafePath: somebody else owns it, or may write to it.
        """
        danger = find_danger(path)
        if danger is not None and not is_within(path, trusted_in_environment()):
            raise self.refuse(path, danger)


class UserFile(SettingsFile):
    """``~/.htmaprc``."""

    def path(self) -> Path:
        """Return its path in the present HOME."""
        return user_file()

    def name(self) -> str:
        """Return what users call it."""
        return "~/.htmaprc"

    def refuse(self, path: Path, danger: Danger) -> Exception:
        """Return the exception that says how to have settings again."""
        from htmap_core.exceptions.ownership import refusal

        return refusal(path, "your settings", danger, "Move it away, and `htmap set` your settings again")


SYSTEM_FILE = Path("/etc/htmap/htmaprc")
CONFIG = "HTMAP_CONFIG"


class SystemFile(SettingsFile):
    """The settings of a machine or a site for all its users: the file that HTMAP_CONFIG names, or else ``/etc/htmap/htmaprc``."""

    is_shared = True

    def path(self) -> Path | None:
        """Return its path; None if HTMAP_CONFIG is empty.

        :raises InvalidSettingsFile: HTMAP_CONFIG names no file, or one by a relative path, which is another one in each folder.
        """
        named = os.environ.get(CONFIG)
        if not named:
            return SYSTEM_FILE if named is None else None
        path = Path(named).expanduser()
        if path.is_absolute() and path.is_file():
            return path
        from htmap_core.exceptions import InvalidSettingsFile

        raise InvalidSettingsFile(path, f"{CONFIG} must be empty, or the absolute path of a file")

    def refuse(self, path: Path, danger: Danger) -> Exception:
        """Return the exception that says how to do without it."""
        from htmap_core.exceptions.ownership import refusal

        advice = f"Tell those who administer this machine; `export {CONFIG}=` does without it"
        return refusal(path, "the settings of this machine", danger, advice)


def trusted_in_environment() -> list[str]:
    """Return the folders that HTMAP_TRUSTED_FOLDERS names; they count although the settings file wins otherwise."""
    try:
        return [str(folder) for folder in split_list(str(Environment().table().get("TRUSTED_FOLDERS", "")))]
    except ValueError:  # told where the setting is read
        return []


class Environment(Outside):
    """Settings from environment variables, read at each need.

    ``HTMAP_DOCKER_IMAGE`` sets ``DOCKER.IMAGE``; the same rule holds for every plugin's table. :mod:`htmap_core.settings.core`
    names the variables of the core's own settings. Of two variables for one setting, the later in the alphabet wins.
    """

    is_shared = True

    def __init__(self) -> None:
        super().__init__({}, "the environment")

    def look(self) -> Mapping[str, Any]:
        """Return the settings of the present environment."""
        settings: dict[str, Any] = {}
        for variable, key in variables().items():
            if key is not None:
                table, _, name = key.rpartition(".")
                here = settings.setdefault(dotted.spelling(settings, table), {}) if table else settings
                here[dotted.spelling(here, name)] = os.environ[variable]
        return settings

    def origin_of(self, key: str) -> str:
        """Return the name of the variable."""
        name = self.variable_of(key)
        return self._origin if name is None else f"environment variable {name}"

    def variable_of(self, key: str) -> str | None:
        """Return the name of the variable; None if none sets the key."""
        names = [name for name, sets in variables().items() if sets is not None and sets.casefold() == key.casefold()]
        return names[-1] if names else None


PREFIX = "HTMAP_"
SWITCHES = (CONFIG, "HTMAP_PLUGINS", "HTMAP_TRACE_PLUGINS")
# The other variables that are not settings belong to a running component, which may use HTMap itself, or to the tests.
_OF_COMPONENTS = {"HTMAP_ON_EXECUTE", "HTMAP_COMPONENT", "HTMAP_OUTPUT_FILES", "HTMAP_SCRATCH"}
_OF_TESTS = "HTMAP_TEST_"


def variables() -> dict[str, str | None]:
    """Return the present environment variables that begin like HTMap's, in order, each with the key that it sets, if any."""
    ours = sorted(name for name in os.environ if name.startswith(PREFIX) and not name.startswith(_OF_TESTS))
    return {name: _key_of_variable(name) for name in ours if name not in _OF_COMPONENTS and name not in SWITCHES}


def _key_of_variable(variable: str) -> str | None:
    from htmap_core.settings import core  # imports attrs (20 ms); `import htmap` needs no setting

    if variable in core.VARIABLES:
        return core.VARIABLES[variable]
    name = variable[len(PREFIX) :]
    if name.startswith(f"{core.MAP_OPTIONS}_"):  # the only table whose name has an underscore
        return f"{core.MAP_OPTIONS}.{name[len(core.MAP_OPTIONS) + 1 :].lower()}"
    table, _, name = name.partition("_")
    return f"{table}.{name}" if table and name else None


def own_words() -> set[str]:
    """Return the first words of HTMap's own variables, behind ``HTMAP_``: those of a plugin's table cannot begin so."""
    from htmap_core.settings import core

    own = (*core.VARIABLES, *SWITCHES, *_OF_COMPONENTS, _OF_TESTS, f"{PREFIX}{core.MAP_OPTIONS}")
    return {name[len(PREFIX) :].partition("_")[0] for name in own}


def user_file() -> Path:
    """Return the path of the user's settings file."""
    return Path("~/.htmaprc").expanduser()
