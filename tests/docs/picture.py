"""The picture of README: a terminal in which somebody runs a map for the first time, recorded and drawn as SVG.

What is in it was typed into a real terminal and ran on a real pool. It needs no font or script from elsewhere.
"""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

from rich.console import Console
from rich.syntax import Syntax
from rich.terminal_theme import MONOKAI
from rich.text import Text

from tests.terminals import last_line, sent_to_a_terminal

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "demo.svg"

_COLUMNS = 96
_PROGRAM = """\
import htmap


def invert(x):
    return 1 / x


mapped = htmap.map(invert, [1, 2, 0, 4], tag="inverted")
mapped.wait(errors_ok=True, show_progress_bar=True)
for result in mapped.results(errors="return"):
    print(result)
"""
_COMMANDS = {  # as they are typed, and as they are run
    "python invert.py": ("invert.py",),
    "htmap status": ("-m", "htmap", "status"),
}
_FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>HTMap in a terminal</title>
<desc>{words}</desc>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def recorded(folder: Path) -> Console:
    """Type the commands in a folder, and return what was seen.

    :raises AssertionError: a command has failed.
    """
    (folder / "invert.py").write_text(_PROGRAM)
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print("[bold green]$[/] cat invert.py")
    console.print(Syntax(_PROGRAM.rstrip(), "python", theme="monokai", background_color="default"))
    for typed, run in _COMMANDS.items():
        sent, code = sent_to_a_terminal(
            *run, size=(24, _COLUMNS), COLUMNS=str(_COLUMNS), NO_COLOR="", PYTHONPATH=str(ROOT)
        )
        assert code == 0, sent.decode()
        console.print(f"\n[bold green]$[/] {typed}")
        console.print(Text.from_ansi(_seen(sent.decode())), highlight=False)
    return console


def words(console: Console) -> str:
    """Return what was seen, as text."""
    return "\n".join(line.rstrip() for line in console.export_text(clear=False).splitlines())


def drawn(console: Console) -> str:
    """Return the picture."""
    frame = _FRAME.replace("{words}", html.escape(words(console)).replace("{", "{{").replace("}", "}}"))
    return console.export_svg(title="a submit node", theme=MONOKAI, code_format=frame, unique_id="demo", clear=False)


def words_of(picture: str) -> str:
    """Return the text of a picture."""
    found = re.search(r"<desc>(.*?)</desc>", picture, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def _seen(sent: str) -> str:
    """Return what can be seen in the end, line by line, with its colours."""
    lines = re.sub(r"\x1b\[[?\d]*[hlKJ]", "", sent.replace("\r\n", "\n")).rstrip().split("\n")
    return "\n".join(last_line(line) if "\r" in line else line for line in lines)
