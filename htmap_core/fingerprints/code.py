"""Code without its place: what it does, and what it names.

Line numbers, the file and comments are left out. Constants count where an instruction uses them, so a docstring does not.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

from htmap_core.fingerprints.form import Form, Part

_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"})

_NAMES = frozenset(dis.hasname)
_CONSTANTS = frozenset(dis.hasconst)
_JUMPS = frozenset({*dis.hasjrel, *dis.hasjabs})

# The compiler itself gives these to a class or module: its place, and in an order that differs between processes, its attributes.
_OF_PLACE = frozenset({"__qualname__", "__firstlineno__", "__static_attributes__"})
_DOC = "__doc__"

_IS_NESTED = 0x10  # this flag says where the code stands
_HAS_DOCSTRING = 0x4000000


class Import(NamedTuple):
    """What an ``import`` statement names.

    :param level: how many packages up; 0 if the name is whole.
    :param names: what it imports from there.
    """

    module: str
    level: int
    names: tuple[str, ...]


class Named(NamedTuple):
    """What code names, that of the functions within it included.

    :param attributes: of objects that nobody knows before it runs.
    :param reads_docs: whether it may read docstrings.
    """

    globals: set[str]
    attributes: set[str]
    imports: list[Import]
    reads_docs: bool


def form(code: CodeType, *, with_docs: bool) -> Form:
    """Return the form of code.

    :param with_docs: whether docstrings count.
    """
    constants: list[Any] = []
    indices: dict[int, int] = {}
    steps: list[Any] = []
    for step in _without_place(list(_instructions(code)), with_docs=with_docs):
        argument: Any = step.arg
        if step.opcode in _CONSTANTS and argument is not None:
            if argument not in indices:
                indices[argument] = len(constants)
                constants.append(code.co_consts[argument])
            argument = indices[argument]
        elif step.opcode in _NAMES:
            argument = step.argrepr  # the name, and the flags that are packed into the number
        elif step.opcode in _JUMPS:
            argument = step.argval - step.offset
        steps += (step.opcode, argument)
    docs = [Part(".__doc__", each) for each in code.co_consts[:1] if with_docs and isinstance(each, str)]
    head = (
        *("code", code.co_name, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        *(code.co_flags & ~_IS_NESTED & ~_HAS_DOCSTRING, code.co_varnames, code.co_freevars, code.co_cellvars),
        *(getattr(code, "co_exceptiontable", b""), tuple(steps)),
    )
    return Form(head, [Part("", each) for each in constants] + docs)


def named(code: CodeType) -> Named:
    """Return what code names."""
    found = Named(set(), set(), [], reads_docs=False)
    reads_docs = False
    for each in _with_nested(code):
        before: list[Any] = [None, None]
        for step in _instructions(each):
            if step.opname in _GLOBAL:
                found.globals.add(step.argval)
            elif step.opname == "IMPORT_NAME":
                level, names = before
                found.imports.append(Import(step.argval, level or 0, names or ()))
            elif step.opcode in _NAMES:
                found.attributes.add(step.argval)
            reads_docs = reads_docs or (step.argval == _DOC and step.opname != "STORE_NAME")
            before = [before[1], step.argval]
    return found._replace(reads_docs=reads_docs)


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    return (step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG")


def _without_place(steps: list[dis.Instruction], *, with_docs: bool) -> Iterator[dis.Instruction]:
    """Yield instructions but for those that give a class or module its docstring, or tell where it stands."""
    dropped = {*_OF_PLACE, *(() if with_docs else (_DOC,))}
    for step, after in zip(steps, [*steps[1:], None]):
        # Before Python 3.11, a function is made with a text that has the names of all that it stands in.
        is_name = after is not None and after.opname == "MAKE_FUNCTION" and isinstance(step.argval, str)
        if not is_name and not any(
            each and each.opname == "STORE_NAME" and each.argval in dropped for each in (step, after)
        ):
            yield step


def _with_nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _with_nested(each)
