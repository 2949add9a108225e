"""Docstrings taken apart, as the house's rules judge them and the references show them."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import attrs

KINDS = {"Offer": "offer", "Step:": "step", "Question:": "question"}  # by the first word of a hook's docstring

_CALLED = re.compile(r"Called (?P<often>.+?), on the (?P<machine>submit|execute) machine(?P<when>, .+?)?\.(?=\s|$)")
_SINCE = re.compile(r"\s*Since (?P<version>\d+\.\d+)(?: or earlier)?\.(?=\s|$)")
_BLOCK = re.compile(r"(?P<end>\S?)(?P<blank>\s*)::\n\n(?P<code>(?:    .*\n|\n)+)")
_DOCTEST = re.compile(r"^>>> .*\n(?:.+\n)*", re.MULTILINE)
_FIELD = re.compile(r"^:(\w+)(?: ([^:]+))?: ", re.MULTILINE)
_ROLE = re.compile(r":\w+:`(~?)([\w.]+)`")


@attrs.frozen
class Called:
    """When a hook is called.

    :param machine: ``submit`` or ``execute``: where.
    :param text: how often and on which occasion, as phrases with commas between them.
    """

    machine: str
    text: str


@attrs.frozen
class Docstring:
    """What a docstring says. Texts are Markdown.

    :param paragraphs: the text, without all that is in the other fields.
    :param fields: of the fields at the end: what they are of (``param``, ``raises``), the name, and the text.
    :param examples: the blocks of code, doctests among them.
    """

    paragraphs: tuple[str, ...]
    called: Called | None
    since: str | None
    fields: tuple[tuple[str, str, str], ...]
    examples: tuple[str, ...]

    @property
    def summary(self) -> str:
        return self.paragraphs[0] if self.paragraphs else ""

    def of(self, field: str) -> dict[str, str]:
        return {name: text for of, name, text in self.fields if of == field}


def parsed(documented: Any) -> Docstring:
    """Return what the docstring of a function, a class or a module says."""
    text = documented if isinstance(documented, str) else inspect.getdoc(documented) or ""
    examples = [textwrap.dedent(found["code"]).strip("\n") for found in _BLOCK.finditer(text + "\n")]
    examples += [found[0].strip("\n") for found in _DOCTEST.finditer(text + "\n")]
    text = _BLOCK.sub(lambda found: found["end"] + ("." if found["end"] not in {"", "."} else "") + "\n\n", text + "\n")
    text, *fields = _FIELD.split(_DOCTEST.sub("", text))
    called, since = _CALLED.search(_joined(text)), _SINCE.search(text)
    paragraphs = (_SINCE.sub("", _CALLED.sub("", _joined(each))) for each in re.split(r"\n\s*\n", text))
    return Docstring(
        paragraphs=tuple(_markdown(each) for each in paragraphs if each.strip()),
        called=Called(called["machine"], _markdown(called["often"] + (called["when"] or ""))) if called else None,
        since=since["version"] if since else None,
        fields=tuple((of, name or "", _markdown(said)) for of, name, said in zip(*[iter(fields)] * 3)),
        examples=tuple(examples),
    )


def _joined(text: str) -> str:
    return " ".join(text.split())


def _markdown(text: str) -> str:
    """Return text in reStructuredText as Markdown on one line; of a full name, the last part."""
    text = _ROLE.sub(lambda found: f"`{found[2].rpartition('.')[2] if found[1] else found[2]}`", text)
    return _joined(text.replace("``", "`"))


def kind_of(hook: str | Callable[..., Any]) -> str | None:
    """Return the kind of a hook, by the first word of its docstring."""
    return KINDS.get(parsed(hook).summary.partition(" ")[0])


def unsaid_of_method(method: Callable[..., Any]) -> Iterator[str]:
    """Yield what the docstring of a method that plugins implement lacks of what the reference has to show."""
    text = inspect.getdoc(method) or ""
    yield from ["runs"] if re.search(r"^Runs on the (submit|execute) machine\b", text, re.MULTILINE) is None else []
    yield from ["since"] if parsed(method).since is None else []
    yield from ["example"] if not parsed(method).examples else []


def unsaid(hook: Callable[..., Any]) -> Iterator[str]:
    """Yield what the docstring and the signature of a hook lack of what its reference has to show."""
    said, signature = parsed(hook), inspect.signature(hook)
    yield from ["kind"] if kind_of(hook) is None else []
    yield from ["called"] if said.called is None else []
    yield from (
        ["how often"] if said.called and not re.search(r"\b(once|each|every|whenever)\b", said.called.text) else []
    )
    yield from ["when"] if said.called and "," not in said.called.text else []
    yield from ["since"] if said.since is None else []
    yield from ["example"] if not any(f"def {hook.__name__}(" in each for each in said.examples) else []
    yield from ["raises"] if kind_of(hook) == "step" and not said.of("raises") else []
    yield from (f"param {name}" for name in signature.parameters.keys() ^ said.of("param").keys())
    given = {
        **{name: each.annotation for name, each in signature.parameters.items()},
        "return": signature.return_annotation,
    }
    yield from (f"untyped {name}" for name, type_ in given.items() if type_ is inspect.Signature.empty)
