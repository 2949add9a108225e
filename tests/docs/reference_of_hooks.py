"""The reference of hooks as Markdown, from the docstrings of the hooks and of the classes that plugins meet."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import attrs

import htmap
import htmap_core
from htmap_core.contract import hookspecs
from tests.docs.markdown import code, filled, signature, table, type_, upper
from tests.docstrings import Docstring, kind_of, parsed

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
    said = parsed(_texts(ast.parse(inspect.getsource(hookspecs)).body)["HOOKS_VERSION"])
    version = [
        f"`HOOKS_VERSION` is {hookspecs.HOOKS_VERSION}: {said.summary[0].lower()}{said.summary[1:]}",
        *said.paragraphs[1:],
    ]
    return "\n".join([*map(filled, [*paragraphs, *version]), *map(code, said.examples)])


def list_of_hooks() -> str:
    """Return a table with a row for each hook."""
    rows = []
    for name, hook in HOOKS.items():
        said = parsed(hook)
        often = said.called.text.partition(",")[0] if said.called else ""
        rows.append((f"[`{name}`](#{name})", kind_of(hook) or "", often, _purpose(said).rstrip(".")))
    return table([("hook", "kind", "called", "for"), *rows])


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
    paragraphs = [upper(_purpose(said)), *said.paragraphs[1:]]
    return "\n".join(
        [
            f"## {name}\n",
            code(signature(hook, name)),
            *map(filled, paragraphs),
            table([("", ""), *rows]),
            *map(code, said.examples),
        ]
    )


def section_of_class(name: str) -> str:
    """Return the section of a class: its fields, attributes and methods."""
    cls, said = CLASSES[name], parsed(CLASSES[name])
    parents = [each for each, parent in CLASSES.items() if parent in cls.__mro__[1:]]
    rows = [*_fields(cls, said), *_attributes(cls), *_methods(cls)]
    return "\n".join(
        [
            f"### {name}\n",
            *map(filled, said.paragraphs),
            *(f"It has all of [{each}](#{each.lower()}).\n" for each in parents),
            *map(code, said.examples),
            table([("", ""), *rows]),
        ]
    )


def _purpose(said: Docstring) -> str:
    """Return the summary of a hook without its kind."""
    return said.summary.partition(" ")[2]


def _fields(cls: type, said: Docstring) -> Iterator[tuple[str, str]]:
    types = {each.name: type_(each.type) for each in attrs.fields(cls)} if attrs.has(cls) else {}
    for name, meaning in said.of("param").items():
        yield f"`{name}: {types[name]}`", upper(meaning)


def _attributes(cls: type) -> Iterator[tuple[str, str]]:
    """Yield the attributes of a class that have a text below them in the source; those of a plugin's class must have one."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(node, ast.ClassDef)
    texts = _texts(node.body)
    for each in node.body:
        if isinstance(each, ast.AnnAssign):
            name, annotation = ast.unparse(each.target), ast.unparse(each.annotation)
            is_own = annotation.startswith("ClassVar[")
            assert name in texts or not is_own, f"{cls.__name__}.{name} has no text below it"
            default = f" = {ast.unparse(each.value)}" if each.value and is_own else ""
            shown = type_(annotation[len("ClassVar[") : -1] if is_own else annotation)
            if name in texts:
                yield f"`{name}: {shown}{default}`", " ".join(parsed(texts[name]).paragraphs)


def _texts(body: list[ast.stmt]) -> dict[str, str]:
    """Return the texts that stand below names in a class or module, where docstrings cannot be."""
    found = {}
    for each, below in zip(body, body[1:]):
        if isinstance(each, (ast.Assign, ast.AnnAssign)) and isinstance(below, ast.Expr):
            name = ast.unparse(each.target if isinstance(each, ast.AnnAssign) else each.targets[0])
            text = below.value.value if isinstance(below.value, ast.Constant) else None
            if isinstance(text, str):
                found[name] = inspect.cleandoc(text)
    return found


def _methods(cls: type) -> Iterator[tuple[str, str]]:
    for name, member in vars(cls).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        said = parsed(function)
        raises = "".join(f" Raises `{error}`: {text}" for error, text in said.of("raises").items())
        called = f"`{name}: {type_(inspect.signature(function).return_annotation)}`"
        yield (
            called if isinstance(member, property) else f"`{name}{signature(function)}`",
            " ".join(said.paragraphs) + raises,
        )
