"""A dictionary of options as they were given, in which each is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from htmap_core.contract.option_values import CONVERTED, CUSTOM_OPTIONS, checked_name, folded
from htmap_core.contract.usual.checks import check
from htmap_core.exceptions import HTMapException, InvalidOption
from htmap_core.exceptions.door import by_the_shortest_way
from htmap_core.language.submit_text import attribute_name


class GivenOptions(MutableMapping[str, Any]):
    """Options as they were given. Names are found in any case; those of attributes begin with ``MY.``.

    What is set is checked: the name, and what each of the usual options takes.
    """

    __slots__ = ("_given",)  # so that `options.request_memory = "2GB"` is an error, and not without effect

    def __init__(self) -> None:
        self._given: dict[str, tuple[str, Any]] = {}  # name and value, by the name in lower case

    def __getitem__(self, name: str) -> Any:
        try:
            return self._given[folded(name)][1]
        except KeyError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, value: Any) -> None:
        try:
            self._set(name, value)
        except HTMapException as error:
            raise by_the_shortest_way(error)

    def _set(self, name: str, value: Any) -> None:
        key = checked_name(name)
        if key == CUSTOM_OPTIONS:
            raise InvalidOption(
                name, value, "cannot be replaced as a whole: set each attribute by itself, as 'MY.<name>'"
            )
        if key in CONVERTED:
            value = CONVERTED[key](value)
        else:
            check(key, value)
        self._given[key.casefold()] = key, value

    def __delitem__(self, name: str) -> None:
        try:
            del self._given[folded(name)]
        except KeyError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._given.values())

    def __len__(self) -> int:
        return len(self._given)

    def __repr__(self) -> str:
        return repr(dict(self))

    def _add(self, name: str, value: Any) -> None:
        """Set an option that was not given before in another spelling."""
        if name in self:
            raise InvalidOption(name, value, "was given twice")
        self._set(name, value)

    def _add_attributes(self, option: str, attributes: Any) -> None:
        if not isinstance(attributes, Mapping):
            raise InvalidOption(option, attributes, "must be a table of attributes and their values")
        for name, value in attributes.items():
            self._add(f"MY.{attribute_name(name) or name}", value)
