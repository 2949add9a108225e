"""Settings as typed tables: what the core and each plugin can be told, checked before anything uses it."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from htmap_core.exceptions import InvalidSetting, UnknownSetting
from htmap_core.settings import core, dotted
from htmap_core.settings.chain import Settings, settings

if typing.TYPE_CHECKING:
    import cattrs

T = TypeVar("T")


def table(name: str, cls: type[T], chain: Settings | None = None) -> T:
    """Return the settings table *name* as an instance of the attrs class *cls*.

    Fields are in lower case in the class and found in any case in the settings. Text is read as the field's type, since that
    is all that an environment variable can hold::

        table("SW", SwSettings, plan.settings).python

    :param name: the table, such as ``"DOCKER"``: by rule the plugin's name in capitals.
    :param cls: an attrs class with a default for every field.
    :param chain: where to look: ``plan.settings`` where a plan is at hand; None for the settings that HTMap uses now.
    :raises UnknownSetting: the table has a key that is no field of *cls*.
    :raises InvalidSetting: a value is not what its field can be.

    Since 0.7.
    """
    chain = settings if chain is None else chain
    values = dotted.look_up(
        chain.to_dict(), name
    )  # what is set: plugins are still being looked for when they read their tables
    if values is dotted.MISSING:
        values = {}
    if not isinstance(values, Mapping):
        raise _no_table(name, values, chain)
    fields = {field.name: field for field in attrs.fields(typing.cast("type[attrs.AttrsInstance]", cls))}
    types = typing.get_type_hints(cls)
    given: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{name}.{key}"
        field = key.casefold()
        if field not in fields:
            raise UnknownSetting(path, [f"{name}.{known.upper()}" for known in fields], chain.origin(path))
        given[field] = _structure(path, value, types[field], chain)
    try:
        return cls(**given)
    except (TypeError, ValueError) as error:  # a validator of the class speaks
        raise _refused(name, values, error, chain) from error


def _refused(name: str, values: Mapping[str, Any], error: Exception, chain: Settings) -> InvalidSetting:
    """Return what a validator or converter has said; attrs' own validators have the field beside their text."""
    for part in error.args[1:]:
        if isinstance(part, attrs.Attribute):
            path = f"{name}.{part.name.upper()}"
            return InvalidSetting(path, chain.get(path), str(error.args[0]), chain.origin(path))
    return InvalidSetting(name, dict(values), str(error), chain.origin(name))


def setting(name: str, chain: Settings | None = None) -> Any:
    """Return one of the core's own settings, checked to be of the type that it is documented with; a plugin's are in its table.

    The default is the built-in one also where the program has replaced all settings, and the built-in ones with them::

        schedd = setting("HTCONDOR.SCHEDULER") or "schedd.example.org"

    :param name: the setting, such as ``"WAIT_TIME"``; ``htmap settings --explain`` shows which there are.
    :param chain: where to look; None for the settings that HTMap uses now.
    :raises InvalidSetting: it has another type.

    Since 0.7.
    """
    chain = settings if chain is None else chain
    known = core.SETTINGS[name]
    return _structure(name, chain.get(name, known.default), known.type, chain)


def setting_origin(name: str) -> str | None:
    """Return where a setting comes from, in words for messages; None where no setting has that name.

    It belongs into every complaint about a value::

        f"{image} does not exist (from SW.IMAGE in {setting_origin('SW.IMAGE')})"

    Where a plan is at hand, ``plan.settings.origin`` says the same of the settings that the map is made with.

    :param name: the setting, of the core or of a plugin.

    Since 0.7.
    """
    return settings.origin(name)


def check_names(tables: Mapping[str, type], lenient: typing.Collection[str] = (), chain: Settings = settings) -> None:
    """Check that every setting is one that somebody knows, and every value one that it can have.

    What stands in ``MAP_OPTIONS`` is left to :meth:`htmap_core.contract.options.MapOptions.from_settings`.

    :param tables: the tables of all plugins that work.
    :param lenient: tables that may hold anything, because their plugin is broken or not installed now.
    :raises UnknownSetting: nobody knows a setting.
    :raises InvalidSetting: a value is not of the setting's type.
    """
    known = {*core.names(), *(name.upper() for name in (*tables, *lenient))}
    for name, given in chain.to_dict().items():
        folded = name.upper()
        if folded in core.TABLES:
            _check_core_table(folded, given, chain)
        elif folded in core.SETTINGS:
            _structure(folded, given, core.SETTINGS[folded].type, chain)
        elif folded not in known:
            first = next(iter(dotted.keys({name: given})), name)  # the variable is known by this one
            raise UnknownSetting(name, known, chain.origin(first))
    for name, cls in tables.items():
        table(name, cls, chain)


def _check_core_table(name: str, given: Any, chain: Settings) -> None:
    if name != core.MAP_OPTIONS:
        table(name, core.TABLES[name], chain)
    elif not isinstance(given, Mapping):
        raise _no_table(name, given, chain)


def _no_table(name: str, given: Any, chain: Settings) -> InvalidSetting:
    return InvalidSetting(name, given, "is a table, not a value", chain.origin(name))


def problem_with_tables(offer: Mapping[Any, Any], taken: Mapping[str, type]) -> str | None:
    """Return what is wrong with the settings tables that a plugin offers, if anything; *taken* are those of others."""
    for name, cls in offer.items():
        if not isinstance(name, str) or not isinstance(cls, type) or not attrs.has(cls):
            return f"must map names to attrs classes, not {name!r} to {cls!r}"
        if name.upper() in core.names():
            return f"offers the table {name!r}, which is the core's own"
        if name.upper() in taken:
            return f"offers the table {name!r}, which belongs to another plugin already"
        if bare := [field.name for field in attrs.fields(cls) if field.init and field.default is attrs.NOTHING]:
            return f"offers the table {name!r} without a default for {', '.join(bare)}"
    return None


def _structure(name: str, given: Any, type_: Any, chain: Settings) -> Any:
    try:
        if given is None and type(None) in typing.get_args(type_):
            return None
        plain = _without_none(type_)
        if (
            plain in _READERS
        ):  # most settings: without importing cattrs, for which a shell that completes tags would wait
            return _READERS[plain](given, plain)
        return _converter().structure(_split(given, type_), type_)
    except Exception as error:
        # cattrs raises its own groups around whatever a hook raised; the innermost says it best.
        cause: BaseException = error
        while nested := getattr(cause, "exceptions", None):
            cause = nested[0]
        raise InvalidSetting(name, given, str(cause), chain.origin(name)) from error


_made: list[cattrs.Converter] = []


def _converter() -> cattrs.Converter:
    if not _made:
        import cattrs  # 60 ms, needed where a table is read only

        converter = cattrs.Converter(forbid_extra_keys=True)
        for type_, reader in _READERS.items():
            converter.register_structure_hook(type_, reader)
        _made.append(converter)
    return _made[0]


def _without_none(type_: Any) -> Any:
    """Return the type that an optional type has besides None, and any other type as it is."""
    others = [each for each in typing.get_args(type_) if each is not type(None)]
    return others[0] if typing.get_origin(type_) is typing.Union and len(others) == 1 else type_


def _split(given: Any, type_: Any) -> Any:
    """Return text that is to be a list split at its commas; cattrs would take it for a list of letters."""
    alternatives = typing.get_args(type_) if typing.get_origin(type_) is typing.Union else (type_,)
    if not any(typing.get_origin(each) in {list, tuple, Sequence} for each in alternatives):
        return given
    if isinstance(given, str):
        return [part.strip() for part in given.split(",") if part.strip()]
    if isinstance(given, Mapping):
        raise TypeError("must be a list, not a table")
    return given


def _bool(given: Any, _: type) -> bool:
    if isinstance(given, bool):
        return given
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if isinstance(given, str) and given.strip().lower() in words:
        return words[given.strip().lower()]
    raise ValueError("must be true or false")


def _int(given: Any, _: type) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str):
        try:
            return int(given)
        except ValueError:
            pass  # said below, in the same words as for any other wrong value
    raise ValueError("must be a whole number")


def _float(given: Any, _: type) -> float:
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return float(given)
    if isinstance(given, str):
        try:
            return float(given)
        except ValueError:
            pass  # said below, in the same words as for any other wrong value
    raise ValueError("must be a number")


def _str(given: Any, _: type) -> str:
    if isinstance(given, str):
        return given
    raise ValueError(f"must be text in quotes, not {type(given).__name__}")


def _path(given: Any, _: type) -> Path:
    if isinstance(given, (str, Path)) and str(given):
        return Path(given).expanduser()
    raise ValueError("must be a path")


_READERS: dict[Any, Callable[[Any, type], Any]] = {bool: _bool, int: _int, float: _float, str: _str, Path: _path}
