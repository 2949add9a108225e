"""``htmap docs``: the pages come with HTMap, and can be read and searched."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from htmap_core.cli.docs.command import _Words
from htmap_core.cli.docs.pages import KINDS, Page, named, pages, search
from htmap_core.cli.docs.shown import with_commands
from htmap_core.testing import run_htmap
from tests.golden_files import Golden
from tests.house.tree import DISTRIBUTIONS, ROOT
from tests.terminals import sent_to_a_terminal

PAGES = pages()
MOST = 1_500_000  # bytes of the wheel


def page(name: str) -> Page:
    return next(each for each in PAGES if each.name == name)


def test_all_pages_are_listed_by_kind_with_their_titles() -> None:
    shown = run_htmap("docs").stdout
    assert all(re.search(rf"^{each.name} +{re.escape(each.title)}$", shown, re.MULTILINE) for each in PAGES)
    assert {each.name for each in PAGES} == set(re.findall(r"^(\S+)  ", shown, re.MULTILINE)) - {"Do", "Look"}
    assert {each.path for each in PAGES} >= set(ROOT.glob("docs/**/*.md"))
    assert {each.kind for each in PAGES} == set(KINDS)


def test_no_two_pages_have_one_name() -> None:
    names = [each.name for each in PAGES]
    assert sorted(names) == sorted(set(names))


def test_the_index_is_their_order() -> None:
    items = "".join(re.findall(r"^- .*\n(?:  .*\n)*", page("index").text, re.MULTILINE))
    linked = [ROOT / "docs" / link for link in re.findall(r"\]\(([^)#:]+\.md)\)", items)]
    places = {path.resolve(): place for place, path in reversed(list(enumerate(linked)))}
    of_docs = [each for each in PAGES if each.kind not in {"examples", "overview"}]
    for kind in {each.kind for each in of_docs}:
        found = [places[each.path] for each in of_docs if each.kind == kind]
        assert found == sorted(found)
    assert [each.name for each in of_docs if each.kind == "tutorials"][:2] == ["first-steps", "basic-mapping"]


def test_plugins_are_told_by_their_first_sentence() -> None:
    assert {each.name for each in PAGES if each.path.parent.parent.name == "plugins"} == set(DISTRIBUTIONS)
    assert not [each for each in PAGES if each.title == each.name or "\n" in each.title]


@pytest.mark.parametrize(
    "words",
    [["chunks"], ["chunks.md"], ["docs/how-to/chunks.md"], ["../how-to/chunks.md#acts-on-some-components"], ["Chunks"]],
)
def test_a_page_is_named_as_messages_and_links_name_it(words: list[str]) -> None:
    assert named(words, PAGES) == page("chunks")


@pytest.mark.parametrize(("path", "name"), [("README.md", "readme"), ("plugins/htmap-pool/README.md", "htmap-pool")])
def test_readmes_have_names(path: str, name: str) -> None:
    assert named([path], PAGES) == page(name)


def test_in_a_pipe_a_page_is_its_file(type_: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    assert type_("docs", "holds").stdout == (ROOT / "docs/reference/holds.md").read_text()


@pytest.mark.parametrize("name", ["ligo.py", "examples/sites/ligo.py", "ligo.toml", "first_steps.py"])
def test_an_example_is_copied_from_a_pipe(
    name: str, type_: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (path,) = ROOT.glob(f"examples/**/{Path(name).name}")
    assert type_("docs", name).stdout == path.read_text()


def test_examples_are_told_by_their_first_line_and_found_by_their_words() -> None:
    found = {each.name: each.title for each in PAGES if each.kind == "examples"}
    assert {"chtc.py", "chtc.toml", "desy.py", "ligo.py", "lpc.toml", "make_books.py"} <= set(found)
    assert [title for title in found.values() if title.startswith(('"', "#")) or title.endswith(('"', "."))] == []
    assert "ligo.py" in {each.page.name for each in search(["IGWN", "accounting"], PAGES)}


def test_its_path_can_be_had() -> None:
    assert run_htmap("docs", "--path", "holds").stdout == f"{ROOT / 'docs/reference/holds.md'}\n"
    assert run_htmap("docs", "--path").stdout == f"{ROOT}\n"
    assert f"{page('after-it-ran').path}\n" in run_htmap("docs", "--path", "retry", "memory").stdout


def test_pages_with_all_words_are_found_and_those_about_them_come_first() -> None:
    found = search(["Checkpoint", "time"], PAGES)
    assert found[0].page.name == "checkpoint"
    assert all("checkpoint" in each.page.text.casefold() and "time" in each.page.text.casefold() for each in found)
    assert len(found) < len(PAGES)
    assert all(re.search("checkpoint|time", each.line or "", re.IGNORECASE) for each in found)
    assert [each.line for each in search(["files"], PAGES) if each.line == each.page.title] == []


def test_a_question_finds_what_it_is_about() -> None:
    found = [each.page.name for each in search(["How", "do", "I", "send", "a", "file?"], PAGES)]
    assert found[0] == "files"
    assert found == [each.page.name for each in search(["send", "file"], PAGES)]
    assert search(["how"], PAGES)


def test_a_message_in_quotes_comes_first_where_it_stands() -> None:
    told = "No module named htmap"
    assert search([told], PAGES)[0].page.name == "install"
    assert search(told.split(), PAGES)


@pytest.mark.usefixtures("htmap_dir")
def test_a_terminal_gets_the_best_on_one_screen_and_a_pipe_all() -> None:
    sent, code = sent_to_a_terminal("-m", "htmap", "docs", "file", size=(24, 100), COLUMNS="100")
    found = [each.page.name for each in search(["file"], PAGES)]
    assert code == 0
    assert f"{len(found) - 8} more" in sent.decode()
    assert all(f"\n{name} " in run_htmap("docs", "file").stdout for name in found)


@pytest.mark.parametrize("words", [["firststeps"], ["first-step"]])
def test_a_notebook_of_an_unknown_page_is_told_with_the_nearest(words: list[str]) -> None:
    asked = run_htmap("docs", "--notebook", *words)
    assert (asked.exit_code, asked.stdout) == (2, "")
    assert "'first-steps'?" in asked.stderr


def test_an_unknown_page_is_told_with_the_nearest(golden: Golden) -> None:
    asked = run_htmap("docs", "chunkz")
    assert asked.exit_code == 2
    golden("cli/docs-unknown", asked.stderr)


def test_the_shell_completes_names() -> None:
    completed = _Words().shell_complete(None, None, "shared-f")  # type: ignore[arg-type]  # it asks neither
    assert [each.value for each in completed] == ["shared-folders"]


# --- on a terminal


def test_links_to_pages_are_commands() -> None:
    text = """# Tide
See [more](../how-to/files.md#inputs), [README](../../README.md#install-it), [below](#ebb), [the
pool](../../plugins/htmap-pool/README.md), [a site](https://tides.example.org) and `m[0](1)`.
<!-- generated: ebb -->
![a plot](../explanation/scale/peers.svg)
```python
rows[0](x)
[f](files.md)
```
"""
    of_terminal = with_commands(Page("tide", "how-to", "Tide", ROOT / "docs/how-to/tide.md", text), PAGES)
    assert of_terminal.splitlines() == [
        "# Tide",
        "See more (`htmap docs files`), README (`htmap docs readme`), below, the",
        "pool (`htmap docs htmap-pool`), a site (https://tides.example.org) and `m[0](1)`.",
        f"(a picture: {ROOT / 'docs/explanation/scale/peers.svg'})",
        "```python",
        "rows[0](x)",
        "[f](files.md)",
        "```",
    ]


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize("asked", [("docs", "files"), ("docs",)], ids=" ".join)
@pytest.mark.parametrize(
    ("name", "less", "is_colored"), [("less", "", True), ("less", "-F", False), ("more", "", False)]
)
def test_what_is_long_is_shown_in_the_users_pager_in_colours_that_it_shows(
    tmp_path: Path, asked: tuple[str, ...], name: str, less: str, is_colored: bool
) -> None:
    pager = tmp_path / name  # older clicks take a command without arguments
    pager.write_text('#!/bin/sh\necho "LESS=$LESS"\nexec cat\n')
    pager.chmod(0o755)
    sent, code = sent_to_a_terminal("-m", "htmap", *asked, PAGER=str(pager), LESS=less)
    assert code == 0
    assert len(sent.splitlines()) > 50
    assert b"LESS=" in sent.splitlines()[0]
    assert (b"\x1b[" in sent, b"LESS=-R" in sent) == (is_colored, is_colored)


@pytest.mark.usefixtures("htmap_dir")
@pytest.mark.parametrize(("name", "more"), [("files", {"TERM": "dumb"}), ("htmap-dir", {}), ("ligo.toml", {})])
def test_it_is_drawn_on_the_terminal_where_it_fits_or_there_is_no_pager(name: str, more: dict[str, str]) -> None:
    sent, code = sent_to_a_terminal("-m", "htmap", "docs", name, size=(100, 80), **{"LINES": "100", **more})
    assert code == 0
    text = sent.decode()
    assert page(name).title.split(",")[0] in text
    assert ("\x1b[" in text) == ("TERM" not in more)
    assert "](" not in text
    assert "\\x1b" not in text


@pytest.mark.usefixtures("htmap_dir")
def test_cells_have_no_addresses_that_would_be_cut_off() -> None:
    sent, _ = sent_to_a_terminal("-m", "htmap", "docs", "readme", size=(500, 100), COLUMNS="100", LINES="500")
    assert "dask-jobqueue" in sent.decode()
    assert "(https://jobq" not in sent.decode()


# --- in the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the core, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300, capture_output=True)
    (built,) = folder.glob("*.whl")
    assert built.stat().st_size < MOST
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def of_wheel(wheel: Path, code: str) -> list[str]:
    """Return the lines that Python prints where the wheel is installed."""
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(wheel)!r})\n{code}"]
    return subprocess.run(command, cwd=wheel, check=True, capture_output=True, text=True).stdout.splitlines()


def test_it_has_all_pages(wheel: Path) -> None:
    code = "from htmap_core.cli.docs.pages import pages\nfor each in pages(): print(each.name, each.path)"
    told = [line.split() for line in of_wheel(wheel, code)]
    assert [name for name, _ in told] == [each.name for each in PAGES]
    assert all(Path(path).is_relative_to(wheel) for _, path in told)


def test_the_links_of_its_pages_lead_to_files_in_it(wheel: Path) -> None:
    shipped = wheel / "htmap_core/cli/docs/shipped"
    found = {path: re.findall(r"\]\((?![a-z]+:)([^)#\s]+)", path.read_text()) for path in sorted(shipped.rglob("*.md"))}
    of_docs = {path: links for path, links in found.items() if "examples" not in path.relative_to(shipped).parts}
    assert sum(map(len, of_docs.values())) > 100
    assert [
        (path.name, link) for path, links in of_docs.items() for link in links if not (path.parent / link).exists()
    ] == []


def test_it_has_what_new_plugins_are_made_of_and_no_caches(wheel: Path) -> None:
    code = "from htmap_core.cli.new_plugin.making import KINDS, example\nprint(*map(example, KINDS), sep='\\n')"
    assert all((Path(folder) / "pyproject.toml").is_file() for folder in of_wheel(wheel, code))
    assert list(wheel.rglob("__pycache__")) == list(wheel.rglob("htmap_core/*/**/*.pyc")) == []
