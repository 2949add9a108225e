"""The pages of the documentation: where they are, what they are called, and which of them have some words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import attrs

_SHIPPED = Path(__file__).with_name("shipped")

Kind = Literal["tutorials", "how-to", "reference", "explanation", "examples", "overview"]
# The kinds of pages, with what each is for and where its pages lie.
KINDS: dict[Kind, tuple[str, tuple[str, ...]]] = {
    "tutorials": ("Learn", ("docs/tutorials/*.md", "docs/tutorials/workshop/*.md")),
    "how-to": ("Do one thing", ("docs/how-to/*.md",)),
    "reference": ("Look up", ("docs/reference/*.md",)),
    "explanation": ("Understand", ("docs/explanation/*.md",)),
    "examples": ("Files to copy", ("examples/sites/*.toml", "examples/sites/*.py", "examples/*.py")),
    "overview": (
        "HTMap and its plugins",
        ("README.md", "docs/index.md", "plugins/*/README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"),
    ),
}

# What answers a question first: pages that show how to do something, then those that list, then those with the background.
_RANKS: dict[Kind, int] = {"tutorials": 2, "how-to": 2, "reference": 1}
_OF_ANY_SENTENCE = (
    "a an and are be can could do does for from how i if in is it me my no not of on or should so that the there this to was "
    "what when where which who why will with would you"
)
_FILLERS = frozenset(_OF_ANY_SENTENCE.split())
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ITEM = re.compile(r"^- .*(?:\n  .*)*", re.MULTILINE)


@attrs.frozen
class Page:
    """A page of the documentation, or an example in one file.

    :param name: what ``htmap docs`` calls it; no two pages have the same.
    :param kind: one of :data:`KINDS`.
    :param title: its first heading, or its first sentence where the heading is but the name; of an example, its first line.
    :param text: all of it, in Markdown; of an example, the file as it is.
    :param about: what the index (``docs/index.md``) says of it.
    """

    name: str
    kind: Kind
    title: str
    path: Path
    text: str = attrs.field(repr=False)
    about: str = attrs.field(default="", repr=False)


@attrs.frozen
class Found:
    """A page that has all the words of a search.

    :param line: the line that has most of them; None where it was named, and not looked for.
    """

    page: Page
    line: str | None


def root() -> Path:
    """Return the folder with README, ``docs`` and ``examples``: beside this module, or in the checkout that it is of."""
    return _SHIPPED if _SHIPPED.is_dir() else Path(__file__).parents[3]


def pages() -> list[Page]:
    """Return all pages: by kind, and within a kind in the order of the index (``docs/index.md``), which leads to all."""
    said = _said()
    order = {path: place for place, path in enumerate(said)}
    found = [page for kind in KINDS for page in _of_kind(kind, said)]
    return sorted(found, key=lambda page: (list(KINDS).index(page.kind), order.get(page.path, len(order)), page.name))


def named(words: Sequence[str], known: Sequence[Page]) -> Page | None:
    """Return the page that *words* name: its name, or its path as links and messages write it."""
    if len(words) != 1:
        return None
    path = PurePosixPath(words[0].partition("#")[0])
    return next((page for page in known if page.name == _name(path).lower()), None)


def search(words: Sequence[str], known: Sequence[Page]) -> list[Found]:
    """Return the pages that have all of some words: first those that are about them, by their title and by the index.

    Words that belong to any sentence do not count, so that a question finds what it is about. Words in quotes, such as a
    message that somebody has seen, come first where they stand together.
    """
    quoted = [each.casefold() for each in words if len(each.split()) > 1]
    said = [word.casefold().strip("?!.,:;") for each in words for word in each.split()]
    wanted = [word for word in said if word and word not in _FILLERS] or said

    def weight(page: Page) -> tuple[int, int, int, int]:
        about, text = f"{page.name} {page.title} {page.about}".casefold(), page.text.casefold()
        matches = sum(text.count(word) for word in wanted)
        together = sum(each in text for each in quoted)
        return together, sum(word.removesuffix("s") in about for word in wanted), _RANKS.get(page.kind, 0), matches

    found = [page for page in known if all(word in page.text.casefold() for word in wanted)]
    found.sort(key=weight, reverse=True)
    return [Found(page, _line(page.text, wanted)) for page in found]


def _said() -> dict[Path, str]:
    """Return the items of the index by the pages that they link, in its order."""
    index = root() / "docs" / "index.md"
    return {
        Path(os.path.normpath(index.parent / link)): _LINK.sub(r"\1", item)
        for item in _ITEM.findall(index.read_text(encoding="utf-8"))
        for link in re.findall(r"\]\(([^)#:\s]+\.md)", item)
    }


def _of_kind(kind: Kind, said: Mapping[Path, str]) -> Iterator[Page]:
    for pattern in KINDS[kind][1]:
        for path in sorted(root().glob(pattern)):
            name, text = _name(path), path.read_text(encoding="utf-8")
            yield Page(name, kind, _title(name, text), path, text, said.get(path, ""))


def _name(path: Path | PurePosixPath) -> str:
    """Return the name of a page: that of its file, without `.md`; READMEs of plugins are called like their plugins."""
    if path.suffix != ".md":
        return path.name
    is_plugins = path.name == "README.md" and path.parent.name.startswith("htmap-")
    return path.parent.name if is_plugins else path.stem.lower()


def _title(name: str, text: str) -> str:
    heading, _, rest = text.lstrip('"# ').partition("\n")
    if not name.endswith(".md") and "." in name:  # a file to copy: its docstring or first comment
        return heading.partition(". ")[0].rstrip('".')
    if heading != name:
        return heading
    first = " ".join(rest.strip().partition("\n\n")[0].split())
    return _LINK.sub(r"\1", first).partition(". ")[0].rstrip(".")


def _line(text: str, wanted: Sequence[str]) -> str:
    """Return the first of the lines that have most of the wanted words, without what Markdown means by its beginning."""
    _, *below = text.splitlines()  # the title is told anyhow
    best = max(below, key=lambda line: sum(word in line.casefold() for word in wanted), default="")
    return _LINK.sub(r"\1", best).strip("|#*- ")
