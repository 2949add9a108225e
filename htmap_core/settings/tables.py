"""Settings as typed tables, checked before use."""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

from htmap_core.exceptions import InvalidSetting, UnknownSetting
from htmap_core.settings import core, dotted
from htmap_core.settings.chain import Settings, settings
from htmap_core.settings.model import types_of
from htmap_core.settings.toml.reading import split_list
from htmap_core.settings.variables import nearest, variables_of, warn_of
from htmap_core.wording import closest

if typing.TYPE_CHECKING:
    import cattrs

T = TypeVar("T")


def table(name: str, cls: type[T], chain: Settings | None = None) -> T:
    """Return the settings table *name* as an instance of the attrs class *cls*.

    Fields have lower case in the class; their case in the settings does not matter. Text is converted to the field's type,
    because environment variables hold only text. Since 0.7.

    >>> @attrs.frozen
    ... class DockerSettings:
    ...     image: str = "python:3.12"
    >>> table("DOCKER", DockerSettings, Settings({"DOCKER": {"IMAGE": "tide:1"}})).image
    'tide:1'

    :param name: the name of the table, such as ``"DOCKER"``; the plugin's name in capitals.
    :param cls: an attrs class with a default for every field.
    :param chain: the settings to read: ``plan.settings`` if there is a plan; None for :data:`htmap.settings`.
    :raises UnknownSetting: the table has a key that is not a field of *cls*; of an environment variable that is a warning.
    :raises InvalidSetting: a value does not suit its field.
    """
    chain = settings if chain is None else chain
    # Only the values that are set: the defaults would need all plugins, and plugins read tables while they are loaded.
    values = chain.table(name)
    if not isinstance(values, Mapping):
        raise _no_table(name, values, chain)
    fields = {field.name: field for field in attrs.fields(typing.cast("type[attrs.AttrsInstance]", cls))}
    types = types_of(typing.cast("type", cls))
    given: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{name}.{key}"
        field = key.casefold()
        if field not in fields:
            if (variable := chain.variable(path)) is not None:
                near = nearest(variable, variables_of(name, cls))
                from htmap_core.user_warnings import UnknownEnvironmentVariable

                warn_of([UnknownEnvironmentVariable(variable, near)])
                continue
            _refuse_unknown(path, [f"{name}.{known.upper()}" for known in fields], chain)
            continue
        given[field] = as_type(path, value, types[field], chain)
    try:
        return cls(**given)
    except (TypeError, ValueError) as error:  # from a validator of the class
        raise _refused(name, values, error, chain) from error


def _refuse_unknown(name: str, known: Sequence[str], chain: Settings, key: str | None = None) -> None:
    """Warn of an unknown setting of the machine, which others may know, and refuse any other.

    :param key: one of the settings, if *name* is a table.
    """
    origin = chain.origin(key or name)
    if origin is None or not chain.is_shared(key or name):
        raise UnknownSetting(name, known, origin)
    from htmap_core.user_warnings import UnknownSharedSetting

    warn_of([UnknownSharedSetting(name, origin, closest(name, known))])


def _refused(name: str, values: Mapping[str, Any], error: Exception, chain: Settings) -> InvalidSetting:
    """Return the exception for a validator's or converter's error; errors of attrs' own validators also name the field."""
    for part in error.args[1:]:
        if isinstance(part, attrs.Attribute):
            path = f"{name}.{part.name.upper()}"
            return InvalidSetting(path, chain.get(path), str(error.args[0]), chain.origin(path))
    return InvalidSetting(name, dict(values), str(error), chain.origin(name))


def setting(name: str, chain: Settings | None = None) -> Any:
    """Return one of the core's own settings, checked against its documented type. A plugin reads its own with :func:`table`.

    If the program has replaced all settings, also the built-in ones, the built-in default still counts::

        schedd = setting("HTCONDOR.SCHEDULER") or "schedd.example.org"

    :param name: the setting, such as ``"WAIT_TIME"``; ``htmap settings --explain`` lists them.
    :param chain: the settings to read; None for :data:`htmap.settings`.
    :raises InvalidSetting: the value has another type, or is none that the setting can have.

    Since 0.7.
    """
    chain = settings if chain is None else chain
    return _checked(name, chain.get(name, core.SETTINGS[name].default), chain)


def _checked(name: str, given: Any, chain: Settings) -> Any:
    """Return the value of one of the core's own settings as its class has it.

    :raises InvalidSetting: the class does not accept it.
    """
    value = as_type(name, given, core.SETTINGS[name].type, chain)
    table_of, _, field = name.rpartition(".")
    cls = core.TABLES[table_of] if table_of else core.CoreSettings
    try:
        cls(**{field.casefold(): value})
    except (TypeError, ValueError) as error:  # from a validator of the class
        raise InvalidSetting(name, given, str(error.args[0]), chain.origin(name)) from error
    return value


def setting_origin(name: str) -> str | None:
    """Return where a setting comes from, as a phrase for messages; None if no setting has that name.

    Every complaint about a value should have it::

        f"{image} does not exist (from SW.IMAGE in {setting_origin('SW.IMAGE')})"

    If there is a plan, ``plan.settings.origin`` says the same about the map's own settings.

    :param name: a setting of the core or of a plugin.

    Since 0.7.
    """
    return settings.origin(name)


def check_names(tables: Mapping[str, type], lenient: typing.Collection[str] = (), chain: Settings = settings) -> None:
    """Check that every setting is known, and that every value suits its setting.

    :meth:`htmap_core.contract.options.MapOptions.from_settings` checks the contents of ``MAP_OPTIONS``.

    :param tables: the tables of all working plugins.
    :param lenient: tables that are not checked, because their plugin is broken or not installed.
    :raises UnknownSetting: neither the core nor a plugin knows a setting, which does not come from an environment variable.
    :raises InvalidSetting: a value does not have the setting's type.
    """
    known = {*core.names(), *(name.upper() for name in (*tables, *lenient))}
    for name, given in chain.to_dict().items():
        folded = name.upper()
        if folded in core.TABLES:
            _check_core_table(folded, given, chain)
        elif folded in core.SETTINGS:
            _checked(folded, given, chain)
        elif folded not in known:
            keys = list(dotted.keys({name: given})) or [name]
            if keys := [key for key in keys if chain.variable(key) is None]:  # of variables, there are warnings
                _refuse_unknown(name, sorted(known), chain, keys[0])
    for name, cls in tables.items():
        table(name, cls, chain)


def _check_core_table(name: str, given: Any, chain: Settings) -> None:
    if name != core.MAP_OPTIONS:
        table(name, core.TABLES[name], chain)
    elif not isinstance(given, Mapping):
        raise _no_table(name, given, chain)


def _no_table(name: str, given: Any, chain: Settings) -> InvalidSetting:
    return InvalidSetting(name, given, "must be a table, not a value", chain.origin(name))


def problem_with_tables(offer: Mapping[Any, Any], taken: Mapping[str, type]) -> str | None:
    """Return what is wrong with the settings tables that a plugin offers, or None; *taken* are the tables of others."""
    for name, cls in offer.items():
        if not isinstance(name, str) or not isinstance(cls, type) or not attrs.has(cls):
            return f"must map names to attrs classes, not {name!r} to {cls!r}"
        if name.upper() in core.names():
            return f"offers the table {name!r}, which is the core's own"
        if name.upper() in taken:
            return f"offers the table {name!r}, which belongs to another plugin"
        if bare := [field.name for field in attrs.fields(cls) if field.init and field.default is attrs.NOTHING]:
            return f"offers the table {name!r} without a default for {', '.join(bare)}"
    return None


def as_type(name: str, given: Any, type_: Any, chain: Settings = settings) -> Any:
    """Return a value of the setting *name* as its type.

    :raises InvalidSetting: it does not suit it.
    """
    try:
        if given is None and type(None) in typing.get_args(type_):
            return None
        plain = _without_none(type_)
        if plain in _READERS:  # most settings need no cattrs, and completion in a shell should not wait for its import
            return _READERS[plain](given, plain)
        if plain == list[str] and isinstance(
            texts := _split(given, plain), list
        ):  # likewise each map, for which plugins are loaded
            return [_str(each, str) for each in texts]
        return _converter().structure(_split(given, type_), type_)
    except Exception as error:
        # cattrs wraps the error of a hook into groups; the innermost error is the clearest.
        cause: BaseException = error
        while nested := getattr(cause, "exceptions", None):
            cause = nested[0]
        raise InvalidSetting(name, given, str(cause), chain.origin(name)) from error


_made: list[cattrs.Converter] = []


def _converter() -> cattrs.Converter:
    if not _made:
        import cattrs  # 60 ms, and only tables need it

        converter = cattrs.Converter(forbid_extra_keys=True)
        for type_, reader in _READERS.items():
            converter.register_structure_hook(type_, reader)
        _made.append(converter)
    return _made[0]


def _without_none(type_: Any) -> Any:
    """Return an optional type without None, and any other type as it is."""
    others = [each for each in typing.get_args(type_) if each is not type(None)]
    return others[0] if typing.get_origin(type_) is typing.Union and len(others) == 1 else type_


def _split(given: Any, type_: Any) -> Any:
    """Take text for a list apart: cattrs would make a list of letters."""
    alternatives = typing.get_args(type_) if typing.get_origin(type_) is typing.Union else (type_,)
    if not any(typing.get_origin(each) in {list, tuple, Sequence} for each in alternatives):
        return given
    if isinstance(given, str):
        return split_list(given)
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
