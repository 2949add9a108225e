"""CONTRIBUTING.md says where things go, and that is where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.house.test_packages import PACKAGES
from tests.house.tree import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
_, _, WHERE_THINGS_GO = TEXT.partition("\n## Where things go\n")
WHERE_THINGS_GO = WHERE_THINGS_GO.partition("\n## ")[0]


def paths(text: str) -> Iterator[str]:
    """Yield the files and folders that a text names: what stands between backquotes and has a slash, or an ending."""
    for name in re.findall(r"`([\w./*<>-]+)`", text):
        if ("/" in name or re.search(r"\.(?:py|md|toml)$", name)) and not name.startswith("."):
            yield re.sub(r"<\w+>", "*", name)


def test_there_is_a_table_of_where_things_go() -> None:
    assert len(list(paths(WHERE_THINGS_GO))) > 20


def test_the_files_and_folders_that_it_names_are_there() -> None:
    assert [name for name in paths(WHERE_THINGS_GO) if not any(ROOT.glob(name.rstrip("/")))] == []


def test_every_package_is_in_it() -> None:
    named = set(paths(WHERE_THINGS_GO))
    assert [each for each in PACKAGES if not any(f"{name.rstrip('/')}/".startswith(f"{each}/") for name in named)] == []


def test_targets_that_it_names_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([\w-]+)", TEXT)) - targets == set()


def test_a_path_that_is_gone_is_seen() -> None:
    assert list(paths("in `htmap_core/gone.py`, `tests/site/test_<method>.py` and `Map`")) == [
        "htmap_core/gone.py",
        "tests/site/test_*.py",
    ]
    assert not any(ROOT.glob("htmap_core/gone.py"))
