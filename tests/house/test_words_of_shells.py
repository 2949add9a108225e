"""What users name, a tag or a path, is quoted for a shell in commands that messages propose, and by one function.

An f-string with a command in backquotes puts a tag or a path into it with ``in_shell`` of ``htmap_core.wording``, or has a local
name for what that returned. Templates get their ``tag`` in ``format`` likewise.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.tree import named, sources

OWNER = "htmap_core/wording.py"
COMMANDS = "chmod|cp|curl|echo|export|find|htmap|kill|ls|mkdir|mv|pip|rm|source"
OF_USERS = re.compile(r"(?:^|[._])(?:tag|path|parent|file|folder|directory|place|root|tarball)$")
HOLE = re.compile("\0(\\d+)\0")


def unquoted(source: str) -> Iterator[str]:
    """Yield what of users is put into commands as it is, each with its line."""
    tree = ast.parse(source)
    quoted = set(names_of_quoted(tree))
    found: list[ast.expr]
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found = [each for each in in_commands(node) if is_of_users(each) and ast.unparse(each) not in quoted]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            found = [each.value for each in node.keywords if each.arg == "tag" and not is_quoting(each.value)]
        else:
            found = [node] if isinstance(node, ast.Attribute) and ast.unparse(node) == "shlex.quote" else []
        yield from (f"{each.lineno}: {ast.unparse(each)}" for each in found)


def in_commands(text: ast.JoinedStr) -> Iterator[ast.expr]:
    """Yield what an f-string puts between backquotes behind the name of a program."""
    parts = [each.value if isinstance(each, ast.Constant) else f"\0{n}\0" for n, each in enumerate(text.values)]
    for command in re.findall(rf"`((?:{COMMANDS}) [^`]*)`", "".join(map(str, parts))):
        for number in HOLE.findall(command):
            part = text.values[int(number)]
            assert isinstance(part, ast.FormattedValue)
            yield part.value


def is_of_users(value: ast.expr) -> bool:
    """Tell whether an expression is by its name what a user may have named, or leads from such a path to another one."""
    of = value.left if isinstance(value, ast.BinOp) else value
    return not is_quoting(of) and OF_USERS.search(ast.unparse(of)) is not None


def is_quoting(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] == "in_shell"


def names_of_quoted(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a module has for what is quoted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and is_quoting(node.value):
            yield from map(ast.unparse, node.targets)


def test_what_users_name_is_quoted_in_commands() -> None:
    modules = [path for path in sources() if named(path) != OWNER]
    assert [f"{named(path)}:{found}" for path in modules for found in unquoted(path.read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "source",
    [
        'f"`htmap errors {tag}` shows how"',
        'f"see `htmap rerun components {self.tag} {component}`"',
        "f\"`htmap {'errors' if x else 'why'} {found.tag} N`\"",
        'f"`rm -r {self.path}`, or `mkdir -p {to.parent}`"[0:]',
        'f"`echo 1 > {root / names.TAGS}/NAME`"',
        '"`htmap why {tag}`".format(tag=tag)',
        'f"`htmap why {shlex.quote(tag)}`"',
    ],
)
def test_what_is_not_quoted_is_seen(source: str) -> None:
    assert [*unquoted(source)]


@pytest.mark.parametrize(
    "source",
    [
        'f"map {tag!r}: `htmap errors {in_shell(tag)}` shows how"',
        'f"`rm -r {wording.in_shell(path)}` in {path}, `htmap stdout TAG {component}`"',
        'named = in_shell(tag)\nf"`htmap why {named}`"',
        'place = in_shell(tag)\nf"`chmod go-w {place}`"',
        '"`htmap why {tag}`".format(tag=in_shell(tag))',
        'f"`map.get({self.tag})`"',
    ],
)
def test_what_is_quoted_is_left_alone(source: str) -> None:
    assert [*unquoted(source)] == []
