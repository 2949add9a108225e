"""What options mean, in a few words: from the docstring that has a line for each, since editors and ``help()`` read it there."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Mapping

# What stands before the first colon, semicolon or stop says what it is, and what comes behind that, how it is written.
_MEANING = re.compile(r":param (\w+): (.+?)[:;.](?:\s|$)", re.DOTALL)


@functools.lru_cache(maxsize=1)
def meanings(documented: type) -> Mapping[str, str]:
    """Return what the parameters of a class mean; nothing where Python has dropped its docstring (``python -OO``)."""
    text = inspect.getdoc(documented) or ""
    return {name: " ".join(meaning.replace("``", "").split()) for name, meaning in _MEANING.findall(text)}
