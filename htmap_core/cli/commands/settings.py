"""``htmap settings`` and ``htmap set``."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import attrs
import click
from click.shell_completion import CompletionItem

from htmap_core.atomic import locked, write_atomically
from htmap_core.contract.options import MapOptions
from htmap_core.exceptions import (
    HTMapException,
    InvalidOption,
    InvalidSetting,
    ReservedOptionKeyword,
    UnknownSetting,
)
from htmap_core.plugins.calls import plugins
from htmap_core.settings import tables as configfile
from htmap_core.settings.chain import BUILT_IN, Settings, dotted_keys, settings, user_file

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class _Setting(click.ParamType):  # type: ignore[type-arg]  # generic in newer clicks only
    name = "setting"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        folded = incomplete.casefold()
        return [CompletionItem(key) for key in dotted_keys(settings.to_dict()) if key.casefold().startswith(folded)]


@click.command(name="settings")
@click.option("--user", is_flag=True, help="Print your own settings only: the contents of ~/.htmaprc.")
def settings_(user: bool) -> None:
    """Print HTMap's settings, as a settings file would have them.

    What does not come from the built-in defaults has a comment that says where it comes from.
    """
    import tomlkit

    if user:
        path = user_file()
        click.echo(path.read_text(encoding="utf-8") if path.exists() else f"# there is no {path}")
        return
    known = {key: settings[key] for key in dotted_keys(settings.to_dict())}
    known.update(
        (key, value) for key, value in known_settings(plugins.settings_tables()).items() if key not in settings
    )
    document = tomlkit.document()
    for key in sorted(known, key=lambda key: (key.count("."), key.casefold())):
        _add(document, key, known[key])
    click.echo(tomlkit.dumps(document).rstrip("\n"))


def known_settings(names: Iterable[str]) -> dict[str, Any]:
    """Return what plugins' tables of these names can say, with the defaults, as dotted paths."""
    classes = plugins.settings_tables()
    return {
        f"{name}.{field.upper()}": default
        for name in names
        for field, default in attrs.asdict(classes[name](), recurse=False).items()
    }


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
        here.add(tomlkit.comment(f"{name} is not set"))  # TOML has no word for nothing
        return
    item = tomlkit.item(value if isinstance(value, (bool, int, float, str, list)) else str(value))
    if origin not in {BUILT_IN, None}:
        item.comment(f"from {origin}")
    here.append(name, item)


@click.command(name="set")
@click.argument("setting", type=_Setting())
@click.argument("value")
def set_(setting: str, value: str) -> None:
    """Write a setting into ~/.htmaprc.

    SETTING is a dotted path, such as DOCKER.IMAGE. VALUE is what a settings file could have (5, true, ["a", "b"]), or else text,
    which needs no quotes. Comments in the file stay.
    """
    import tomlkit

    parsed = _accepted(setting, value)
    path = user_file().resolve()  # it may be a link, and is to stay one
    with locked(path) as file:
        document = tomlkit.parse(file.read())
        Settings(document)[setting] = parsed
        write_atomically(path, tomlkit.dumps(document))
    click.echo(f"{setting} = {parsed!r} in {path}")


def _accepted(setting: str, text: str) -> Any:
    """Return the value that *text* stands for: the first reading that the setting can have.

    :raises HTMapException: there is no such setting, or it cannot have this value.
    """
    problem: HTMapException | None = None
    for value in _readings(text):
        chain = Settings({})
        try:
            chain[setting] = value
            configfile.check_names(plugins.settings_tables(), plugins.tables_of_unavailable_plugins(), chain)
            MapOptions.from_settings(chain)
        except (InvalidOption, InvalidSetting, ReservedOptionKeyword, UnknownSetting) as error:
            error.origin = None  # it comes from nowhere yet
            problem = error
        else:
            return value
    assert problem is not None
    raise problem


def _readings(text: str) -> Iterator[Any]:
    with contextlib.suppress(tomllib.TOMLDecodeError):  # then it is text
        yield tomllib.loads(f"value = {text}")["value"]
    yield text
