"""``htmap settings``, ``htmap set`` and ``htmap unset``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

import attrs
import click
from click.shell_completion import CompletionItem

from htmap_core import user_warnings
from htmap_core.cli.machine import of_settings
from htmap_core.cli.machine.answer import takes_json
from htmap_core.cli.tables import remark, show
from htmap_core.diagnosis.faults import PoolInUse, faults_of_settings
from htmap_core.diagnosis.losing_variables import losing_variables
from htmap_core.exceptions import (
    HTMapException,
    InvalidOption,
    InvalidSetting,
    InvalidSettingsFile,
    ReservedOptionKeyword,
    UnknownName,
    UnknownSetting,
)
from htmap_core.files.atomic import write_atomically
from htmap_core.files.locks import locked
from htmap_core.plugins.calls import plugins
from htmap_core.settings import dotted, model
from htmap_core.settings.chain import Settings, settings
from htmap_core.settings.layers import BUILT_IN, user_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes import house


class _Setting(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "setting"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        folded = incomplete.casefold()
        return [CompletionItem(key) for key in _all_settings() if key.casefold().startswith(folded)]


@click.command(name="settings")
@click.option("--user", is_flag=True, help="Print only your own settings: the contents of ~/.htmaprc.")
@click.option(
    "--explain", is_flag=True, help="Print a table: each setting, its value, the origin of that, and its meaning."
)
@takes_json
def settings_(user: bool, explain: bool, as_json: bool) -> house.Settings | None:
    """Print HTMap's settings in the form of a settings file.

    Each setting that has not its default has a comment with its origin. An environment variable that has no effect, because
    ~/.htmaprc says something else, is named on standard error.
    """
    import tomlkit

    if user and explain:
        raise click.UsageError("--user and --explain exclude each other: choose one of them")
    if as_json:
        return {"settings": list(of_settings.of_user() if user else of_settings.facts(_all_settings()))}
    if user:
        path = user_file()
        click.echo(path.read_text(encoding="utf-8") if path.exists() else f"# there is no file {path}")
        return None
    if explain:
        show(("Setting", "Value", "From", "Meaning"), list(_explained()))
    else:
        document = tomlkit.document()
        for key, value in _all_settings().items():
            _add(document, key, value)
        click.echo(tomlkit.dumps(document).rstrip("\n"))
    for each in losing_variables():
        remark(f"{each}. {each.advice}".rstrip(". "))
    return None


def _all_settings() -> dict[str, Any]:
    """Return all settings with their values, by dotted path: first those outside any table, then table by table."""
    tables = {name: model.defaults(cls) for name, cls in plugins.settings_tables().items()}
    keys = dotted.keys(dotted.merge([settings.to_dict(), tables]))
    return {key: settings[key] for key in sorted(keys, key=lambda key: (key.count("."), key.casefold()))}


def _explained() -> Iterator[tuple[str, str, str, str]]:
    """Yield for each setting its path, its value, the origin of the value, and its meaning."""
    known = of_settings.known()
    for key, value in _all_settings().items():
        setting, origin = known.get(key.casefold()), settings.origin(key)
        default, meaning = (setting.default_in_words, setting.meaning) if setting else ("", "")
        shown = model.in_words(value, default.replace("`", "") or "not set")
        whence = "the default" if origin == BUILT_IN else f"{origin}{_over(key)}"
        yield key, shown, whence, meaning.replace("`", "")


def _over(key: str) -> str:
    """Return the phrase that says which other values of a setting have no effect; empty if it has none."""
    others = [
        f"{model.in_words(value)} from {origin}" for origin, value in settings.overridden(key) if value is not None
    ]
    return f"; overrides {', '.join(others)}" if others else ""


def _add(document: Any, key: str, value: Any) -> None:
    """Add a setting to a TOML document, in its table."""
    import tomlkit

    *tables, name = key.split(".")
    here = document
    for table in tables:
        if table not in here:
            here[table] = tomlkit.table()
        here = here[table]
    origin = settings.origin(key)
    if value is None:
        here.add(tomlkit.comment(f"{name} is not set"))  # TOML has no null
        return
    item = tomlkit.item(value if isinstance(value, (bool, int, float, str, list)) else str(value))
    if origin not in {BUILT_IN, None}:
        item.comment(f"from {origin}{_over(key)}")
    here.append(name, item)


@click.command(name="set")
@click.argument("setting", type=_Setting())
@click.argument("value")
@takes_json
def set_(setting: str, value: str, as_json: bool) -> house.WrittenSetting:
    """Write a setting into ~/.htmaprc.

    SETTING is a dotted path, such as DOCKER.IMAGE. VALUE is a TOML value (5, true, ["a", "b"]), or else text, which needs no
    quotes. What no map could use is refused. Comments in the file stay.
    """
    written = write_setting(setting, value)
    if not as_json:
        click.echo(spelt(written))
    return written


def write_setting(setting: str, value: str) -> house.WrittenSetting:
    """Write a setting into the user's file, and return what was written.

    :raises HTMapException: there is no such setting, or no map could use the value.
    """
    parsed = _accepted(setting, value)
    with _changed_file() as document:
        Settings(document)[setting] = parsed
    return {"setting": setting, "value": parsed, "file": str(user_file().resolve())}


def spelt(written: house.WrittenSetting) -> str:
    """Return a line that says what was written."""
    return f"{written['setting']} = {written['value']!r} in {written['file']}"


@click.command()
@click.argument("setting", type=_Setting())
@takes_json
def unset(setting: str, as_json: bool) -> house.DeletedSetting:
    """Delete a setting, or a whole table, from ~/.htmaprc.

    SETTING is a dotted path, such as DOCKER.IMAGE. Comments in the file stay.
    """
    where, deleted = user_file().resolve(), False
    if where.exists():
        with _changed_file() as document:
            deleted = _delete(document, setting.split("."))
    origin = None if deleted else _origin_of_known(setting)
    if not as_json and deleted:
        click.echo(f"{setting} is deleted from {where}")
    elif not as_json:
        click.echo(f"{setting} is not set in {where}{'' if origin is None else f'; it comes from {origin}'}")
    return {"setting": setting, "deleted": deleted, "file": str(where), "origin": origin}


def _origin_of_known(setting: str) -> str | None:
    """Return where the value of a setting or table comes from; None if it is the default.

    :raises UnknownSetting: there is none of that name.
    """
    known = _all_settings()
    if setting.casefold() not in {part for key in known for part in _paths(key.casefold())}:
        raise UnknownSetting(setting, known)
    origin = settings.origin(setting)
    return None if origin == BUILT_IN else origin


def _paths(key: str) -> Iterator[str]:
    """Yield a dotted path, and those of the tables around it."""
    parts = key.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


@contextlib.contextmanager
def _changed_file() -> Iterator[Any]:
    """Give the user's settings file as a TOML document, and write it if it was changed.

    :raises InvalidSettingsFile: it is not valid TOML, or no text in UTF-8.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    path = user_file().resolve()  # the file may be a link, and must stay one
    with locked(path) as file:
        try:
            before = file.read()
            document = tomlkit.parse(before)
        except (TOMLKitError, UnicodeDecodeError) as error:
            raise InvalidSettingsFile(path, str(error)) from error
        yield document
        after = tomlkit.dumps(document)
        if after != before:
            write_atomically(path, after)


def _delete(table: Any, path: list[str]) -> bool:
    """Delete a setting from a TOML table, in all spellings, with tables that have nothing else. Return whether it was there."""
    from tomlkit.items import AbstractTable

    name, *rest = path
    deleted = False
    for spelt in [each for each in table if each.casefold() == name.casefold()]:
        inner = table[spelt]
        if not rest:
            del table[spelt]
            deleted = True
        elif isinstance(inner, MutableMapping) and _delete(inner, rest):
            deleted = True
            if isinstance(inner, AbstractTable) and not inner and "#" not in inner.as_string():
                del table[spelt]
    return deleted


_WITH_ORIGIN = (InvalidOption, InvalidSetting, ReservedOptionKeyword, UnknownName)


def _accepted(setting: str, text: str) -> Any:
    """Return the first reading of *text* with which maps could be made.

    :raises HTMapException: there is no such setting, or no map could use any reading.
    """
    problem: HTMapException | None = None
    for value in _readings(text):
        chain = Settings({})
        try:
            chain[setting] = value
            _check(chain)
        except HTMapException as error:
            # It is in no file yet.
            problem = attrs.evolve(error, origin=None) if isinstance(error, _WITH_ORIGIN) else error
        else:
            return value
    assert problem is not None
    raise problem


def _check(chain: Settings) -> None:
    """Warn of what may be wrong with settings.

    :raises HTMapException: no map could use them.
    """
    doubts: list[Warning] = []
    for fault in faults_of_settings(chain, PoolInUse()):
        if isinstance(fault, HTMapException):
            raise fault
        doubts.append(fault)
    for doubt in doubts:
        user_warnings.warn(doubt)


def _readings(text: str) -> Iterator[Any]:
    with contextlib.suppress(tomllib.TOMLDecodeError):  # then it is text
        yield tomllib.loads(f"value = {text}")["value"]
    yield text
