"""What would go wrong in a second place is done in one: strings of ClassAds, and progress bars."""

from __future__ import annotations

import ast
import re

from tests.house.tree import named, sources


def test_strings_in_classads_are_made_by_quoted_and_not_by_hand() -> None:
    opening = re.compile(r'(?:^|[=<>]=|=[?!]=|Member\()\s*"$')
    by_hand = [
        f"{named(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in sources()
        if named(path) != "htmap_core/language/expressions.py"  # the home of quoted()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.JoinedStr)
        for before, value in zip(node.values, node.values[1:])
        if isinstance(value, ast.FormattedValue)
        and isinstance(before, ast.Constant)
        and opening.search(str(before.value))
    ]
    # The command `arguments` has a grammar of its own.
    assert [found for found in by_hand if "arguments}" not in found] == []


def test_one_module_knows_where_progress_can_be_shown() -> None:
    bars = re.compile(r"^\s*(?:from|import) tqdm\b", re.MULTILINE)
    assert [named(path) for path in sources() if bars.search(path.read_text())] == ["htmap_core/progress.py"]
