"""Completion in bash of what has a colon in it, such as ``htmap path tide:events``.

To bash a colon ends a word (``COMP_WORDBREAKS``): it tells of three words, and puts what it gets in the place of the last.
"""

from __future__ import annotations

import os

from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string


class Bash(BashComplete):
    """What click knows of bash, with words put together again."""

    _shown = ""  # of the last word, what bash keeps

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one that is completed, and that one."""
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
        """Return a completion as the function in the shell reads it, without what bash keeps."""
        return f"{item.type},{item.value.removeprefix(self._shown)}"


def register() -> None:
    """Have click complete so in bash."""
    add_completion_class(Bash)
