"""Completion: ``htmap autocompletion``, and words with a colon in bash, such as ``htmap path tide:events``.

Bash splits words at a colon (``COMP_WORDBREAKS``): it passes ``tide:events`` as three words, and replaces only the last one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

from htmap_core.cli.machine.answer import takes_json
from htmap_core.files.ownership import make_folder, private_opener

if TYPE_CHECKING:
    from htmap_core.cli.machine.shapes.house import Completion

# A zsh without any configuration needs this first.
_COMPINIT = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }"

# The file that each shell reads when it starts, and the line that makes it complete `htmap`.
_SHELLS = {
    "bash": ("~/.bashrc", 'eval "$(_HTMAP_COMPLETE=bash_source htmap)"'),
    "zsh": ("~/.zshrc", f'{_COMPINIT}; eval "$(_HTMAP_COMPLETE=zsh_source htmap)"'),
    "fish": ("~/.config/fish/completions/htmap.fish", "_HTMAP_COMPLETE=fish_source htmap | source"),
}
_MARK = "_HTMAP_COMPLETE="


@click.command()
@click.option("--shell", type=click.Choice(list(_SHELLS)), help="Your shell; the default is what $SHELL says.")
@click.option("--force", is_flag=True, help="Add the line even if the file has it already.")
@click.option(
    "--destination",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Add the line to this file instead of the one that the shell reads.",
)
@takes_json
def autocompletion(shell: str | None, force: bool, destination: Path | None, as_json: bool) -> Completion:
    """Make your shell complete commands, tags and components.

    Adds a line to a file that the shell reads when it starts, so once is enough. `htmap` must be on the PATH when a shell
    starts.
    """
    shell = shell or _login_shell()
    file, line = _SHELLS[shell]
    path = (destination or Path(file)).expanduser()
    content = path.read_text(encoding="utf-8") if path.exists() else ""
    is_added = force or _MARK not in content
    if is_added:
        make_folder(path.parent)
        with open(path, "a", encoding="utf-8", opener=private_opener) as opened:
            opened.write(f"{'' if not content or content.endswith(chr(10)) else chr(10)}{line}\n")
    if not as_json:
        added = f"added a line to {path}; a new {shell} completes `htmap`"
        click.echo(added if is_added else f"{path} has the line already; --force adds it again")
    return {"shell": shell, "file": str(path), "line": line, "added": is_added}


def _login_shell() -> str:
    """Return the name of the user's shell, as the environment has it."""
    path = os.environ.get("SHELL", "")
    if (name := Path(path).name) in _SHELLS:
        return name
    known = ", ".join(_SHELLS)
    said = f"$SHELL is {path!r}, which is none of {known}" if path else f"$SHELL is not set; the shells are {known}"
    raise click.UsageError(f"{said}; name yours by --shell")


class Bash(BashComplete):
    """Click's completion for bash, with the words joined again."""

    _shown = ""  # the beginning of the last word, which bash keeps

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one to complete, and that word."""
        count = int(os.environ["COMP_CWORD"])
        told = split_arg_string(os.environ["COMP_WORDS"])[: count + 1]
        told += [""] * (count + 1 - len(told))
        words = told[:1]
        for before, word in zip(told, told[1:]):
            if word == ":" or before == ":":
                words[-1] += word
            else:
                words.append(word)
        if ":" in told[-2:]:
            self._shown = words[-1].rpartition(":")[0] + ":"
        return words[1:-1], words[-1]

    def format_completion(self, item: CompletionItem) -> str:
        """Return a completion as the shell function reads it, without the beginning that bash keeps."""
        return f"{item.type},{item.value.removeprefix(self._shown)}"


def register() -> None:
    """Make click use this completion in bash."""
    add_completion_class(Bash)
