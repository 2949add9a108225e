"""What all distributions say alike, in files of their own because their sdists must: the core has it, and the others get it.

It is the version, the range of versions that work together, the licence, authors, classifiers and Pythons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomlkit

from release.distributions import ROOT, compatible, distributions, version

ALIKE = ("version", "requires-python", "license", "license-files", "authors")
ONLY_OF_THE_CORE = {"Operating System :: MacOS"}  # where there are no pools, which plugins are about
_OF_OURS = re.compile(r"(htmap-[a-z]+(?:\[[a-z,]+\])?)>=[\w.]+,<[\d.]+")


def wanted(root: Path = ROOT, new: str | None = None) -> Iterator[tuple[Path, str]]:
    """Yield the files that have such facts, with the text that each must have.

    :param new: the version, where it is to be another one.
    """
    number = new or version(root)
    core, *plugins = distributions(root)
    facts = {name: core.project[name] for name in ALIKE} | {"version": number}
    yield core.folder / "pyproject.toml", _described(core.folder, {"version": number}, number)
    for each in plugins:
        yield each.folder / "pyproject.toml", _described(each.folder, facts | _own(core.project, each.project), number)
        yield each.folder / "LICENSE", (root / "LICENSE").read_text(encoding="utf-8")
    yield _with(root / "htmap_core/version.py", r'(?<=^__version__ = ")[^"]*', number)
    yield _with(root / "CITATION.cff", r"(?<=^version: )\S+", number)


def align(root: Path = ROOT, new: str | None = None) -> list[Path]:
    """Write what all say alike wherever it is not so, and return the files that were changed."""
    changed = []
    for path, text in list(wanted(root, new)):
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed


def _own(core: dict[str, Any], plugin: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a plugin that follow from those of the core and from its own."""
    words = [*core["keywords"], plugin["name"].removeprefix("htmap-")]
    return {
        "classifiers": [each for each in core["classifiers"] if each not in ONLY_OF_THE_CORE],
        "keywords": list(dict.fromkeys([*words, *plugin.get("keywords", [])])),
    }


def _described(folder: Path, facts: dict[str, Any], number: str) -> str:
    """Return a ``pyproject.toml`` with some facts, and with the range of versions for each distribution of ours."""
    text = (folder / "pyproject.toml").read_text(encoding="utf-8")
    document: Any = tomlkit.parse(text)
    for name, fact in facts.items():
        if name in document["project"] and document["project"][name] != fact:
            document["project"][name] = _item(fact)
    text = tomlkit.dumps(document)
    lines = "".join(
        f"{name} = {_item(fact).as_string()}\n" for name, fact in facts.items() if name not in document["project"]
    )
    text = re.sub(r"^license = .*\n", rf"\g<0>{lines}", text, count=1, flags=re.MULTILINE)
    return _OF_OURS.sub(rf"\1{compatible(number)}", text)


def _item(fact: Any) -> Any:
    if not isinstance(fact, list):
        return tomlkit.item(fact)
    array = tomlkit.array()
    for each in fact:
        value = tomlkit.inline_table() if isinstance(each, dict) else each
        if isinstance(each, dict):
            value.update(each)
        array.append(value)
    return array.multiline(len(str(fact)) > _LONG)


_LONG = 100  # characters; an array that is longer has a line for each item


def _with(path: Path, pattern: str, text: str) -> tuple[Path, str]:
    return path, re.sub(pattern, text, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
