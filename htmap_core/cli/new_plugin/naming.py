"""The names of new plugins: which they may have, and how the names of an example are replaced by them."""

from __future__ import annotations

import builtins
import collections.abc
import importlib.util
import keyword
import pathlib
import re

import attrs

import htmap_core
from htmap_core.exceptions import CannotMakePlugin
from htmap_core.plugins.calls import plugins
from htmap_core.plugins.record import FIRST_PARTY
from htmap_core.settings import core
from htmap_core.settings.layers import own_words

# It is the name of a distribution, a package, a settings table, a URL scheme, and a part of environment variables.
_SPELLING = re.compile(r"[a-z][a-z0-9]{0,39}")
_AUTO = "auto"  # as a delivery method: HTMap's choice


@attrs.frozen
class Naming:
    """The name of a plugin in place of an example's.

    :param before: the name of the example.
    :param name: the other name.
    """

    before: str
    name: str

    def renamed(self, text: str) -> str:
        """Return a text with the name replaced as a word of its own: in lower case, in capitals, and in names of classes."""
        for spell, pattern in (
            (str.lower, r"(?<![a-z0-9]){}(?![a-z0-9])"),
            (str.upper, r"(?<![A-Z0-9]){}(?![A-Z0-9])"),
            (str.capitalize, r"{}(?![a-z0-9])"),
        ):
            text = re.sub(pattern.format(spell(self.before)), spell(self.name), text)
        return text


def check_spelling(name: str) -> None:
    """Check that a plugin can have a name.

    :raises CannotMakePlugin: it cannot.
    """
    if _SPELLING.fullmatch(name):
        known = (htmap_core, builtins, collections.abc, pathlib)  # whose names the examples use
        if keyword.iskeyword(name.capitalize()) or any(hasattr(each, name.capitalize()) for each in known):
            problem = f"its class would be called {name.capitalize()}, which Python or HTMap means something else by"
            raise CannotMakePlugin(name, problem, "Take another one")
        return
    like = re.sub(r"^(?:htmap(?![a-z0-9]))?[^a-z]*|[^a-z0-9]", "", name.lower())
    advice = f"{like!r} would do" if _SPELLING.fullmatch(like) else "Take another one"
    raise CannotMakePlugin(name, "a name has up to 40 small letters and digits, and a letter first", advice)


def check_is_free(name: str) -> None:
    """Check that no plugin has a name, and that HTMap does not use it otherwise.

    :raises CannotMakePlugin: it is taken.
    """
    if (owner := _owner(name)) is not None:
        raise CannotMakePlugin(name, f"the name is taken by {owner}", "Take another one")


def _owner(name: str) -> str | None:
    """Return who has a name; None if nobody has."""
    for record in plugins.records():
        offered = {each.lower() for names in (*record.offers.values(), record.withdrawn) for each in names}
        if record.distribution and name in {record.name, *offered}:
            return f"the plugin {record.name!r} of {record.distribution}"
    if name in FIRST_PARTY:
        return f"htmap-{name}, a plugin of HTMap's own"
    if name.upper() in {*core.names(), *own_words()} or name == _AUTO:
        return "HTMap itself"
    if importlib.util.find_spec(f"htmap_{name}") is not None:
        return f"the package htmap_{name}, which is installed here"
    return None
