"""The reference of hooks as Markdown, from the docstrings of the hooks and of the classes that plugins meet."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

import htmap
import htmap_core
from htmap_core.contract import hookspecs
from tests.docstrings import Docstring, kind_of, parsed

WIDTH = 140

HOOKS: dict[str, Callable[..., Any]] = {
    name: hook for name, hook in vars(hookspecs).items() if name.startswith("htmap_")
}

# What plugins implement, return and are given; what users have too is in the reference of their API.
CLASSES: dict[str, type] = {
    name: cls
    for name, cls in ((name, getattr(htmap_core, name)) for name in htmap_core.__all__)
    if inspect.isclass(cls) and cls.__module__.startswith("htmap_core.contract.") and name not in htmap.__all__
}


def all_hooks() -> str:
    """Return what holds for all hooks."""
    _, *paragraphs = parsed(hookspecs).paragraphs
    return "\n".join(map(_filled, paragraphs))


def list_of_hooks() -> str:
    """Return a table with a row for each hook."""
    rows = []
    for name, hook in HOOKS.items():
        said = parsed(hook)
        often = said.called.text.partition(",")[0] if said.called else ""
        rows.append((f"[`{name}`](#{name})", kind_of(hook) or "", often, _purpose(said).rstrip(".")))
    return _table([("hook", "kind", "called", "for"), *rows])


def section_of_hook(name: str) -> str:
    """Return the section of a hook."""
    hook, said = HOOKS[name], parsed(HOOKS[name])
    rows = [("kind", kind_of(hook) or "")]
    if said.called:
        rows += [("called", said.called.text), ("where", f"on the {said.called.machine} machine")]
    rows += [(f"`{of}`", text.rstrip(".")) for of, text in said.of("param").items()]
    rows += [("returns", text.rstrip(".")) for text in said.of("returns").values()]
    rows += [(f"raises `{error}`", text.rstrip(".")) for error, text in said.of("raises").items()]
    rows.append(("since", said.since or ""))
    paragraphs = [_upper(_purpose(said)), *said.paragraphs[1:]]
    return "\n".join(
        [
            f"## {name}\n",
            _code(f"{name}{_signature(hook)}"),
            *map(_filled, paragraphs),
            _table([("", ""), *rows]),
            *map(_code, said.examples),
        ]
    )


def section_of_class(name: str) -> str:
    """Return the section of a class: its fields, attributes and methods."""
    cls, said = CLASSES[name], parsed(CLASSES[name])
    parents = [each for each, parent in CLASSES.items() if parent in cls.__mro__[1:]]
    rows = [*_fields(cls, said), *_attributes(cls), *_methods(cls)]
    return "\n".join(
        [
            f"## {name}\n",
            *map(_filled, said.paragraphs),
            *(f"It has all of [{each}](#{each.lower()}).\n" for each in parents),
            *map(_code, said.examples),
            _table([("", ""), *rows]),
        ]
    )


def _purpose(said: Docstring) -> str:
    """Return the summary of a hook without its kind."""
    return said.summary.partition(" ")[2]


def _fields(cls: type, said: Docstring) -> Iterator[tuple[str, str]]:
    types = {each.name: _type(each.type) for each in attrs.fields(cls)} if attrs.has(cls) else {}
    for name, meaning in said.of("param").items():
        yield f"`{name}: {types[name]}`", _upper(meaning)


def _attributes(cls: type) -> Iterator[tuple[str, str]]:
    """Yield the attributes of a class that have a text below them in the source; those of a plugin's class must have one."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(node, ast.ClassDef)
    for each, below in zip(node.body, [*node.body[1:], None]):
        if isinstance(each, ast.AnnAssign):
            name, type_ = ast.unparse(each.target), ast.unparse(each.annotation)
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else None
            is_own = type_.startswith("ClassVar[")
            assert text or not is_own, f"{cls.__name__}.{name} has no text below it"
            default = f" = {ast.unparse(each.value)}" if each.value and is_own else ""
            shown = _type(type_[len("ClassVar[") : -1] if is_own else type_)
            if text:
                yield f"`{name}: {shown}{default}`", " ".join(parsed(inspect.cleandoc(str(text))).paragraphs)


def _methods(cls: type) -> Iterator[tuple[str, str]]:
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        said = parsed(function)
        raises = "".join(f" Raises `{error}`: {text}" for error, text in said.of("raises").items())
        called = f"`{name}: {_type(inspect.signature(function).return_annotation)}`"
        yield (
            called if isinstance(member, property) else f"`{name}{_signature(function)}`",
            " ".join(said.paragraphs) + raises,
        )


def _signature(function: Callable[..., Any]) -> str:
    """Return the arguments of a function and what it returns, as its source has them."""
    signature = inspect.signature(function)
    arguments = []
    for name, each in signature.parameters.items():
        if name in {"self", "cls"}:
            continue
        if each.kind is each.KEYWORD_ONLY and "*" not in arguments:
            arguments.append("*")
        default = "" if each.default is each.empty else f" = {each.default!r}"
        arguments.append(f"{name}: {_type(each.annotation)}{default}")
    return f"({', '.join(arguments)}) -> {_type(signature.return_annotation)}"


def _type(annotation: Any) -> str:
    text = str(annotation)
    return f"{text[len('Optional[') : -1]} | None" if text.startswith("Optional[") else text


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _code(text: str) -> str:
    return textwrap.indent(text, "    ") + "\n"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    head, *body = [[each.replace("|", "\\|") for each in row] for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *body)).replace("|  |  |", "| | |")
