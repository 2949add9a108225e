"""The examples in docstrings of the core print what they show."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest

import htmap_core

CORE = Path(htmap_core.__file__).parent
MODULES = [
    ".".join(path.relative_to(CORE.parent).with_suffix("").parts)
    for path in sorted(CORE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_print_what_they_show(name: str) -> None:
    module = importlib.import_module(name)
    names, source = vars(module), inspect.getsource(module)
    # TransferPath says that it is of htmap, which both sides have.
    own = [
        each
        for each in names.values()
        if hasattr(each, "__name__")
        and getattr(each, "__module__", None) in {name, "htmap"}
        and re.search(rf"^(class|def) {each.__name__}\b", source, re.MULTILINE)
    ]
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for example in (found for each in own for found in finder.find(each, module=False, globs=dict(names))):
        runner.run(example)
    assert runner.summarize(verbose=False).attempted > 0
    assert runner.summarize(verbose=False).failed == 0
